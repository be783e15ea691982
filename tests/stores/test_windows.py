"""From rules to UTC windows: the instants of docs/hours.md, and laws that hold for any rules."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores.domain.hours import SpecialKind, SpecialRule, StoreRules, check_day_hours, open_days, open_windows
from stores.domain.intervals import Span, contains
from stores.domain.localtime import UnknownTimeZone, from_seconds, wall_to_utc, zone
from stores.domain.typed import minute_of

DOC = Path(__file__).parents[2] / "docs" / "hours.md"
ROW = re.compile(
    r"^\| `(?P<zone>[\w/]+)` \| (?P<on>[\d-]{10}) \| (?P<opens>[\d:]+)–(?P<closes>[\d:]+) "
    r"\| (?P<start>[\d-]{10} [\d:]{5}) \| (?P<end>[\d-]{10} [\d:]{5}) \| (?P<minutes>[\d,]+) \|",
    re.MULTILINE,
)
WORKED = [match.groupdict() for match in ROW.finditer(DOC.read_text(encoding="utf-8"))]
SATURDAY = date(2026, 11, 21)


def instant(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def test_the_document_works_out_every_awkward_zone() -> None:
    zones = {row["zone"] for row in WORKED}
    assert zones >= {
        "Europe/Berlin",
        "Australia/Lord_Howe",
        "America/Santiago",
        "Asia/Kathmandu",
        "Africa/Casablanca",
        "Asia/Tokyo",
    }


@pytest.mark.parametrize("row", WORKED, ids=lambda row: f"{row['zone']} {row['on']} {row['opens']}")
def test_worked_instants_of_the_document_hold(row: dict[str, str]) -> None:
    on = date.fromisoformat(row["on"])
    hours = ((minute_of(row["opens"]), minute_of(row["closes"])),)
    rules = StoreRules(row["zone"], ((),) * 7, {on: SpecialRule(SpecialKind.HOURS, hours)})
    (day,) = open_days(rules, on.toordinal(), on.toordinal())
    assert (day.start, day.end) == (instant(row["start"]), instant(row["end"]))
    assert (day.end - day.start) // 60 == int(row["minutes"].replace(",", ""))
    assert day.on == on


def test_saturday_night_survives_a_closed_sunday() -> None:
    weekly = ((),) * 5 + (((1080, 1560),), ((600, 1200),))
    closed = {SATURDAY + timedelta(days=1): SpecialRule(SpecialKind.CLOSED)}
    (day,) = open_days(
        StoreRules("Asia/Tokyo", weekly, closed), SATURDAY.toordinal(), SATURDAY.toordinal() + 1
    )
    assert from_seconds(day.end) == datetime(2026, 11, 21, 17, 0, tzinfo=UTC)


def test_own_hours_replace_the_week_on_their_date_only() -> None:
    weekly = (((420, 1200),),) * 7
    special = {SATURDAY: SpecialRule(SpecialKind.HOURS, ((600, 660),))}
    days = open_days(
        StoreRules("Asia/Tokyo", weekly, special), SATURDAY.toordinal(), SATURDAY.toordinal() + 1
    )
    assert [(day.opens, day.closes) for day in days] == [(600, 660), (420, 1200)]


def test_as_usual_keeps_the_week() -> None:
    rules = StoreRules("Asia/Tokyo", (((420, 1200),),) * 7, {SATURDAY: SpecialRule(SpecialKind.AS_USUAL)})
    assert rules.hours_on(SATURDAY) == ((420, 1200),)


def test_opening_swallowed_by_a_gap_is_left_out() -> None:
    spring = date(2027, 3, 28)
    rules = StoreRules("Europe/Berlin", (((130, 170),),) * 7)
    assert open_days(rules, spring.toordinal(), spring.toordinal()) == []


def test_29_february_opens_in_leap_years() -> None:
    rules = StoreRules(
        "Asia/Tokyo", ((),) * 7, {date(2028, 2, 29): SpecialRule(SpecialKind.HOURS, ((0, 60),))}
    )
    (window,) = open_windows(rules, (instant("2028-02-27 00:00"), instant("2028-03-02 00:00")))
    assert from_seconds(window[0]) == datetime(2028, 2, 28, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize("name", ["", "Tokyo", "Asia", "../etc/passwd", "Asia/Tokio", "日本"])
def test_unknown_zone_is_refused_with_an_example(name: str) -> None:
    with pytest.raises(UnknownTimeZone, match="Asia/Tokyo"):
        zone(name)


# --- Laws -----------------------------------------------------------------------------------------


@st.composite
def day_hours(draw: st.DrawFn) -> tuple[tuple[int, int], ...]:
    """Up to three stretches, the last perhaps past midnight."""
    edges = sorted(draw(st.sets(st.integers(0, 1439), max_size=6)))
    pairs = [(edges[i], edges[i + 1]) for i in range(0, len(edges) - 1, 2)]
    if pairs and draw(st.booleans()):
        opens = pairs[-1][0]
        pairs[-1] = (opens, draw(st.integers(opens + 1, opens + 1440)))
    return check_day_hours(pairs)


ZONES = st.sampled_from(
    ["Asia/Tokyo", "Europe/Berlin", "Australia/Lord_Howe", "America/Santiago", "Africa/Casablanca"]
)
WEEKS = st.tuples(*[day_hours()] * 7)
STARTS = st.integers(instant("2026-01-01 00:00"), instant("2027-12-01 00:00"))
LENGTHS = st.integers(1, 20 * 86_400)


@given(ZONES, WEEKS, STARTS, LENGTHS)
def test_windows_are_sorted_disjoint_and_inside(
    zone_name: str, weekly: tuple[tuple[tuple[int, int], ...], ...], low: int, length: int
) -> None:
    windows = open_windows(StoreRules(zone_name, weekly), (low, low + length))
    assert all(low <= start < end <= low + length for start, end in windows)
    assert all(left[1] < right[0] for left, right in itertools.pairwise(windows))


@given(ZONES, WEEKS, STARTS, LENGTHS, st.floats(0, 1))
def test_splitting_the_range_anywhere_gives_the_same(
    zone_name: str, weekly: tuple[tuple[tuple[int, int], ...], ...], low: int, length: int, part: float
) -> None:
    rules, high = StoreRules(zone_name, weekly), low + length
    cut = low + int(length * part)
    halves = open_windows(rules, (low, cut)) + open_windows(rules, (cut, high)) if low < cut < high else None
    if halves is None:
        return
    assert _glued(halves, cut) == open_windows(rules, (low, high))


def _glued(windows: list[Span], cut: int) -> list[Span]:
    glued: list[Span] = []
    for start, end in windows:
        if glued and start == cut == glued[-1][1]:
            glued[-1] = (glued[-1][0], end)
        else:
            glued.append((start, end))
    return glued


@given(ZONES, WEEKS, STARTS)
def test_a_second_is_open_when_one_of_the_days_around_it_covers_it(
    zone_name: str, weekly: tuple[tuple[tuple[int, int], ...], ...], at: int
) -> None:
    today = from_seconds(at).astimezone(zone(zone_name)).date()
    covered = any(
        wall_to_utc(zone_name, on, opens, closing=False)
        <= at
        < wall_to_utc(zone_name, on, closes, closing=True)
        for on in (today + timedelta(days=step) for step in (-2, -1, 0, 1))
        for opens, closes in weekly[on.weekday()]
    )
    windows = open_windows(StoreRules(zone_name, weekly), (at - 1, at + 1))
    assert contains(windows, at) == covered


@given(WEEKS, STARTS, LENGTHS, st.integers(-8, 8))
def test_whole_weeks_shift_the_windows_where_clocks_never_change(
    weekly: tuple[tuple[tuple[int, int], ...], ...], low: int, length: int, weeks: int
) -> None:
    rules, step = StoreRules("Asia/Kathmandu", weekly), weeks * 7 * 86_400
    shifted = open_windows(rules, (low + step, low + length + step))
    assert shifted == [(s + step, e + step) for s, e in open_windows(rules, (low, low + length))]
