"""A person's word against the plan: said, and taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q

from models_registry.domain.overrides import InvalidOverride, OverrideKind, check_override
from models_registry.models import Deployment, Guard, Override
from models_registry.services.budgets import check_budget
from portal.base.models import User
from stores.domain.bounds import OutOfBounds, check_override_allowed, check_run_span
from stores.domain.localtime import local_date, to_seconds
from stores.models import Store
from stores.selectors.owners import is_bound
from stores.services.bounds import held_limits


@dataclass(frozen=True, slots=True)
class OverrideOrder:
    """What is asked: a kind, its span, and why. Exactly one of `store` and `deployment`."""

    kind: OverrideKind
    starts_at: datetime | None
    ends_at: datetime | None
    why: str = ""
    store: Store | None = None
    deployment: Deployment | None = None


class Asked(NamedTuple):
    """An order whose span stands, who gives it, and when."""

    order: OverrideOrder
    starts_at: datetime
    ends_at: datetime
    author: User | None
    at: datetime


def set_override(*, order: OverrideOrder, author: User | None, at: datetime) -> Override:
    """Write an override down; the next tick follows it. Raises what `check_order` raises."""
    asked = check_order(order=order, author=author, at=at)
    return Override.objects.create(
        store=order.store,
        deployment=order.deployment,
        kind=order.kind.value,
        starts_at=asked.starts_at,
        ends_at=asked.ends_at,
        why=order.why[:200],
        author=author,
    )


def check_order(*, order: OverrideOrder, author: User | None, at: datetime) -> Asked:
    """Return the order with its span, if this person may give it now; else raise what every check says.

    Raises InvalidOverride for a span that cannot be, OutOfBounds for what is headquarters' to decide,
    HeldBack or NeedsApproval where a budget does not let it be.
    """
    starts_at, ends_at = check_override(order.starts_at, order.ends_at, at=at)
    if (order.store is None) == (order.deployment is None):
        raise InvalidOverride("An override is for one store or for one deployment.")
    asked = Asked(order, starts_at, ends_at, author, at)
    for check in CHECKS:
        check(asked)
    return asked


def check_bounds(asked: Asked) -> None:
    """Refuse a word for a store that lies outside what headquarters allows its author."""
    store = asked.order.store
    if store is None:
        return
    limits = held_limits(store, asked.author)
    check_override_allowed(limits)
    if asked.order.kind is OverrideKind.RUN:
        check_run_span(
            limits,
            (to_seconds(asked.starts_at), to_seconds(asked.ends_at)),
            timezone=store.timezone,
            on=local_date(store.timezone, asked.starts_at),
            close_buffer_minutes=store.close_buffer_minutes,
        )


def check_guards(asked: Asked) -> None:
    """Refuse a word that a guard makes void: its author would wait for nothing."""
    store = asked.order.store
    if store is None or not is_bound(asked.author):
        return
    scope = Q(store=store) | Q(deployment__assignments__store=store)
    against = Guard.objects.filter(
        scope, lifted_at__isnull=True, starts_at__lt=asked.ends_at, ends_at__gt=asked.starts_at
    ).exclude(kind=asked.order.kind.value)
    guard = against.select_related("author").order_by("-id").first()
    if guard is not None:
        who = (guard.author.get_full_name() or guard.author.get_username()) if guard.author else "–"
        raise OutOfBounds("Headquarters guards this model now: %(why)s Ask %(who)s.", why=guard.why, who=who)


def check_budgets(asked: Asked) -> None:
    """Refuse a word that would take a month beyond a budget, or have headquarters asked."""
    check_budget(order=asked.order, author=asked.author, at=asked.at)


CHECKS: tuple[Callable[[Asked], None], ...] = (check_bounds, check_guards, check_budgets)
"""All that may hold an override back, each raising a PortalError that says why and whom to ask."""


def cancel_override(*, override: Override, author: User | None, at: datetime) -> bool:
    """Take an override back from now on; tell whether there was anything left to take back.

    Raises OutOfBounds for somebody else's where headquarters keeps such words to itself.
    """
    if override.store is not None and author is not None and override.author_id != author.pk:
        check_override_allowed(held_limits(override.store, author))
    return (
        Override.objects.filter(pk=override.pk, cancelled_at__isnull=True, ends_at__gt=at).update(
            cancelled_at=at, cancelled_by=author
        )
        == 1
    )
