"""Guards are set, renewed and lifted here; only headquarters comes this far."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from models_registry.domain.guards import InvalidGuard, check_guard
from models_registry.domain.overrides import OverrideKind
from models_registry.models import Deployment, Guard
from portal.base.errors import NotAllowed
from portal.base.models import User
from stores.models import Store
from stores.selectors.owners import is_bound


@dataclass(frozen=True, slots=True)
class GuardOrder:
    """What is asked: RUN never stops, STOP never starts; until when and why.

    For exactly one of `store` and `deployment`.
    """

    kind: OverrideKind
    ends_at: datetime
    why: str
    store: Store | None = None
    deployment: Deployment | None = None


def set_guard(*, order: GuardOrder, author: User, at: datetime) -> Guard:
    """Guard a model from now on. Raises InvalidGuard, saying what to do; NotAllowed to others."""
    _require_headquarters(author)
    if (order.store is None) == (order.deployment is None):
        raise InvalidGuard("A guard is for one store or for one deployment.")
    check_guard(order.ends_at, order.why, at=at)
    return Guard.objects.create(
        store=order.store,
        deployment=order.deployment,
        kind=order.kind.value,
        starts_at=at,
        ends_at=order.ends_at,
        why=order.why.strip()[:200],
        author=author,
    )


def renew_guard(*, guard: Guard, ends_at: datetime, author: User, at: datetime) -> bool:
    """Let a guard that still holds end on another day; tell whether it still held."""
    _require_headquarters(author)
    check_guard(ends_at, guard.why, at=at)
    live = Guard.objects.filter(pk=guard.pk, lifted_at__isnull=True, ends_at__gt=at)
    return live.update(ends_at=ends_at, author=author) == 1


def lift_guard(*, guard: Guard, author: User, at: datetime) -> bool:
    """End a guard now; tell whether there was anything left to lift."""
    _require_headquarters(author)
    live = Guard.objects.filter(pk=guard.pk, lifted_at__isnull=True, ends_at__gt=at)
    return live.update(lifted_at=at, lifted_by=author) == 1


def _require_headquarters(author: User) -> None:
    if is_bound(author):
        raise NotAllowed("Only headquarters sets and lifts guards.")
