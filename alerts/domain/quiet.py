"""A person's quiet hours: when they are not rung for, on the clock of their own zone."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from alerts.domain.kinds import Severity
from stores.domain.localtime import zone


class Wishes(NamedTuple):
    """What a person wants to be told: from which severity (None: nothing), and their quiet hours.

    Minutes of the day; the same minute twice means no quiet hours. They may cross midnight.
    """

    least: Severity | None = Severity.WARNING
    quiet_from: int = 22 * 60
    quiet_until: int = 6 * 60
    timezone: str = "UTC"
    critical_breaks_quiet: bool = True


def is_quiet(wishes: Wishes, at: datetime) -> bool:
    """Tell whether an instant lies in the quiet hours, the last minute excluded."""
    local = at.astimezone(zone(wishes.timezone))
    minute = local.hour * 60 + local.minute
    start, end = wishes.quiet_from, wishes.quiet_until
    if start <= end:
        return start <= minute < end
    return minute >= start or minute < end


def may_tell(wishes: Wishes, severity: Severity, at: datetime) -> bool:
    """Tell whether somebody may be told of something this bad, now."""
    if wishes.least is None or severity.rank < wishes.least.rank:
        return False
    breaks = wishes.critical_breaks_quiet and severity is Severity.CRITICAL
    return breaks or not is_quiet(wishes, at)
