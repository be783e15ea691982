"""The tick's age, judged from outside the worker."""

from __future__ import annotations

from datetime import datetime

from alerts.domain.kinds import Kind
from alerts.domain.wanted import FLEET, Wanted


def wanted_of_pulse(*, is_late: bool, finished_at: datetime | None) -> set[Wanted]:
    """Return the alert of a tick that is older than three periods."""
    cause = "" if finished_at is not None else "NEVER"
    return {Wanted(Kind.TICK_OLD, FLEET, cause, since=finished_at)} if is_late else set()
