"""The portal's signs of life, counted."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from alerts.domain.kinds import Severity
from alerts.domain.signs import Signs
from alerts.models import Alert
from alerts.models.alert import OPEN
from models_registry.domain.lifecycle import Problem
from models_registry.models import Run, Trouble
from models_registry.selectors.fleet_summary import count_open, stores_alike
from models_registry.selectors.pulse import pulse
from stores.models import Store

REFUSED = "SIGNS_REFUSED"
"""The code of the trouble that is open while CloudWatch takes no signs."""


class Refusal(NamedTuple):
    """Why the signs are not taken, and since when."""

    cause: str
    message: str
    since: datetime


def signs(*, at: datetime) -> Signs:
    """Return the signs at an instant; seven queries, however many stores there are."""
    late = Store.objects.filter(assignment__deployment__state__problems__contains=[Problem.NOT_READY.value])
    running = Run.objects.filter(ended_at__isnull=True, running_at__isnull=False, stopping_at__isnull=True)
    return Signs(
        tick_age_seconds=pulse(at).seconds,
        stores_not_ready=count_open(stores_alike(late, at=at), at=at),
        models_running=running.count(),
        alerts_critical=Alert.objects.filter(OPEN, severity=Severity.CRITICAL.value).count(),
    )


def refusal() -> Refusal | None:
    """Return why the signs are not taken, or None while they are; one query."""
    row = Trouble.objects.filter(code=REFUSED, closed_at__isnull=True).order_by("id").first()
    if row is None:
        return None
    return Refusal(str(row.params.get("cause", "")), str(row.params.get("message", "")), row.opened_at)
