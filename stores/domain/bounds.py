"""Bounds that headquarters sets for all, an area or a store; the nearest says, field by field."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, timedelta

from stores.domain.hours import DayHours, StoreRules, clock_text
from stores.domain.localtime import wall_to_utc
from stores.domain.sentences import Refusal, Word

DAWN_MINUTE = 4 * 60
"""A night ends here: what runs from four in the morning on is the new day's."""


class OutOfBounds(Refusal):
    """What is asked lies outside what headquarters allows; the sentence names the bound and whom to ask."""

    code = "out_of_bounds"


@dataclass(frozen=True, slots=True)
class Limits:
    """What holds for one store; None is no bound. `set_by` names who may lift each bound.

    Minutes of the day count from midnight, 1,500 is one in the night.
    """

    latest_closing_minute: int | None = None
    most_open_minutes: int | None = None
    least_buffer_minutes: int | None = None
    most_buffer_minutes: int | None = None
    may_override: bool | None = None
    ask_from_trays: int | None = None
    set_by: str = ""

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is bound."""
        return all(getattr(self, name) is None for name in FIELDS)


FIELDS = tuple(field.name for field in fields(Limits) if field.name != "set_by")


def nearest(said: Iterable[Limits]) -> Limits:
    """Return what holds where several scopes speak, the widest first: the last word on each field.

    `set_by` is that of the nearest scope that says anything.
    """
    held: dict[str, object] = {}
    set_by = ""
    for limits in said:
        held |= {name: getattr(limits, name) for name in FIELDS if getattr(limits, name) is not None}
        set_by = limits.set_by or set_by
    return Limits(**held, set_by=set_by)  # type: ignore[arg-type]


def check_override_allowed(limits: Limits) -> None:
    """Refuse a word against the plan where headquarters keeps that to itself."""
    if limits.may_override is False:
        raise OutOfBounds(
            "Headquarters decides here when the model runs outside the opening hours. Ask %(who)s.",
            who=_who(limits),
        )


def check_run_span(
    limits: Limits, span: tuple[int, int], *, timezone: str, on: date, close_buffer_minutes: int
) -> None:
    """Refuse a run that reaches into the night after the latest closing and its buffer; UTC seconds.

    `on` is the local date of the span's start. A night lasts until four.
    """
    latest = limits.latest_closing_minute
    if latest is None:
        return
    for night in range(-1, 32):
        day = on + timedelta(days=night)
        begins = wall_to_utc(timezone, day, latest, closing=True) + close_buffer_minutes * 60
        ends = wall_to_utc(timezone, day + timedelta(days=1), DAWN_MINUTE, closing=False)
        if max(span[0], begins) < min(span[1], ends):
            raise OutOfBounds(
                "Headquarters allows closing at %(latest)s at the latest. Ask %(who)s for more.",
                latest=clock_text(latest),
                who=_who(limits),
            )


def check_week_length(limits: Limits, weekly: Iterable[DayHours]) -> None:
    """Refuse a week that is open longer than allowed."""
    most, minutes = limits.most_open_minutes, week_minutes(weekly)
    if most is not None and minutes > most:
        raise OutOfBounds(
            "Headquarters allows %(most)s hours a week; this would be %(hours)s. Ask %(who)s for more.",
            most=_hours(most),
            hours=_hours(minutes),
            who=_who(limits),
        )


def check_buffers(limits: Limits, *minutes: int) -> None:
    """Refuse minutes around opening hours that are fewer or more than allowed."""
    least, most = limits.least_buffer_minutes, limits.most_buffer_minutes
    for each in minutes:
        if least is not None and each < least:
            raise OutOfBounds(
                "Headquarters wants at least %(least)s minutes around the opening hours. Ask %(who)s.",
                least=least,
                who=_who(limits),
            )
        if most is not None and each > most:
            raise OutOfBounds(
                "Headquarters allows at most %(most)s minutes around the opening hours. Ask %(who)s.",
                most=most,
                who=_who(limits),
            )


def check_day_within(limits: Limits, rules: StoreRules, on: date, hours: DayHours) -> None:
    """Refuse one date's hours that end too late, or make its calendar week too long.

    A day may close as late as its weekday usually does, whatever the bound. `rules` hold the special days of
    that week.
    """
    usual = max((closes for _, closes in rules.weekly[on.weekday()]), default=0)
    latest = limits.latest_closing_minute
    if latest is not None and any(closes > max(latest, usual) for _, closes in hours):
        raise OutOfBounds(
            "Headquarters allows closing at %(latest)s at the latest. Ask %(who)s for more.",
            latest=clock_text(max(latest, usual)),
            who=_who(limits),
        )
    monday = on - timedelta(days=on.weekday())
    week = [monday + timedelta(days=index) for index in range(7)]
    days = [hours if day == on else rules.hours_on(day) for day in week]
    if week_minutes(days) > max(week_minutes(rules.hours_on(day) for day in week), 0):
        check_week_length(limits, days)


def week_minutes(days: Iterable[DayHours]) -> int:
    """Return how long days are open together, by the wall clock."""
    return sum(closes - opens for hours in days for opens, closes in hours)


def _hours(minutes: int) -> str:
    return f"{round(minutes / 60, 2):g}"


def _who(limits: Limits) -> str:
    return limits.set_by or Word("headquarters")
