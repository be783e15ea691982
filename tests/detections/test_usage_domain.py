"""The usage scan: what it says would have been missed is exactly what a recount finds."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from detections.domain.usage import (
    SHORTEST_MINUTES,
    Change,
    Week,
    by_opening_day,
    extensions,
    missed,
    quarters,
    trims,
)
from stores.domain.hours import check_week

MONDAYS_ONLY = (((420, 1140),), (), (), (), (), (), ())


def a_dollar_an_hour(week: Week) -> Decimal:
    return sum((Decimal(closes - opens) / 60 for day in week for opens, closes in day), Decimal(0))


def one_day(trays: dict[int, int]) -> list[dict[int, int]]:
    return [trays, {}, {}, {}, {}, {}, {}]


def test_quiet_rims_can_go() -> None:
    days = one_day(dict.fromkeys(range(465, 1050), 3))
    (made,) = trims(days, MONDAYS_ONLY, tail=30, share=Decimal(0), cost=a_dollar_an_hour)
    assert (made.change, made.weekday, made.before) == (Change.TRIM, 0, ((420, 1140),))
    assert made.after == ((465, 1020),), "17:30 closing and its buffer reach 17:50"
    assert (made.trays, made.of) == (0, 585 * 3)
    assert made.usd == Decimal("2.75")


def test_a_share_of_trays_may_be_missed() -> None:
    days = one_day({420: 1, 1169: 1} | dict.fromkeys(range(540, 1000), 1))
    assert trims(days, MONDAYS_ONLY, tail=30, share=Decimal(0), cost=a_dollar_an_hour) == []
    (made,) = trims(days, MONDAYS_ONLY, tail=30, share=Decimal("0.005"), cost=a_dollar_an_hour)
    assert (made.after, made.trays) == (((540, 975),), 2)


def test_few_trays_say_nothing() -> None:
    assert trims(one_day({600: 29}), MONDAYS_ONLY, tail=30, share=Decimal(1), cost=a_dollar_an_hour) == []


def test_hours_that_others_need_anyway_are_left() -> None:
    days = one_day({600: 100})
    assert trims(days, MONDAYS_ONLY, tail=30, share=Decimal(0), cost=lambda week: Decimal(9)) == []


def test_trays_that_were_turned_away_ask_for_longer_hours() -> None:
    days = one_day({400: 2, 410: 3, 1180: 4, 200: 9})
    (made,) = extensions(days, MONDAYS_ONLY, tail=30, cost=a_dollar_an_hour)
    assert (made.change, made.after, made.trays, made.of) == (Change.EXTEND, ((390, 1155),), 9, 9)
    assert made.usd == Decimal("0.75")


def test_longer_hours_never_run_into_the_next_day() -> None:
    week = (((1080, 1560),), ((180, 600),), (), (), (), (), ())
    assert extensions(one_day({1700: 9}), week, tail=30, cost=a_dollar_an_hour) == []


def test_tray_after_midnight_belongs_to_the_night_before() -> None:
    week = (((1080, 1560),), ((420, 1140),), (), (), (), (), ())
    days = by_opening_day({(1, 149): 2, (1, 150): 3, (1, 430): 5, (0, 10): 7}, week, 30)
    assert days[0] == {1589: 2, 10: 7}
    assert days[1] == {150: 3, 430: 5}


def test_quarters_are_for_drawing() -> None:
    assert quarters({0: 1, 14: 2, 15: 4}) == {0: 3, 1: 4}


@st.composite
def a_day(draw: st.DrawFn) -> tuple[tuple[int, int], ...]:
    """One or two stretches of hours, some past midnight."""
    rims = draw(st.lists(st.integers(0, 100), min_size=2, max_size=4, unique=True))
    rims = sorted(each * 15 + draw(st.sampled_from([0, 0, 5, 10])) for each in rims[: len(rims) // 2 * 2])
    spans = tuple(zip(rims[::2], rims[1::2], strict=True))
    return tuple(span for span in spans if span[0] < span[1] and span[0] < 1440)


@given(
    day=a_day(),
    trays=st.lists(st.integers(0, 2000), min_size=30, max_size=120),
    tail=st.sampled_from([0, 10, 30, 45]),
    share=st.sampled_from([Decimal(0), Decimal("0.01"), Decimal("0.1"), Decimal(1)]),
)
def test_what_a_trim_says_it_misses_is_what_a_recount_finds(
    day: tuple[tuple[int, int], ...], trays: list[int], tail: int, share: Decimal
) -> None:
    week: Week = (day, (), (), (), (), (), ())
    for made in trims(one_day(dict(Counter(trays))), week, tail=tail, share=share, cost=a_dollar_an_hour):
        was = [t for t in trays if any(o <= t < c + tail for o, c in day)]
        lost = [t for t in was if not any(o <= t < c + tail for o, c in made.after)]
        assert (made.trays, made.of) == (len(lost), len(was))
        assert len(lost) <= len(was) * share
        assert made.after[-1][1] - made.after[0][0] >= SHORTEST_MINUTES
        assert check_week(made.within(week))
        assert made.usd == a_dollar_an_hour(week) - a_dollar_an_hour(made.within(week))
        if share == 0:
            assert missed(Counter(trays), day, made.after, tail) == 0


@given(
    day=a_day(),
    trays=st.lists(st.integers(0, 2000), max_size=60),
    tail=st.sampled_from([0, 10, 30]),
)
def test_what_longer_hours_would_have_served_is_what_a_recount_finds(
    day: tuple[tuple[int, int], ...], trays: list[int], tail: int
) -> None:
    week: Week = (day, (), (), (), (), (), ())
    for made in extensions(one_day(dict(Counter(trays))), week, tail=tail, cost=a_dollar_an_hour):
        out = [t for t in trays if not any(o <= t < c + tail for o, c in day)]
        served = [t for t in out if any(o <= t < c + tail for o, c in made.after)]
        assert made.trays == len(served) == made.of
