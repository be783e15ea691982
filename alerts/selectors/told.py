"""What each audience already knows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, Max, Q

from alerts.domain.telling import STALE, Event
from alerts.models import Alert, Told
from alerts.models.alert import OPEN

BEGINNINGS = (Event.BEGAN.value, Event.NAG.value)


class Known(NamedTuple):
    """When an audience was last told of an alert, and whether of its end."""

    told_at: datetime | None
    is_end_told: bool


def alerts_to_tell(*, at: datetime) -> list[Alert]:
    """Return the alerts that are open, or ended lately after somebody was told; one query."""
    ended = Q(ended_at__gt=at - STALE, notified_at__isnull=False)
    return list(Alert.objects.filter(OPEN | ended).order_by("id"))


def known_to(alerts: Iterable[Alert]) -> dict[tuple[int, int, int], Known]:
    """Return what is known, by (person, channel, alert); one query."""
    rows = (
        Told.objects.filter(alert__in=[alert.pk for alert in alerts])
        .order_by()
        .values("delivery__user_id", "delivery__channel_id", "alert_id")
        .annotate(
            told=Max("delivery__created_at", filter=Q(delivery__event__in=BEGINNINGS)),
            ends=Count("pk", filter=Q(delivery__event=Event.OVER.value)),
        )
    )
    return {
        (row["delivery__user_id"] or 0, row["delivery__channel_id"] or 0, row["alert_id"]): Known(
            row["told"], row["ends"] > 0
        )
        for row in rows
    }
