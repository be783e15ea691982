"""The policy documents of connections: whose they are, and what goes into each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from models_registry.domain import iam
from models_registry.domain.permissions import Feature
from models_registry.models import Connection
from models_registry.selectors.access import features_of, own_scope, scope_of
from portal.base.errors import InvalidInput

OWN = frozenset({Feature.PICTURES, Feature.OTHER_ACCOUNTS})
"""What the portal's own identity does, whoever does the rest."""


class Kind(StrEnum):
    """Whose policy a document is."""

    PORTAL = "portal"
    ACCOUNT = "account"
    ACCOUNT_TRUST = "account-trust"
    SCHEDULER = "scheduler"
    SCHEDULER_TRUST = "scheduler-trust"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which documents are asked for, and what the rows cannot tell."""

    only: Kind | None = None
    account: str = ""
    buckets: tuple[str, ...] = ()
    principals: tuple[str, ...] = ()
    added: frozenset[Feature] = frozenset()
    left_out: frozenset[Feature] = frozenset()

    def is_asked(self, kind: Kind) -> bool:
        """Tell whether documents of a kind are asked for."""
        return self.only in {None, kind}


@dataclass(frozen=True, slots=True)
class Policy:
    """One document; `connection` is empty for the portal's own."""

    kind: Kind
    connection: str
    document: iam.Document

    @property
    def key(self) -> str:
        """Return a name that is this document's alone."""
        return f"{self.kind}:{self.connection}" if self.connection else str(self.kind)


@dataclass(frozen=True, slots=True)
class _Use:
    connection: Connection
    scope: iam.Scope
    features: frozenset[Feature]


def policies(connections: Sequence[Connection], wanted: Wanted) -> list[Policy]:
    """Return the documents asked for; a refusal says what is missing, or that several would be meant."""
    uses = [_use(each, wanted) for each in connections]
    found = [each for each in _all(uses, wanted) if wanted.is_asked(each.kind)]
    if wanted.only and len(found) != 1:
        raise InvalidInput(_not_one(wanted.only, found))
    return found


def _use(connection: Connection, wanted: Wanted) -> _Use:
    scope = scope_of(connection, account=wanted.account, buckets=wanted.buckets)
    if not scope.account:
        raise InvalidInput(
            f"The account of “{connection.name}” is not known yet: no project is mirrored and no role is "
            "named. Add --account 123456789012, the number of the AWS account."
        )
    features = (features_of(connection, scope) | wanted.added) - wanted.left_out
    return _Use(connection, scope, features)


def _all(uses: Sequence[_Use], wanted: Wanted) -> Iterator[Policy]:
    yield Policy(Kind.PORTAL, "", portal_document(uses, wanted.left_out))
    for use in uses:
        name = use.connection.name
        if use.connection.role_arn:
            yield Policy(Kind.ACCOUNT, name, iam.portal_policy([(use.scope, use.features - OWN)]))
            if wanted.principals or wanted.only is Kind.ACCOUNT_TRUST:
                yield Policy(Kind.ACCOUNT_TRUST, name, _account_trust(use.connection, wanted.principals))
        if Feature.SCHEDULES in use.features:
            yield Policy(Kind.SCHEDULER, name, iam.scheduler_policy([use.scope]))
            yield Policy(Kind.SCHEDULER_TRUST, name, iam.scheduler_trust(use.scope))


def portal_document(uses: Sequence[_Use], left_out: frozenset[Feature]) -> iam.Document:
    """Return the policy of the identity whose credentials the portal itself has."""
    served = [(use.scope, use.features) for use in uses if not use.connection.role_arn]
    own = own_scope(use.connection for use in uses)
    return iam.portal_policy([*served, (own, OWN - left_out)])


def _account_trust(connection: Connection, principals: tuple[str, ...]) -> iam.Document:
    if not principals:
        raise InvalidInput(
            "Say who assumes the role: --principal arn:aws:iam::123456789012:role/portal, the portal's own "
            "identity. `aws sts get-caller-identity` on its machine names it."
        )
    if not connection.external_id:
        raise InvalidInput(
            f"“{connection.name}” has no external ID. Give it a long random one under “AWS connections”: "
            "without it whoever learns the role's name could have the portal work there for them."
        )
    return iam.account_trust(principals, connection.external_id)


def _not_one(kind: Kind, found: list[Policy]) -> str:
    if found:
        names = ", ".join(f"“{each.connection}”" for each in found)
        return f"Several connections have a {kind} policy: {names}. Choose one with --connection."
    if kind in {Kind.ACCOUNT, Kind.ACCOUNT_TRUST}:
        return "No connection assumes a role: the portal's own identity does all. Print --only portal."
    return (
        "No connection uses schedules. Switch its safety stop on or name its scheduler role under "
        "“AWS connections”, or add --with schedules."
    )
