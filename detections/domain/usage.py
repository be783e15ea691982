"""What the trays of past weeks say about a store's hours: where nobody came, and where nobody was served.

Minutes count from the local midnight of the day the store opens, as in opening hours: a tray at 01:00 of a
Saturday night is minute 1,500 of the Saturday. A model serves from an opening to the closing buffer after it.
Proposals move the first opening and the last closing of a weekday, to quarters of an hour. What a proposal
says it would have missed is what a recount of the same trays finds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import accumulate

from stores.domain.hours import DayHours, InvalidHours, check_week
from stores.domain.intervals import union
from stores.domain.localtime import DAY_MINUTES

QUARTER = 15
SHORTEST_MINUTES = 60
"""No day is trimmed to less."""
FEWEST_TRAYS = 30
"""Fewer trays on a weekday say nothing about when nobody comes."""
FEWEST_TURNED_AWAY = 3
REACH_MINUTES = 180
"""Trays further from the hours than this are not customers: deliveries, cleaning, tests."""
MINUTES = 2 * DAY_MINUTES + REACH_MINUTES

Week = tuple[DayHours, ...]
Day = Mapping[int, int]
"""Trays by minute."""
Cost = Callable[[Week], Decimal]
"""What a normal month costs with these hours, everybody who shares the model counted."""


class Change(StrEnum):
    """What a proposal does to a weekday."""

    TRIM = "TRIM"
    EXTEND = "EXTEND"


@dataclass(frozen=True, slots=True)
class Proposal:
    """Other hours for one weekday (0 is Monday).

    A TRIM would have missed `trays` of `of` and saves `usd` a month; an EXTEND would have served `trays` that
    were turned away, and costs `usd` a month more.
    """

    change: Change
    weekday: int
    before: DayHours
    after: DayHours
    trays: int
    of: int
    usd: Decimal

    def within(self, week: Week) -> Week:
        """Return a week with this weekday's hours changed."""
        return (*week[: self.weekday], self.after, *week[self.weekday + 1 :])


def by_opening_day(counts: Mapping[tuple[int, int], int], week: Week, tail: int) -> list[dict[int, int]]:
    """Return trays by weekday and minute of the day the store opened, from local weekdays and minutes.

    A minute after midnight belongs to the night before while that one's hours and buffer reach it, unless
    the store has opened anew.
    """
    days: list[dict[int, int]] = [defaultdict(int) for _ in range(7)]
    for (weekday, minute), trays in counts.items():
        night = week[weekday - 1]
        spill = night[-1][1] + tail - DAY_MINUTES if night else 0
        opened = week[weekday][0][0] if week[weekday] else DAY_MINUTES
        if minute < min(spill, opened):
            days[(weekday - 1) % 7][minute + DAY_MINUTES] += trays
        else:
            days[weekday][minute] += trays
    return [dict(day) for day in days]


def missed(trays: Day, before: DayHours, after: DayHours, tail: int) -> int:
    """Count the trays that `before` serves and `after` does not."""
    old, new = _served(before, tail), _served(after, tail)
    return sum(count for minute, count in trays.items() if _holds(old, minute) and not _holds(new, minute))


def _served(day: DayHours, tail: int) -> list[tuple[int, int]]:
    return union((opens, closes + tail) for opens, closes in day)


def _holds(spans: Iterable[tuple[int, int]], minute: int) -> bool:
    return any(start <= minute < end for start, end in spans)


def trims(days: Iterable[Day], week: Week, *, tail: int, share: Decimal, cost: Cost) -> list[Proposal]:
    """Return, for each weekday with enough trays, the most that can go while at most `share` is missed."""
    found, now = [], cost(week)
    for weekday, trays in enumerate(days):
        before = week[weekday]
        total = sum(count for minute, count in trays.items() if _holds(_served(before, tail), minute))
        if not before or total < FEWEST_TRAYS:
            continue
        after = _trimmed(trays, before, tail, int(total * share))
        if after == before:
            continue
        made = Proposal(
            Change.TRIM, weekday, before, after, missed(trays, before, after, tail), total, Decimal(0)
        )
        usd = now - cost(made.within(week))
        if usd > 0:
            found.append(_priced(made, usd))
    return found


def _trimmed(trays: Day, day: DayHours, tail: int, allowed: int) -> DayHours:
    """Return the shortest hours that miss at most `allowed` trays; of two equal ones the earlier opening."""
    until = list(accumulate((trays.get(minute, 0) for minute in range(MINUTES)), initial=0))
    (first, first_end), (last, last_end) = day[0], day[-1]
    shut = min(last_end + tail, MINUTES)
    best, best_gain = day, 0
    for opens in _quarters(first, first_end):
        head = until[opens] - until[first]
        for closes in reversed(_quarters(last, last_end, closing=True)):
            after = _with_rims(day, opens, closes)
            gain = opens - first + last_end - closes
            if head + until[shut] - until[min(closes + tail, shut)] > allowed or after is None:
                break
            if gain > best_gain:
                best, best_gain = after, gain
    return best


def _quarters(start: int, end: int, *, closing: bool = False) -> list[int]:
    """Return the instants a rim can move to within a stretch, its own place included."""
    inner = range(-(-start // QUARTER) * QUARTER, end + 1, QUARTER)
    return sorted({*inner, end} - {start}) if closing else sorted({*inner, start} - {end})


def _with_rims(day: DayHours, opens: int, closes: int) -> DayHours | None:
    """Return hours with another first opening and last closing; None where too little would be left."""
    spans = [list(span) for span in day]
    spans[0][0], spans[-1][1] = opens, closes
    is_long = closes - opens >= SHORTEST_MINUTES and all(start < end for start, end in spans)
    return tuple((start, end) for start, end in spans) if is_long else None


def extensions(turned_away: Iterable[Day], week: Week, *, tail: int, cost: Cost) -> list[Proposal]:
    """Return, for each weekday, longer hours that would have served trays sent while the model was off."""
    found, now = [], cost(week)
    for weekday, trays in enumerate(turned_away):
        before = week[weekday]
        if not before:
            continue
        near = _near(trays, before, tail)
        if sum(near.values()) < FEWEST_TURNED_AWAY:
            continue
        after = _extended(near, before, tail)
        served = missed(near, after, before, tail)
        made = Proposal(Change.EXTEND, weekday, before, after, served, sum(near.values()), Decimal(0))
        if _stands(made.within(week)):
            found.append(_priced(made, cost(made.within(week)) - now))
    return found


def _near(trays: Day, day: DayHours, tail: int) -> dict[int, int]:
    """Return the trays shortly before the first opening and shortly after the last buffer."""
    opens, shut = day[0][0], day[-1][1] + tail
    return {
        minute: count
        for minute, count in trays.items()
        if opens - REACH_MINUTES <= minute < opens or shut <= minute < shut + REACH_MINUTES
    }


def _extended(near: Day, day: DayHours, tail: int) -> DayHours:
    opens, closes = day[0][0], day[-1][1]
    first, last = min(near), max(near)
    if first < opens:
        opens = first // QUARTER * QUARTER
    if last >= closes + tail:
        closes = -(-(last + 1 - tail) // QUARTER) * QUARTER
    spans = [list(span) for span in day]
    spans[0][0], spans[-1][1] = opens, closes
    return tuple((start, end) for start, end in spans)


def _stands(week: Week) -> bool:
    try:
        check_week(week)
    except InvalidHours:
        return False
    return True


def _priced(made: Proposal, usd: Decimal) -> Proposal:
    return Proposal(made.change, made.weekday, made.before, made.after, made.trays, made.of, usd)


def quarters(trays: Day) -> dict[int, int]:
    """Return trays by quarter of an hour, for drawing."""
    found: dict[int, int] = defaultdict(int)
    for minute, count in trays.items():
        found[minute // QUARTER] += count
    return dict(found)
