"""OpenStreetMap's opening hours: what is read, what is refused and where, and back again."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import opening_hours
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores.domain.hours import InvalidHours, StoreRules, check_day_hours, check_week, open_windows
from stores.domain.intervals import union
from stores.domain.localtime import to_seconds, zone
from stores.domain.osm import osm_text, parse_osm
from stores.domain.osm_tokens import UnsupportedOpeningHours, tidy
from stores.services.osm_syntax import read_opening_hours

ON = date(2026, 11, 24)
DAY = ((420, 1200),)
NIGHT = ((1080, 1560),)
ROUND = ((0, 1440),)
Week = tuple[tuple[tuple[int, int], ...], ...]

READ: dict[str, Week] = {
    "": ((),) * 7,
    "off": ((),) * 7,
    "07:00-20:00": (DAY,) * 7,
    "24/7": (ROUND,) * 7,
    "24/7; Su off": (ROUND,) * 6 + ((),),
    "Mo-Fr 07:00-20:00": (DAY,) * 5 + ((), ()),
    "mo-fr 7:00-20:00 open;": (DAY,) * 5 + ((), ()),
    "Mo – Fr  07:00 – 20:00": (DAY,) * 5 + ((), ()),
    "Mo-Fr: 07:00-20:00": (DAY,) * 5 + ((), ()),
    "Sa-Mo 18:00-02:00": (NIGHT, (), (), (), (), NIGHT, NIGHT),
    "Sa-Mo 18:00-26:00": (NIGHT, (), (), (), (), NIGHT, NIGHT),
    "Mo,We 07:00-20:00": (DAY, (), DAY, (), (), (), ()),
    "Mo-We,Fr 00:00-24:00": (ROUND, ROUND, ROUND, (), ROUND, (), ()),
    "Mo 08:00-12:00,13:00-17:00": (((480, 720), (780, 1020)),) + ((),) * 6,
    "Mo 13:00-17:00, 08:00-12:00": (((480, 720), (780, 1020)),) + ((),) * 6,
    "Mo-Sa 07:00-20:00; Sa 18:00-02:00": (DAY,) * 5 + (NIGHT, ()),
    "Mo-Su 07:00-20:00; We closed": (DAY, DAY, (), DAY, DAY, DAY, DAY),
    "Mo 07:00-12:00; Mo 14:00-19:00": (((840, 1140),),) + ((),) * 6,
    "Mo-Tu 08:00-12:00, Tu 14:00-18:00": (((480, 720),), ((480, 720), (840, 1080))) + ((),) * 5,
    "Sa 18:00-02:00; Su off": ((),) * 5 + (NIGHT, ()),
    "Mo 10:00-10:01": (((600, 601),),) + ((),) * 6,
    "Mo 00:00-00:00": (ROUND,) + ((),) * 6,
}

REFUSED: dict[str, tuple[int, str]] = {
    "PH off": (1, "Holiday proposals"),
    "Mo-Fr 08:00-12:00; PH,Sa off": (20, "Holiday proposals"),
    "SH Mo 08:00-12:00": (1, "school holidays"),
    "Mo[1] 08:00-10:00": (3, "first or last"),
    "Mo-Fr sunrise-12:00": (7, "sun"),
    "Mo-Fr (sunrise+01:00)-12:00": (7, "Calculated"),
    "Mo 08:00+": (9, "open end"),
    "Mo 08:00-12:00+": (15, "open end"),
    'Mo 08:00-12:00 || "call us"': (16, "Fallback"),
    'Mo 08:00-12:00 "by appointment"': (16, "Comments"),
    "Mo 08:00-12:00 unknown": (16, "neither open nor closed"),
    "week 1-20 08:00-12:00": (1, "Weeks"),
    "easter off": (1, "Easter"),
    "Jan-Mar 08:00-12:00": (4, "season"),
    "Dec Mo off": (5, "season"),
    "2026-2027 Mo 08:00-10:00": (5, "season"),
    "Dec 25 Fr 08:00-12:00": (8, "Weekdays within dates"),
    "2026 Feb 29 off": (1, "no such date"),
    "Feb 30 off": (1, "no such date"),
    "Dec 24-2026 Dec 26 off": (1, "both ends"),
    "2026 Dec 26-2026 Dec 24 off": (1, "forward"),
    "Mo-Fr": (6, "Write hours"),
    "Mo 7-12": (4, "Write hours"),
    "Moo 8:00-9:00": (1, "Write hours"),
    "Mo- 08:00-12:00": (4, "last weekday"),
    "Mo, 08:00-12:00": (4, "weekday"),
    "Mo 08:00": (9, "closing time after"),
    "Mo 08:00-": (10, "closing time here"),
    "Mo 08:60-09:00": (4, "no such time"),
    "Mo 08:00-49:00": (10, "no such time"),
    "Mo 07:00-07:00": (4, "same time"),
    "Mo 24:00-26:00": (4, "next day"),
    "Mo 08:00-12:00 Tu 09:00-10:00": (16, "“;”"),
    "Mo 08:00-12:00, Tu off": (16, "“;”"),
    "08:00-16:00/90": (12, "Repeating"),
    "月-金 08:00-12:00": (1, "Write hours"),
}

DATED: dict[str, tuple[dict[date, tuple[tuple[int, int], ...]], tuple[date, ...]]] = {
    "2026 Dec 31 07:00-14:00": ({date(2026, 12, 31): ((420, 840),)}, ()),
    "2026 Dec 31: off": ({date(2026, 12, 31): ()}, ()),
    "2026 Dec 30-2027 Jan 1 off": ({date(2026, 12, 30) + timedelta(d): () for d in range(3)}, ()),
    "2026 Dec 30-Jan 1 off": ({date(2026, 12, 30) + timedelta(d): () for d in range(3)}, ()),
    "2026 Dec 24-26 off": ({date(2026, 12, 24) + timedelta(d): () for d in range(3)}, ()),
    "2026 Dec 24,2026 Dec 26 off": ({date(2026, 12, 24): (), date(2026, 12, 26): ()}, ()),
    "Jan 1 off": ({date(2027, 1, 1): ()}, (date(2027, 1, 1),)),
    "Nov 24 off": ({ON: ()}, (ON,)),
    "Nov 23 off": ({date(2027, 11, 23): ()}, (date(2027, 11, 23),)),
    "Nov 20-Nov 26 off": ({date(2026, 11, 20) + timedelta(d): () for d in range(7)}, (date(2026, 11, 20),)),
    "Feb 29 10:00-11:00": ({date(2028, 2, 29): ((600, 660),)}, (date(2028, 2, 29),)),
    "2026 Dec 31 off; Mo-Fr 07:00-20:00": ({}, ()),
    "2026 Dec 31 off; Sa-Su 07:00-20:00": ({date(2026, 12, 31): ()}, ()),
}


@pytest.mark.parametrize("text", READ, ids=repr)
def test_week_is_read(text: str) -> None:
    assert read_opening_hours(text, on=ON).weekly == READ[text]


@pytest.mark.parametrize("text", REFUSED, ids=repr)
def test_what_rows_cannot_say_is_refused_with_column_and_reason(text: str) -> None:
    column, reason = REFUSED[text]
    with pytest.raises(UnsupportedOpeningHours) as refusal:
        read_opening_hours(text, on=ON)
    assert refusal.value.column == column
    assert reason in str(refusal.value)
    assert f"Column {column}" in str(refusal.value)


@pytest.mark.parametrize("text", DATED, ids=repr)
def test_dates_are_read(text: str) -> None:
    hours = read_opening_hours(text, on=ON)
    assert (hours.dated, hours.yearly) == DATED[text]


@pytest.mark.parametrize(
    "text", ["Mo 22:00-08:00; Tu 06:00-10:00", "Mo 08:00-12:00,11:00-13:00", "Mo 10:00-40:00"]
)
def test_hours_that_cannot_stand_are_refused(text: str) -> None:
    with pytest.raises(InvalidHours):
        read_opening_hours(text, on=ON)


@given(st.text(alphabet='MoTuSaPH0123456789:-,;/+|[]"() dec年', max_size=40))
def test_any_text_is_read_or_refused_never_more(text: str) -> None:
    try:
        hours = read_opening_hours(text, on=ON)
    except (UnsupportedOpeningHours, InvalidHours):
        return
    assert check_week(hours.weekly) == hours.weekly


@st.composite
def days(draw: st.DrawFn, last: int = 1439) -> tuple[tuple[int, int], ...]:
    edges = sorted(draw(st.sets(st.integers(0, last), max_size=6)))
    return check_day_hours([(edges[i], edges[i + 1]) for i in range(0, len(edges) - 1, 2)])


@st.composite
def weeks(draw: st.DrawFn) -> Week:
    """Weeks that stand, some nights running into the small hours of an emptier morning."""
    week = [list(draw(days())) for _ in range(7)]
    for index, hours in enumerate(week):
        following = week[(index + 1) % 7]
        room = following[0][0] if following else 1440
        if hours and draw(st.booleans()):
            opens = hours[-1][0]
            most = min(1440 + room, opens + 1440)
            hours[-1] = (opens, draw(st.integers(min(1440, most), most)))
    return check_week(week)


@given(weeks())
def test_week_survives_writing_and_reading(week: Week) -> None:
    text = osm_text(week)
    assert read_opening_hours(text, on=ON).weekly == week
    assert tidy(text) == text
    assert osm_text(parse_osm(text, ON).weekly) == text


@given(st.lists(days(last=1439), min_size=7, max_size=7), st.integers(0, 700))
def test_library_agrees_where_no_night_and_no_override_is_involved(
    week: list[tuple[tuple[int, int], ...]], day: int
) -> None:
    weekly = check_week(week)
    text = osm_text(weekly)
    first = date(2026, 1, 1) + timedelta(days=day)
    start = datetime(first.year, first.month, first.day, tzinfo=zone("Asia/Tokyo"))
    bounds = to_seconds(start), to_seconds(start + timedelta(days=7))
    if not text:
        assert open_windows(StoreRules("Asia/Tokyo", weekly), bounds) == []
        return
    theirs = opening_hours.OpeningHours(text, timezone=zone("Asia/Tokyo"))
    spans = [
        (to_seconds(low), to_seconds(high))
        for low, high, state, _ in theirs.intervals(start, start + timedelta(days=7))
        if state == opening_hours.State.OPEN
    ]
    assert union(spans) == open_windows(StoreRules("Asia/Tokyo", weekly), bounds)
