"""A person's word against the plan: said, and taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from models_registry.domain.overrides import InvalidOverride, OverrideKind, check_override
from models_registry.models import Deployment, Override
from models_registry.services.budgets import check_budget
from portal.base.models import User
from stores.models import Store


@dataclass(frozen=True, slots=True)
class OverrideOrder:
    """What is asked: a kind, its span, and why. Exactly one of `store` and `deployment`."""

    kind: OverrideKind
    starts_at: datetime | None
    ends_at: datetime | None
    why: str = ""
    store: Store | None = None
    deployment: Deployment | None = None


def set_override(*, order: OverrideOrder, author: User | None, at: datetime) -> Override:
    """Write an override down; the next tick follows it. Raises InvalidOverride, saying what to do.

    Raises HeldBack or NeedsApproval where a budget does not let it be.
    """
    starts_at, ends_at = check_override(order.starts_at, order.ends_at, at=at)
    if (order.store is None) == (order.deployment is None):
        raise InvalidOverride("An override is for one store or for one deployment.")
    check_budget(order=order, author=author, at=at)
    return Override.objects.create(
        store=order.store,
        deployment=order.deployment,
        kind=order.kind.value,
        starts_at=starts_at,
        ends_at=ends_at,
        why=order.why[:200],
        author=author,
    )


def cancel_override(*, override: Override, author: User | None, at: datetime) -> bool:
    """Take an override back from now on; tell whether there was anything left to take back."""
    return (
        Override.objects.filter(pk=override.pk, cancelled_at__isnull=True, ends_at__gt=at).update(
            cancelled_at=at, cancelled_by=author
        )
        == 1
    )
