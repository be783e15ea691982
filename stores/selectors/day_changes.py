"""Changes of many days that can be taken back."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import QuerySet

from portal.base.models import User
from stores.models import DayChange, Store

UNDO_DAYS = 7
LISTED = 8


def recent_changes(*, at: datetime) -> list[DayChange]:
    """Return the newest changes of the last week, undone ones too; one query."""
    changes = DayChange.objects.filter(made_at__gte=at - timedelta(days=UNDO_DAYS)).select_related("author")
    return list(changes.order_by("-made_at", "-id")[:LISTED])


def recent_changes_of(store: Store, author: User, *, at: datetime) -> list[DayChange]:
    """Return a person's own changes of this store of the last week; one query."""
    changes = DayChange.objects.filter(author=author, made_at__gte=at - timedelta(days=UNDO_DAYS))
    mine = changes.filter(lines__contains=[{"store": store.pk}]).select_related("author")
    return list(mine.order_by("-made_at", "-id")[:LISTED])


def changes_of(author: User | None, *, editable: QuerySet[Store]) -> QuerySet[DayChange]:
    """Return the changes a person may undo: all, or those of an author that touch editable stores only."""
    if author is None:
        return DayChange.objects.all()
    mine = DayChange.objects.filter(author=author)
    allowed = set(editable.values_list("pk", flat=True))
    keys = [
        change.pk
        for change in mine.order_by("-made_at", "-id")[:LISTED]
        if all(line["store"] in allowed for line in change.lines)
    ]
    return mine.filter(pk__in=keys)
