"""Times as people type them, and hours that can stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores.domain.hours import InvalidHours, check_day_hours, check_week, clock_text
from stores.domain.typed import hours_text, hours_typed, hours_written, minute_of


@pytest.mark.parametrize(
    ("text", "minute"),
    [
        ("7:00", 420),
        ("07:00", 420),
        (" 7 ", 420),
        ("700", 420),
        ("0730", 450),
        ("７：００", 420),
        ("７時３０分", 450),
        ("7時", 420),
        ("7.30", 450),
        ("7h30", 450),
        ("0", 0),
        ("24:00", 1440),
        ("26:00", 1560),
    ],
)
def test_typed_time_is_read(text: str, minute: int) -> None:
    assert minute_of(text) == minute


@pytest.mark.parametrize("text", ["", "x", "7:60", "-1", "49:00", "7:00pm", "12345", "7:0:0", "："])
def test_what_is_no_time_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidHours, match="like 7:00"):
        minute_of(text)


@given(st.integers(0, 2880))
def test_written_minute_is_read_back(minute: int) -> None:
    assert minute_of(clock_text(minute)) == minute


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("7:00-12:00, 14:00-19:00", ((420, 720), (840, 1140))),
        ("７：００〜１２：００、１４：００～１９：００", ((420, 720), (840, 1140))),
        ("18:00–2:00", ((1080, 1560),)),
        ("0:00-24:00", ((0, 1440),)),
        ("", ()),
    ],
)
def test_line_of_hours_is_read(text: str, hours: tuple[tuple[int, int], ...]) -> None:
    assert hours_written(text) == hours
    assert hours_written(hours_text(hours)) == hours


@pytest.mark.parametrize(
    ("pair", "sentence"),
    [
        (("7:00", ""), "both the opening and the closing"),
        (("7:00", "7:00"), "no length"),
        (("24:00", "26:00"), "between 00:00 and 23:59"),
        (("7:00", "32:00"), "longer than 24 hours"),
    ],
)
def test_pair_that_cannot_stand_is_refused(pair: tuple[str, str], sentence: str) -> None:
    with pytest.raises(InvalidHours, match=sentence):
        hours_typed([pair])


def test_overlap_within_a_day_is_refused() -> None:
    with pytest.raises(InvalidHours, match=r"Mon: 07:00–12:00 and 11:00–13:00 overlap"):
        check_day_hours([(660, 780), (420, 720)], day="Mon")


def test_stretches_may_touch() -> None:
    assert check_day_hours([(720, 780), (420, 720)]) == ((420, 720), (720, 780))


def test_sunday_night_may_reach_mondays_opening_not_pass_it() -> None:
    week = [((360, 1200),)] + [()] * 5 + [((1320, 1800),)]
    assert check_week(week)[6] == ((1320, 1800),)
    with pytest.raises(InvalidHours, match=r"Sun: 22:00–30:01 runs into Mon 06:00"):
        check_week([*week[:6], ((1320, 1801),)])


def test_week_has_seven_days() -> None:
    with pytest.raises(InvalidHours, match="seven days"):
        check_week([()] * 6)
