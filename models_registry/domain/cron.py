"""Expressions of EventBridge Scheduler, and when AWS carries them out.

Source: the user guide's "Schedule types". A wall time that the spring change skips is not carried out, one
that the autumn change repeats is carried out the first time only; both differ from what an opening or a
closing means (`stores.domain.localtime`), so nothing here may be taken for the plan.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from models_registry.domain.schedules import Schedule, Target
from stores.domain.intervals import Span
from stores.domain.localtime import (
    DAY_MINUTES,
    DAY_SECONDS,
    EPOCH_ORDINAL,
    from_seconds,
    instant,
    to_seconds,
    whole_day_offset,
    zone,
)

EVERY_DAY = frozenset(range(7))
DAY_NAMES = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
"""AWS's week begins on Sunday; ours, as Python's, on Monday (0)."""


@dataclass(frozen=True, slots=True)
class Weekly:
    """One order at the same times of certain weekdays: a cron expression in a zone.

    `minutes` are minutes of the day that share their minute of the hour, `weekdays` count from Monday.
    """

    target: Target
    timezone: str
    minutes: tuple[int, ...]
    weekdays: frozenset[int] = EVERY_DAY

    @property
    def expression(self) -> str:
        """Write it as AWS reads it: minutes, hours, day of month, month, day of week, year."""
        hours = ",".join(str(minute // 60) for minute in self.minutes)
        days = "* * ?" if self.weekdays == EVERY_DAY else f"? * {weekday_field(self.weekdays)}"
        return f"cron({self.minutes[0] % 60} {hours} {days} *)"

    def instants(self, bounds: Span) -> list[int]:
        """Return the UTC seconds within `bounds`, rims excluded, at which AWS carries it out; ascending."""
        low, high = bounds
        first, last = (edge // DAY_SECONDS + EPOCH_ORDINAL for edge in bounds)
        found = []
        for ordinal in range(first - 1, last + 2):
            if (ordinal + 6) % 7 not in self.weekdays:
                continue
            for minute in self.minutes:
                second = at_wall(self.timezone, ordinal, minute)
                if second is not None and low < second < high:
                    found.append(second)
        return sorted(found)


def weekday_field(weekdays: Iterable[int]) -> str:
    """Write weekdays (Monday 0) as AWS does; three or more in a row become a range."""
    days = sorted((day + 1) % 7 for day in weekdays)
    runs: list[list[int]] = []
    for day in days:
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ",".join(
        f"{DAY_NAMES[run[0]]}-{DAY_NAMES[run[-1]]}" if len(run) > 2 else ",".join(DAY_NAMES[d] for d in run)
        for run in runs
    )


def at_wall(timezone: str, ordinal: int, minute: int) -> int | None:
    """Return when AWS acts at a wall time: the first of two, never where the clock skips it (None)."""
    offset = whole_day_offset(timezone, ordinal)
    if offset is not None:
        return (ordinal - EPOCH_ORDINAL) * DAY_SECONDS + minute * 60 - offset
    second = instant(timezone, ordinal, minute, closing=False)
    return second if wall_of(timezone, second) == (ordinal, minute) else None


def wall_of(timezone: str, second: int) -> tuple[int, int]:
    """Return the local date (proleptic ordinal) and the minute of the day that a clock shows."""
    local = from_seconds(second).astimezone(zone(timezone))
    return local.toordinal(), local.hour * 60 + local.minute


def once(timezone: str, second: int) -> tuple[str, str]:
    """Return the `at(…)` of an instant and the zone to read it in: UTC where the wall clock cannot say it."""
    ordinal, minute = wall_of(timezone, second)
    if at_wall(timezone, ordinal, minute) != second - second % 60:
        timezone = "UTC"
    local = from_seconds(second).astimezone(zone(timezone))
    return f"at({local:%Y-%m-%dT%H:%M:%S})", timezone


def over_at(schedule: Schedule) -> int | None:
    """Return the second from which a schedule has nothing more to do; None for one without end."""
    if schedule.ends_at is not None:
        return to_seconds(schedule.ends_at)
    if not schedule.expression.startswith("at("):
        return None
    return to_seconds(
        datetime.fromisoformat(schedule.expression[3:-1]).replace(tzinfo=zone(schedule.timezone))
    )


def between(earlier: int, later: int) -> int:
    """Return a moment well away from both, so that AWS's minute of precision touches neither."""
    return (earlier + later) // 120 * 60


def by_hour(target: Target, edges: Iterable[tuple[str, int]]) -> list[Weekly]:
    """Return few weekly orders for edges given as (zone, minute of that zone's week), in order of time.

    Edges at the same time of different days are one order, and so are those of the same days at the same
    minute of different hours.
    """
    days: dict[tuple[str, int], set[int]] = {}
    for timezone, minute in edges:
        weekday, of_day = divmod(minute, DAY_MINUTES)
        days.setdefault((timezone, of_day), set()).add(weekday)
    hours: dict[tuple[str, int, frozenset[int]], list[int]] = {}
    for (timezone, of_day), weekdays in sorted(days.items()):
        hours.setdefault((timezone, of_day % 60, frozenset(weekdays)), []).append(of_day)
    found = [
        Weekly(target, timezone, tuple(minutes), weekdays)
        for (timezone, _, weekdays), minutes in hours.items()
    ]
    return sorted(found, key=lambda each: (each.minutes, each.timezone, sorted(each.weekdays)))


HALF_A_DAY = int(timedelta(hours=12).total_seconds())
