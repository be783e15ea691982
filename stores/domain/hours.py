"""Opening hours and special days as rules, and the one function from rules to the windows a store is open.

Minutes count from the local midnight that begins **the day the store opens**: `(1080, 1560)` is
18:00–02:00 of that day's night, `(0, 1440)` the whole day. A special day replaces the hours of its date,
never the tail of the night before: a Saturday 18:00–02:00 survives a closed Sunday.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from stores.domain.intervals import Span, clip, union
from stores.domain.localtime import DAY_MINUTES, DAY_SECONDS, EPOCH_ORDINAL, instant, whole_day_offset
from stores.domain.sentences import Refusal, Word

DayHours = tuple[tuple[int, int], ...]
"""The hours of one day: sorted, disjoint `(opens, closes)` in minutes, closes at most opens + 1,440."""

CLOSED: DayHours = ()
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MAX_BUFFER_MINUTES = 12 * 60


class InvalidHours(Refusal):
    """Hours that overlap, have no length or lie outside the day."""

    code = "invalid_hours"


class SpecialKind(StrEnum):
    """What a special day says of its date."""

    CLOSED = "CLOSED"
    HOURS = "HOURS"
    AS_USUAL = "AS_USUAL"


class SpecialSource(StrEnum):
    """Where a special day came from."""

    MANUAL = "MANUAL"
    HOLIDAY = "HOLIDAY"
    IMPORT = "IMPORT"


@dataclass(frozen=True, slots=True)
class SpecialRule:
    """What holds on one date instead of the weekly hours."""

    kind: SpecialKind
    hours: DayHours = CLOSED
    note: str = ""
    scope: str = "store"


@dataclass(frozen=True, slots=True)
class StoreRules:
    """Everything that decides when a store is open. `weekly` has seven entries, Monday first."""

    timezone: str
    weekly: tuple[DayHours, ...]
    special: Mapping[date, SpecialRule] = field(default_factory=dict)

    @property
    def has_hours(self) -> bool:
        """Tell whether any weekday has hours at all."""
        return any(self.weekly)

    def hours_on(self, on: date) -> DayHours:
        """Return the hours that begin on the local date `on`."""
        rule = self.special.get(on)
        if rule is None or rule.kind is SpecialKind.AS_USUAL:
            return self.weekly[on.weekday()]
        return rule.hours


class OpenDay(NamedTuple):
    """One opening: the local day (proleptic ordinal) and minutes it came from, and the UTC span it means."""

    ordinal: int
    opens: int
    closes: int
    start: int
    end: int

    @property
    def on(self) -> date:
        """The local date the store opens on."""
        return date.fromordinal(self.ordinal)

    @property
    def span(self) -> Span:
        """The UTC seconds from opening to closing."""
        return self.start, self.end


def check_day_hours(hours: Iterable[tuple[int, int]], *, day: str = "") -> DayHours:
    """Return one day's hours sorted; raise InvalidHours with what to do when they cannot stand.

    `day` names the weekday in the sentence; without one it says "These hours".
    """
    ordered = sorted(hours)
    where = Word(day or "These hours")
    for opens, closes in ordered:
        said = {"day": where, "span": span_text(opens, closes)}
        if not 0 <= opens < DAY_MINUTES:
            raise InvalidHours(
                "%(day)s: the opening %(time)s must lie between 00:00 and 23:59.",
                day=where,
                time=clock_text(opens),
            )
        if closes <= opens:
            raise InvalidHours(
                "%(day)s: %(span)s has no length. A whole day is 00:00–24:00; leave a closed day empty.",
                **said,
            )
        if closes > opens + DAY_MINUTES:
            raise InvalidHours("%(day)s: %(span)s is longer than 24 hours.", **said)
    for (opens, closes), (later, end) in itertools.pairwise(ordered):
        if later < closes:
            raise InvalidHours(
                "%(day)s: %(span)s and %(other)s overlap. Join them or move one.",
                day=where,
                span=span_text(opens, closes),
                other=span_text(later, end),
            )
    return tuple(ordered)


def check_week(weekly: Iterable[Iterable[tuple[int, int]]]) -> tuple[DayHours, ...]:
    """Return seven checked days; a spill past midnight may touch the next day's opening, not overlap it."""
    days = tuple(check_day_hours(hours, day=WEEKDAYS[index]) for index, hours in enumerate(weekly))
    if len(days) != 7:
        raise InvalidHours("A week has seven days, Monday first.")
    for index, hours in enumerate(days):
        following = days[(index + 1) % 7]
        if hours and following and hours[-1][1] - DAY_MINUTES > following[0][0]:
            raise InvalidHours(
                "%(day)s: %(span)s runs into %(next_day)s %(time)s. Close earlier or open later.",
                day=Word(WEEKDAYS[index]),
                span=span_text(*hours[-1]),
                next_day=Word(WEEKDAYS[(index + 1) % 7]),
                time=clock_text(following[0][0]),
            )
    return days


def closing_minute(opens: int, closes: int) -> int:
    """Return `closes` as a minute after `opens`: at or before the opening means the next day.

    Equal times are refused unless both are midnight: 07:00–07:00 is a slip, 00:00–24:00 a whole day.
    """
    if closes > opens:
        return closes
    if closes == opens and opens != 0:
        raise InvalidHours(
            "%(span)s has no length. For a whole day write 00:00–24:00.", span=span_text(opens, closes)
        )
    return closes + DAY_MINUTES


def plain_closing(opens: int, closes: int) -> int:
    """Return the closing as a wall clock shows it where `closing_minute` reads it back, else unchanged."""
    plain = closes - DAY_MINUTES
    return plain if 0 < plain < opens else closes


def span_text(opens: int, closes: int) -> str:
    """Write one stretch of hours as HH:MM–HH:MM."""
    return f"{clock_text(opens)}–{clock_text(closes)}"


def clock_text(minute: int) -> str:
    """Write a minute of the day as HH:MM; past 24:00 it goes on counting (26:00 is two in the night)."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def open_days(rules: StoreRules, first_ordinal: int, last_ordinal: int) -> list[OpenDay]:
    """Return the openings that begin on local dates `first_ordinal` to `last_ordinal`, both included.

    In order of opening; not merged, so that each keeps the date it belongs to. An opening that a clock
    change swallows whole is left out. No I/O; about a microsecond an opening, because a day without a
    clock change needs one cached offset.
    """
    found: list[OpenDay] = []
    timezone, weekly, special = rules.timezone, rules.weekly, rules.special
    for ordinal in range(first_ordinal, last_ordinal + 1):
        hours = rules.hours_on(date.fromordinal(ordinal)) if special else weekly[(ordinal + 6) % 7]
        if not hours:
            continue
        offset = whole_day_offset(timezone, ordinal)
        for opens, closes in hours:
            if offset is not None and closes <= DAY_MINUTES:
                midnight = (ordinal - EPOCH_ORDINAL) * DAY_SECONDS - offset
                start, end = midnight + opens * 60, midnight + closes * 60
            else:
                start = instant(timezone, ordinal, opens, closing=False)
                extra, minute = divmod(closes, DAY_MINUTES)
                end = instant(timezone, ordinal + extra, minute, closing=True)
            if start < end:
                found.append(OpenDay(ordinal, opens, closes, start, end))
    return found


def open_windows(rules: StoreRules, bounds: Span) -> list[Span]:
    """Return the UTC spans within `bounds` in which the store is open; sorted, disjoint, merged."""
    return clip(union(day.span for day in open_days(rules, *ordinals_around(bounds))), bounds)


def ordinals_around(bounds: Span, *, before_days: int = 3, after_days: int = 2) -> tuple[int, int]:
    """Return the local dates that can matter to `bounds`, whatever the zone: a generous frame.

    A day's opening reaches at most 48 h past its midnight, buffers 12 h more, zones 14 h.
    """
    first, last = bounds[0] // DAY_SECONDS, bounds[1] // DAY_SECONDS
    return first + EPOCH_ORDINAL - before_days, last + EPOCH_ORDINAL + after_days
