"""The kinds of alert: how bad each is, whose it is, who is told, how often again.

`docs/alerts.md` has the same table in words; a test keeps the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
AT_ONCE = timedelta(0)


class Severity(StrEnum):
    """How bad: critical means customers or data are at risk now."""

    INFO = "INFO"
    WARNING = "WARNING"
    CRITICAL = "CRITICAL"

    @property
    def rank(self) -> int:
        """Order them: the larger, the worse."""
        return list(Severity).index(self)


class Duty(StrEnum):
    """Whose an alert is; the names are those of the roles people have."""

    OWNER = "OWNER"
    AREA_MANAGER = "AREA_MANAGER"
    HQ = "HQ"
    ANALYST = "ANALYST"


class Kind(StrEnum):
    """What can be wrong."""

    NOT_READY = "NOT_READY"
    STILL_RUNNING = "STILL_RUNNING"
    STUCK = "STUCK"
    FAILED = "FAILED"
    NO_SLOT = "NO_SLOT"
    QUOTA = "QUOTA"
    ORPHAN = "ORPHAN"
    STRAY = "STRAY"
    TICK_OLD = "TICK_OLD"
    AWS_UNREACHABLE = "AWS_UNREACHABLE"
    ERROR_RATE = "ERROR_RATE"
    SLOW = "SLOW"
    OVER_BUDGET = "OVER_BUDGET"
    DRIFT = "DRIFT"
    KEY_UNUSED = "KEY_UNUSED"
    KEY_LEAKING = "KEY_LEAKING"
    SIGNS_REFUSED = "SIGNS_REFUSED"
    METER_DIFFERS = "METER_DIFFERS"


class Rule(NamedTuple):
    """Severity, owner, everybody who is told, how long it must last before it rings, and the nag."""

    severity: Severity
    owner: Duty
    told: frozenset[Duty]
    nag: timedelta
    patience: timedelta = AT_ONCE


def _rule(severity: Severity, told: str, nag: timedelta, patience: timedelta = AT_ONCE) -> Rule:
    """Make a rule; the first of those who are told owns it."""
    duties = [Duty(name) for name in told.split()]
    return Rule(severity, duties[0], frozenset(duties), nag, patience)


INFO, WARNING, CRITICAL = Severity
RULES: Mapping[Kind, Rule] = {
    Kind.NOT_READY: _rule(CRITICAL, "HQ AREA_MANAGER OWNER", 10 * MINUTE),
    Kind.STILL_RUNNING: _rule(WARNING, "HQ AREA_MANAGER OWNER", HOUR, 5 * MINUTE),
    Kind.STUCK: _rule(CRITICAL, "HQ", 30 * MINUTE),
    Kind.FAILED: _rule(CRITICAL, "HQ", 30 * MINUTE),
    Kind.NO_SLOT: _rule(WARNING, "HQ", 30 * MINUTE, MINUTE),
    Kind.QUOTA: _rule(WARNING, "HQ", 12 * HOUR),
    Kind.ORPHAN: _rule(WARNING, "HQ", 4 * HOUR),
    Kind.STRAY: _rule(WARNING, "OWNER AREA_MANAGER", 2 * HOUR, 5 * MINUTE),
    Kind.TICK_OLD: _rule(CRITICAL, "HQ", 15 * MINUTE),
    Kind.AWS_UNREACHABLE: _rule(CRITICAL, "HQ", 30 * MINUTE, 1.5 * MINUTE),
    Kind.ERROR_RATE: _rule(CRITICAL, "HQ AREA_MANAGER OWNER", 2 * HOUR),
    Kind.SLOW: _rule(WARNING, "HQ", 4 * HOUR),
    Kind.OVER_BUDGET: _rule(WARNING, "HQ AREA_MANAGER OWNER", DAY),
    Kind.DRIFT: _rule(WARNING, "ANALYST HQ", 3 * DAY),
    Kind.KEY_UNUSED: _rule(INFO, "HQ", 7 * DAY),
    Kind.KEY_LEAKING: _rule(CRITICAL, "HQ AREA_MANAGER", HOUR),
    Kind.SIGNS_REFUSED: _rule(WARNING, "HQ", DAY, 5 * MINUTE),
    Kind.METER_DIFFERS: _rule(WARNING, "HQ", 7 * DAY),
}


class Pace(StrEnum):
    """Which beat looks for a kind: of seconds, of minutes, or of an hour."""

    QUICK = "QUICK"
    STEADY = "STEADY"
    SLOW = "SLOW"
