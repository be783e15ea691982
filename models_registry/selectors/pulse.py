"""The portal's pulse: how old the last finished tick is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from models_registry.models import TickHeartbeat
from portal.base.showing import show_age

MISSED_TICKS = 3


@dataclass(frozen=True, slots=True)
class Pulse:
    """The age of the last tick in seconds, None before the first; late beyond three ticks."""

    seconds: float | None
    is_late: bool
    finished_at: datetime | None = None

    @property
    def age(self) -> str:
        """The age in words."""
        return show_age(self.seconds) if self.seconds is not None else ""


def pulse(at: datetime) -> Pulse:
    """Return the pulse at `at`; one query."""
    beat = TickHeartbeat.objects.first()
    if beat is None:
        return Pulse(None, True)
    seconds = max(0.0, (at - beat.finished_at).total_seconds())
    return Pulse(seconds, is_late(seconds), beat.finished_at)


def is_late(seconds: float) -> bool:
    """Tell whether a tick this old is older than three periods."""
    return seconds > MISSED_TICKS * settings.TICK_SECONDS
