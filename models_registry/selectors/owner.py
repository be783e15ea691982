"""What a store's own page shows beside the plan: the last edit while it can be undone, guards that hold."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from models_registry.models import Deployment, Guard, StoreEdit
from stores.models import Store


def undoable_edit(store: Store, *, since: datetime) -> StoreEdit | None:
    """Return the newest edit of a store made after an instant that nobody has undone; one query."""
    rows = StoreEdit.objects.filter(store=store, at__gt=since, undone_at__isnull=True)
    return rows.select_related("author").order_by("-at", "-id").first()


def edits_of(store: Store) -> QuerySet[StoreEdit]:
    """Return a store's edits."""
    return StoreEdit.objects.filter(store=store)


def live_guards(store: Store | None, deployment: Deployment | None, *, at: datetime) -> QuerySet[Guard]:
    """Return the guards of a store and of its deployment that hold now, soonest to end first."""
    scope = Q(pk__in=[])
    if store is not None:
        scope |= Q(store=store)
    if deployment is not None:
        scope |= Q(deployment=deployment)
    live = Guard.objects.filter(scope, lifted_at__isnull=True, ends_at__gt=at)
    return live.select_related("author", "deployment", "store").order_by("ends_at", "id")


def all_guards(*, at: datetime) -> QuerySet[Guard]:
    """Return every guard that holds now."""
    live = Guard.objects.filter(lifted_at__isnull=True, ends_at__gt=at)
    return live.select_related("author", "deployment", "store").order_by("ends_at", "id")


def minutes_left(edit: StoreEdit, undo: timedelta, *, at: datetime) -> int:
    """Return for how many begun minutes an edit can still be undone."""
    return max(0, -(-int((edit.at + undo - at).total_seconds()) // 60))
