"""What to suggest, what a new calendar changes, when to ask: tables of plain facts."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stores.domain.holidays import (
    Because,
    Choice,
    Difference,
    DifferenceKind,
    dates_to_ask,
    differences,
    suggest,
)
from stores.domain.hours import SpecialKind

TODAY, UNTIL = date(2026, 11, 24), date(2027, 3, 24)
CLOSED, USUAL = Choice(SpecialKind.CLOSED), Choice(SpecialKind.AS_USUAL)
HOLIDAY = date(2027, 1, 11)


@pytest.mark.parametrize(
    ("last_year", "neighbours", "expected"),
    [
        ([], [], None),
        ([CLOSED, CLOSED, USUAL], [USUAL], (CLOSED, Because.LAST_YEAR, 2, 3)),
        ([CLOSED, USUAL], [USUAL, USUAL], (USUAL, Because.NEIGHBOURS, 2, 2)),
        ([CLOSED, USUAL], [CLOSED, USUAL], None),
    ],
)
def test_most_of_last_year_is_suggested_else_most_of_the_area(
    last_year: list[Choice], neighbours: list[Choice], expected: tuple[object, ...] | None
) -> None:
    found = suggest(last_year, neighbours)
    assert (found and (found.choice, found.because, found.count, found.of)) == expected


@pytest.mark.parametrize(
    ("recorded", "known", "expected"),
    [
        ({HOLIDAY: "A"}, {HOLIDAY: "A"}, []),
        ({HOLIDAY: "A"}, {HOLIDAY: "A renamed"}, []),
        ({HOLIDAY: "A"}, {}, [Difference(DifferenceKind.DROPPED, "A", HOLIDAY, None)]),
        ({}, {HOLIDAY: "A"}, [Difference(DifferenceKind.ADDED, "A", None, HOLIDAY)]),
        (
            {HOLIDAY: "A"},
            {HOLIDAY + timedelta(days=1): "A"},
            [Difference(DifferenceKind.MOVED, "A", HOLIDAY, HOLIDAY + timedelta(days=1))],
        ),
        ({date(2026, 11, 23): "A"}, {}, []),
        ({}, {date(2027, 4, 1): "A"}, []),
        (
            {date(2027, 3, 24): "A"},
            {date(2027, 4, 1): "A"},
            [Difference(DifferenceKind.MOVED, "A", date(2027, 3, 24), date(2027, 4, 1))],
        ),
    ],
)
def test_difference_is_a_date_moved_added_or_dropped(
    recorded: dict[date, str], known: dict[date, str], expected: list[Difference]
) -> None:
    assert differences(recorded, known, today=TODAY, until=UNTIL) == expected


def test_nearest_date_of_the_same_name_is_where_it_moved() -> None:
    eid = {date(2026, 12, 1): "Eid", date(2026, 12, 20): "Eid"}
    known = {date(2026, 12, 2): "Eid", date(2026, 12, 21): "Eid"}
    found = differences(eid, known, today=TODAY, until=UNTIL)
    assert [(each.was, each.now) for each in found] == list(zip(eid, known, strict=True))


def asked_days(missed: set[int]) -> list[int]:
    """Walk the fifty days before one unanswered holiday; return how many days before it a mail went out."""
    asked: dict[date, list[date]] = {}
    for before in range(50, -1, -1):
        today = HOLIDAY - timedelta(days=before)
        dates = [] if before in missed else dates_to_ask([HOLIDAY], asked, today=today)
        if dates:
            asked[today] = dates
    return [(HOLIDAY - on).days for on in asked]


def test_store_is_asked_45_14_and_5_days_before() -> None:
    assert asked_days(set()) == [45, 14, 5]


def test_missed_day_is_made_up_for_once() -> None:
    assert asked_days({45, 44, 14}) == [43, 13, 5]
    assert asked_days(set(range(6, 50))) == [5]


def test_one_mail_speaks_of_every_open_date_ahead() -> None:
    new_year, coming = date(2027, 1, 1), date(2027, 1, 11)
    first = new_year - timedelta(days=45)
    assert dates_to_ask([new_year, coming], {}, today=first) == [new_year]
    then = coming - timedelta(days=45)
    assert dates_to_ask([new_year, coming], {first: [new_year]}, today=then) == [new_year, coming]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sets(st.integers(0, 120), min_size=1, max_size=12),
    st.sets(st.integers(0, 119), max_size=60),
)
def test_each_holiday_is_asked_about_before_it_comes_and_never_twice_a_day(
    holidays: set[int], down: set[int]
) -> None:
    start = date(2026, 11, 24)
    unanswered = [start + timedelta(days=days) for days in holidays]
    asked: dict[date, list[date]] = {}
    for number in range(121):
        today = start + timedelta(days=number)
        if number not in down and (dates := dates_to_ask(unanswered, asked, today=today)):
            asked[today] = dates
            assert dates_to_ask(unanswered, asked, today=today) == []
    for on in unanswered:
        up = [number for number in range((on - start).days + 1) if number not in down]
        if any((on - start).days - number <= 45 for number in up):
            assert any(on in dates for dates in asked.values())
