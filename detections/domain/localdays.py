"""Counted hours of one store as its people know them: by the clock and the days of its zone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from detections.domain.health import Health
from detections.domain.localhours import HOUR
from detections.domain.strips import Strip, strip
from stores.domain.localtime import zone

DAY_HOURS = 24


@dataclass(frozen=True, slots=True)
class HourOfStore:
    """One counted hour; `hour` is the instant at which it begins."""

    hour: datetime
    health: Health


@dataclass(frozen=True, slots=True)
class HourRow:
    """An hour with the local days and times between which its photos lie: half an hour off in some zones."""

    hour: datetime
    first_on: date
    last_on: date
    time_from: time
    time_to: time
    health: Health


@dataclass(frozen=True, slots=True)
class DayRow:
    """A local day: a bar for each hour of its clock, and its sum."""

    on: date
    strip: Strip
    health: Health


def hour_rows(hours: Iterable[HourOfStore], timezone: str) -> list[HourRow]:
    """Return the hours in the order given, each with its place on the clock of the zone."""
    tz = zone(timezone)
    rows = []
    for each in hours:
        start, end = each.hour.astimezone(tz), (each.hour + HOUR).astimezone(tz)
        last = (each.hour + HOUR - timedelta(seconds=1)).astimezone(tz)
        clocks = start.time().replace(tzinfo=None), end.time().replace(tzinfo=None)
        rows.append(HourRow(each.hour, start.date(), last.date(), *clocks, each.health))
    return rows


def day_rows(hours: Iterable[HourOfStore], timezone: str) -> list[DayRow]:
    """Return the local days that have photos, newest first.

    An hour counts where it begins; of a repeated hour of the clock both are added into one bar.
    """
    tz = zone(timezone)
    days: dict[date, list[Health]] = defaultdict(lambda: [Health()] * DAY_HOURS)
    for each in hours:
        local = each.hour.astimezone(tz)
        days[local.date()][local.hour] += each.health
    return [
        DayRow(on, drawn, drawn.health)
        for on, bars in sorted(days.items(), reverse=True)
        for drawn in [strip(bars)]
    ]
