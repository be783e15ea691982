"""An alert's story: when it was noticed, rang and ended, what people did, who was told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from alerts.models import Alert, AlertNote, Delivery

MOST_DELIVERIES = 200


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened: `what` names it, one of the rows tells more."""

    at: datetime
    what: str
    note: AlertNote | None = None
    delivery: Delivery | None = None


def story_of(alert: Alert) -> list[Moment]:
    """Return what happened, oldest first; two queries."""
    moments = [Moment(alert.noticed_at, "NOTICED")]
    if alert.rang_at and alert.rang_at > alert.noticed_at:
        moments.append(Moment(alert.rang_at, "RANG"))
    if alert.ended_at:
        moments.append(Moment(alert.ended_at, "ENDED"))
    notes = alert.notes.select_related("author").order_by("at", "id")
    moments += [Moment(each.at, each.what, note=each) for each in notes]
    sent = Delivery.objects.filter(told__alert=alert).select_related("user", "channel").order_by("id")
    moments += [Moment(each.created_at, "TOLD", delivery=each) for each in sent[:MOST_DELIVERIES]]
    return sorted(moments, key=lambda moment: moment.at)
