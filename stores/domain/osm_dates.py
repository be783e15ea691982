"""The dates of OpenStreetMap's `opening_hours`: `2026 Dec 31`, `Dec 24-26`, `2026 Dec 31-2027 Jan 3`."""

from __future__ import annotations

from datetime import date, timedelta

from stores.domain.osm_tokens import MONTHS, Token, Tokens, UnsupportedOpeningHours

LONGEST_RANGE_DAYS = 366
_SEASON = "A whole month or season cannot be said here. Write dates, such as 2026 Dec 31 or 2026 Dec 24-26."
_WEEKDAYS = "Weekdays within dates cannot be said here. Write each date."
_NO_DATE = "There is no such date."

_Wanted = tuple[int | None, int, int]
"""Year, month, day as they were written."""


def read_dates(tokens: Tokens, on: date) -> tuple[tuple[date, ...], bool]:
    """Return the dates listed and whether any was written without a year (its next occurrence is meant)."""
    found: list[date] = []
    yearly = False
    while True:
        start = tokens.peek
        first = _read_date(tokens, None)
        last = _read_date(tokens, first) if tokens.take("-") else first
        found += _dates_between(first, last, on, start)
        yearly = yearly or first[0] is None
        if tokens.peek.kind != "," or tokens.following.kind not in {"year", "month"}:
            break
        tokens.take(",")
    tokens.take(":")
    if tokens.peek.kind == "day":
        raise UnsupportedOpeningHours(
            "Weekdays within dates cannot be said here. Write each date.", tokens.peek
        )
    return tuple(found), yearly


def _read_date(tokens: Tokens, since: _Wanted | None) -> _Wanted:
    """Read a date; the end of a range may leave out the year and the month it shares with its start."""
    year = int(tokens.next().text) if tokens.peek.kind == "year" else None
    if since is not None and year is None and tokens.peek.kind == "number":
        return since[0], since[1], int(tokens.next().text)
    month = MONTHS[tokens.expect("month", _SEASON).word]
    return year, month, int(tokens.expect("number", _SEASON).text)


def _dates_between(first: _Wanted, last: _Wanted, on: date, start: Token) -> list[date]:
    if first[0] is None and last[0] is not None:
        raise UnsupportedOpeningHours("Write the year on both ends of the range, or on neither.", start)
    if first[0] is None:
        begin, end = _next_occurrence(first, last, on, start)
    else:
        begin, end = _date(first[0], first, start), _end_after(first[0], first, last, start)
    length = (end - begin).days + 1
    if not 0 < length <= LONGEST_RANGE_DAYS:
        raise UnsupportedOpeningHours("A range of dates runs forward, for at most a year.", start)
    return [begin + timedelta(days=step) for step in range(length)]


def _end_after(year: int, first: _Wanted, last: _Wanted, start: Token) -> date:
    """Return the end of a range begun in `year`; without its own year it is the next such date."""
    if last[0] is not None:
        return _date(last[0], last, start)
    return _date(year + (last[1:] < first[1:]), last, start)


def _next_occurrence(first: _Wanted, last: _Wanted, on: date, start: Token) -> tuple[date, date]:
    """Return the earliest such range that is not over on `on`; 29 February waits for its year."""
    for year in range(on.year - 1, on.year + 9):
        try:
            begin, end = _date(year, first, start), _end_after(year, first, last, start)
        except UnsupportedOpeningHours:
            continue
        if end >= on:
            return begin, end
    raise UnsupportedOpeningHours(_NO_DATE, start)


def _date(year: int, wanted: _Wanted, start: Token) -> date:
    try:
        return date(year, wanted[1], wanted[2])
    except ValueError as error:
        raise UnsupportedOpeningHours(_NO_DATE, start) from error
