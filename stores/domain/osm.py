"""OpenStreetMap `opening_hours`, as far as rows of hours can say it, into a week and dated days.

Said here: weekdays, ranges that may wrap (`Sa-Mo`), lists, several spans, spans past midnight (`18:00-02:00`
or `18:00-26:00`), `24:00`, `24/7`, `off`/`closed`, rules after `;` that replace earlier ones for their days,
rules after `,` that add to them, and dates (`2026 Dec 31 07:00-14:00`, `Jan 1 off`). Everything else is
refused with the column and the reason. The grammar is that of
https://wiki.openstreetmap.org/wiki/Key:opening_hours/specification; what the hours *mean* is
`stores.domain.hours`: a Saturday 18:00-02:00 survives `Su off`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from stores.domain.hours import (
    CLOSED,
    DayHours,
    check_day_hours,
    check_week,
    clock_text,
    closing_minute,
    plain_closing,
)
from stores.domain.localtime import DAY_MINUTES
from stores.domain.osm_dates import read_dates
from stores.domain.osm_tokens import DAYS, Token, Tokens, UnsupportedOpeningHours, tidy

EVERY_DAY = frozenset(range(7))
WHOLE_DAY: DayHours = ((0, DAY_MINUTES),)
_NO_LENGTH = "Opening and closing are the same time. For a whole day write 00:00-24:00."


@dataclass(frozen=True, slots=True)
class OsmHours:
    """A week, the dates that differ from it, and those of them that were written without a year."""

    weekly: tuple[DayHours, ...]
    dated: dict[date, DayHours] = field(default_factory=dict)
    yearly: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class _Rule:
    """Hours for weekdays or for dates; `adds` says whether they join what was said before."""

    start: Token
    days: frozenset[int] = EVERY_DAY
    dates: tuple[date, ...] = ()
    yearly: bool = False
    hours: DayHours = CLOSED
    adds: bool = False


@lru_cache(maxsize=4096)
def parse_osm(text: str, on: date) -> OsmHours:
    """Return what `text` says; a date without a year means its next occurrence from `on`.

    Raises UnsupportedOpeningHours (with a column of the tidied text) or InvalidHours. An empty text is a
    week without hours. Do not change the result: it is cached.
    """
    tokens = Tokens(tidy(text))
    weekly: list[DayHours] = [CLOSED] * 7
    dated: dict[date, DayHours] = {}
    yearly: list[date] = []
    adds = False
    while not tokens.at_end:
        rule = _read_rule(tokens, on, adds)
        _apply(rule, weekly, dated)
        yearly += rule.dates[:1] if rule.yearly else ()
        adds = _read_separator(tokens)
    checked = {day: check_day_hours(hours, day=day.isoformat()) for day, hours in sorted(dated.items())}
    return OsmHours(check_week(weekly), checked, tuple(day for day in yearly if day in checked))


def _apply(rule: _Rule, weekly: list[DayHours], dated: dict[date, DayHours]) -> None:
    """Let a rule replace, or join, what earlier rules said of its days."""
    if rule.adds and (rule.dates or dated or not rule.hours):
        raise UnsupportedOpeningHours("Begin this rule with “;”, not with “,”.", rule.start)
    for day in rule.dates:
        dated[day] = rule.hours
    if rule.dates:
        return
    for weekday in rule.days:
        weekly[weekday] = weekly[weekday] + rule.hours if rule.adds else rule.hours
    for day in [day for day in dated if day.weekday() in rule.days]:
        del dated[day]


def _read_rule(tokens: Tokens, on: date, adds: bool) -> _Rule:
    start = tokens.peek
    if tokens.take("always"):
        return _Rule(start, hours=CLOSED if _read_off(tokens) else WHOLE_DAY, adds=adds)
    if start.kind in {"year", "month"}:
        dates, yearly = read_dates(tokens, on)
        return _Rule(start, dates=dates, yearly=yearly, hours=_read_hours(tokens), adds=adds)
    days = _read_days(tokens) if start.kind == "day" else EVERY_DAY
    return _Rule(start, days=days, hours=_read_hours(tokens), adds=adds)


def _read_days(tokens: Tokens) -> frozenset[int]:
    days: set[int] = set()
    while True:
        first = last = tokens.expect("day", "Write a weekday here: Mo, Tu, We, Th, Fr, Sa or Su.")
        if tokens.take("-"):
            last = tokens.expect("day", "Write the last weekday of the range here.")
        low, high = DAYS[first.word], DAYS[last.word]
        days.update((low + step) % 7 for step in range((high - low) % 7 + 1))
        if not tokens.take(","):
            tokens.take(":")
            return frozenset(days)


def _read_hours(tokens: Tokens) -> DayHours:
    if _read_off(tokens):
        return CLOSED
    spans = [_read_span(tokens)]
    while tokens.peek.kind == "," and tokens.following.kind in {"time", "number"}:
        tokens.take(",")
        spans.append(_read_span(tokens))
    if tokens.peek.word == "open":
        tokens.next()
    return tuple(spans)


def _read_off(tokens: Tokens) -> bool:
    if tokens.peek.word in {"off", "closed"}:
        tokens.next()
        return True
    return False


def _read_span(tokens: Tokens) -> tuple[int, int]:
    start = tokens.expect("time", "Write hours here, such as 07:00-19:30, or “off”.")
    opens = start.minute
    tokens.expect("-", "Write “-” and the closing time after the opening.")
    if opens >= DAY_MINUTES:
        raise UnsupportedOpeningHours("An opening lies before 24:00; write it on the next day.", start)
    closes = tokens.expect("time", "Write the closing time here, such as 19:30.").minute
    if opens == closes != 0:
        raise UnsupportedOpeningHours(_NO_LENGTH, start)
    return opens, closing_minute(opens, closes)


def _read_separator(tokens: Tokens) -> bool:
    """Step over the mark between two rules; tell whether the next one adds to what was said."""
    if tokens.at_end:
        return False
    if tokens.take(";"):
        return False
    if tokens.take(","):
        return True
    raise tokens.refuse("Write “;” before the next rule.")


def osm_text(weekly: tuple[DayHours, ...]) -> str:
    """Write a week in its one canonical form: `Mo-Fr 07:00-19:30; Sa 07:00-13:00`. No hours: empty."""
    if all(hours == WHOLE_DAY for hours in weekly):
        return "24/7"
    names = [name.title() for name in DAYS]
    parts: dict[DayHours, list[str]] = {}
    for low, high in _runs(lambda left, right: weekly[left] == weekly[right]):
        days = names[low] if low == high else f"{names[low]}-{names[high]}"
        parts.setdefault(weekly[low], []).append(days)
    return "; ".join(f"{','.join(days)} {_spans_text(hours)}" for hours, days in parts.items() if hours)


def _runs(same: Callable[[int, int], bool]) -> list[tuple[int, int]]:
    """Return the first and last weekday of each stretch of equal days, Monday first."""
    runs = [(0, 0)]
    for weekday in range(1, 7):
        if same(runs[-1][0], weekday):
            runs[-1] = (runs[-1][0], weekday)
        else:
            runs.append((weekday, weekday))
    return runs


def _spans_text(hours: DayHours) -> str:
    return ",".join(
        f"{clock_text(opens)}-{clock_text(plain_closing(opens, closes))}" for opens, closes in hours
    )
