"""What people do about alerts: take them on, hand them back, snooze them, write a note."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from alerts.models import Alert, AlertNote
from alerts.models.alert import OPEN
from portal.base.models import User
from stores.domain.sentences import Refusal

LONGEST_SNOOZE = timedelta(days=7)


class InvalidSnooze(Refusal):
    """A snooze must end, and soon."""

    code = "invalid_snooze"


def acknowledge(*, alerts: QuerySet[Alert], author: User, note: str, at: datetime) -> int:
    """Take open alerts on: nobody is reminded of them any more. Return how many were still nobody's."""
    with transaction.atomic():
        free = alerts.filter(OPEN, acknowledged_at__isnull=True)
        pks = list(free.select_for_update(of=("self",)).order_by("id").values_list("pk", flat=True))
        Alert.objects.filter(pk__in=pks).update(
            acknowledged_at=at, acknowledged_by=author, snoozed_until=None
        )
        _note(pks, AlertNote.What.ACKNOWLEDGED, author, note, at)
    return len(pks)


def hand_back(*, alerts: QuerySet[Alert], author: User, note: str, at: datetime) -> int:
    """Give alerts back: reminders go on. Return how many were somebody's, or snoozed."""
    with transaction.atomic():
        held = alerts.filter(OPEN).exclude(acknowledged_at__isnull=True, snoozed_until__isnull=True)
        pks = list(held.select_for_update(of=("self",)).order_by("id").values_list("pk", flat=True))
        Alert.objects.filter(pk__in=pks).update(
            acknowledged_at=None, acknowledged_by=None, snoozed_until=None
        )
        _note(pks, AlertNote.What.HANDED_BACK, author, note, at)
    return len(pks)


def snooze(*, alerts: QuerySet[Alert], author: User, until: datetime, at: datetime) -> int:
    """Keep alerts silent until an instant within a week. Return how many."""
    if not at < until <= at + LONGEST_SNOOZE:
        raise InvalidSnooze("Snooze until a time within the next seven days.")
    with transaction.atomic():
        open_ones = alerts.filter(OPEN)
        pks = list(open_ones.select_for_update(of=("self",)).order_by("id").values_list("pk", flat=True))
        Alert.objects.filter(pk__in=pks).update(snoozed_until=until)
        _note(pks, AlertNote.What.SNOOZED, author, "", at, until=until)
    return len(pks)


def write_note(*, alert: Alert, author: User, note: str, at: datetime) -> None:
    """Add a note to an alert, over or not."""
    _note([alert.pk], AlertNote.What.NOTED, author, note, at)


def _note(
    pks: Iterable[int],
    what: AlertNote.What,
    author: User,
    note: str,
    at: datetime,
    *,
    until: datetime | None = None,
) -> None:
    rows = [
        AlertNote(alert_id=pk, at=at, what=what, author=author, note=note[:500], until=until) for pk in pks
    ]
    AlertNote.objects.bulk_create(rows, batch_size=500)
