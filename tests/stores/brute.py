"""Opening hours worked out the slow way: walk every minute of UTC and look at the shop's wall clock.

Written from the rule, not from the code under test. An opening happens the first time the wall clock shows
its time, a closing the last time it does; where the clock jumps over that time, at the first minute after
the jump. Wall minutes count from the first midnight of the calendar by that clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

Spans = tuple[tuple[int, int], ...]


class WallClock:
    """What the clocks of a zone show in every minute of UTC from `first` to `last`."""

    def __init__(self, zone: str, first: date, last: date) -> None:
        tz = ZoneInfo(zone)
        self.low = int(datetime(first.year, first.month, first.day, tzinfo=UTC).timestamp()) // 60
        self.high = int(datetime(last.year, last.month, last.day, tzinfo=UTC).timestamp()) // 60
        minutes = range(self.low, self.high)
        shown = (datetime.fromtimestamp(minute * 60, tz) for minute in minutes)
        walls = [wall.toordinal() * 1440 + wall.hour * 60 + wall.minute for wall in shown]
        self.first_shown = dict(zip(reversed(walls), reversed(minutes), strict=True))
        self.last_shown = dict(zip(walls, minutes, strict=True))

    def opening(self, wall: int) -> int:
        while wall not in self.first_shown:
            wall += 1
        return self.first_shown[wall]

    def closing(self, wall: int) -> int:
        if wall in self.last_shown:
            return self.last_shown[wall]
        return self.opening(wall)


def open_minutes(
    clock: WallClock, weekly: tuple[Spans, ...], special: Mapping[date, Spans], first: date, last: date
) -> bytearray:
    """Return a flag for every minute of the clock: does an opening of the local days first..last cover it?"""
    flags = bytearray(clock.high - clock.low)
    day = first
    while day <= last:
        midnight = day.toordinal() * 1440
        for opens, closes in special.get(day, weekly[day.weekday()]):
            start, end = clock.opening(midnight + opens), clock.closing(midnight + closes)
            if start < end:
                flags[start - clock.low : end - clock.low] = b"\1" * (end - start)
        day += timedelta(days=1)
    return flags
