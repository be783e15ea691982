"""The billing rule. Every figure here stands in docs/billing.md."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_registry.domain.billing import (
    Rate,
    RunFacts,
    Share,
    StoreClaim,
    always_on_minutes,
    article_minutes,
    billed_minutes,
    from_running,
    planned_minutes,
    rate_at,
    run_minutes,
    run_usd,
    split_run,
    usd_for,
)
from models_registry.domain.rounding import add_up
from stores.domain.intervals import Span
from stores.domain.localtime import to_seconds
from tests.models_registry.conftest import tokyo

FOUR = Decimal("4.00")


def wall(zone: str, year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    """A wall time that is neither skipped nor repeated, as a UTC second."""
    return to_seconds(datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(zone)))


def at(hour: int, minute: int = 0, day: int = 2) -> int:
    return to_seconds(tokyo(day, hour, minute))


def run(start: int, end: int, units: int = 1, usd_per_hour: Decimal = FOUR) -> RunFacts:
    return RunFacts(start, end, units, usd_per_hour)


def claim(*spans: Span, zone: str = "Asia/Tokyo") -> StoreClaim:
    return StoreClaim(zone, spans)


def by_store(shares: list[Share]) -> dict[int, tuple[Decimal, Decimal, Decimal]]:
    """Minutes, overhead and USD of each store over all days."""
    return {
        store: tuple(
            sum((getattr(share, name) for share in shares if share.store == store), Decimal(0))
            for name in ("minutes", "overhead", "usd")
        )
        for store in {share.store for share in shares}
    }


@pytest.mark.parametrize(
    ("seconds", "minutes"), [(0, 1), (1, 1), (59, 1), (60, 1), (61, 2), (3_599, 60), (3_601, 61)]
)
def test_begun_minutes_count_and_one_is_the_least(seconds: int, minutes: int) -> None:
    assert billed_minutes(seconds) == minutes


def test_article_day_of_thirteen_hours() -> None:
    fixed = run(at(6, 30), at(19, 30))
    assert (run_minutes(fixed), run_usd(fixed)) == (780, Decimal("52"))
    assert round(run_minutes(fixed) / (12 * 60), 2) == 1.08
    assert article_minutes(30, 1) == 30 * 780
    assert usd_for(article_minutes(30, 1), FOUR) == 1_560


def test_always_on_month() -> None:
    assert always_on_minutes(30, 1) == 43_200
    assert usd_for(always_on_minutes(30, 1), FOUR) == 2_880


def test_kamado_day_from_running_to_the_closing_buffer() -> None:
    day = run(at(6, 39), at(19, 30))
    assert (run_minutes(day), run_usd(day)) == (771, Decimal("51.40"))
    assert round(771 / 720, 3) == 1.071


def test_two_units_cost_twice() -> None:
    assert run_usd(run(at(6, 39), at(19, 30), units=2)) == Decimal("102.80")


def test_plan_bills_from_a_usual_start_after_each_window_begins() -> None:
    windows = [(at(6, 30), at(19, 30)), (at(21), at(21, 5))]
    assert from_running(windows, 540) == [(at(6, 39), at(19, 30))]
    assert planned_minutes(windows, 1, 540) == 771
    assert planned_minutes(windows, 1, None) == 785


def test_shared_minutes_are_split_evenly_among_those_who_need_them() -> None:
    shares = split_run(run(at(6, 30), at(19)), {1: claim((at(6, 30), at(15))), 2: claim((at(9, 30), at(19)))})
    assert by_store(shares) == {
        1: (Decimal(345), 0, Decimal("23")),  # 180 alone, 330 shared
        2: (Decimal(405), 0, Decimal("27")),  # 330 shared, 240 alone
    }


def test_what_nobody_needed_is_overhead_of_those_who_needed_the_run() -> None:
    claims = {1: claim((at(6, 39), at(19, 30))), 2: claim((at(6, 39), at(19, 30))), 3: claim()}
    shares = by_store(split_run(run(at(6, 39), at(19, 50)), claims))
    assert shares == {
        1: (Decimal("395.5"), Decimal(10), Decimal("26.366667")),
        2: (Decimal("395.5"), Decimal(10), Decimal("26.366666")),
    }
    assert sum(usd for _, _, usd in shares.values()) == run_usd(run(at(6, 39), at(19, 50)))


def test_run_that_nobody_needed_is_overhead_of_all() -> None:
    shares = by_store(split_run(run(at(3), at(4)), {1: claim(), 2: claim()}))
    assert shares == {store: (Decimal(30), Decimal(30), Decimal(2)) for store in (1, 2)}


def test_night_is_split_at_local_midnight() -> None:
    night = (at(18), at(26, 30))
    [before, after] = split_run(run(*night), {1: claim(night)})
    assert (before.on, before.minutes, before.usd) == (date(2026, 11, 2), 360, Decimal("24"))
    assert (after.on, after.minutes, after.usd) == (date(2026, 11, 3), 150, Decimal("10"))


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("Australia/Lord_Howe", date(2026, 10, 4), 23.5),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Asia/Kathmandu", date(2026, 10, 25), 24),
    ],
)
def test_day_of_a_clock_change_has_its_real_minutes(zone: str, day: date, hours: float) -> None:
    after = day + timedelta(days=1)
    bounds = wall(zone, day.year, day.month, day.day), wall(zone, after.year, after.month, after.day)
    [share] = split_run(run(*bounds), {1: claim(bounds, zone=zone)})
    assert (share.on, share.minutes) == (day, Decimal(str(hours)) * 60)
    assert share.usd == Decimal(str(hours)) * 4


def test_stores_of_two_zones_are_dated_by_their_own_midnights() -> None:
    both = (at(8), at(10))  # 00:00–02:00 in Berlin
    tokyo_share, berlin = split_run(run(*both), {1: claim(both), 2: claim(both, zone="Europe/Berlin")})
    assert (tokyo_share.on, berlin.on) == (date(2026, 11, 2), date(2026, 11, 2))
    evening = (at(7), at(9))  # 23:00–01:00 in Berlin
    shares = split_run(run(*evening), {1: claim(evening), 2: claim(evening, zone="Europe/Berlin")})
    assert [(share.store, share.on.day, share.minutes) for share in shares] == [
        (1, 2, 60), (2, 1, 30), (2, 2, 30),
    ]  # fmt: skip


def test_shortest_run_is_one_minute_of_a_store_that_needed_it() -> None:
    [share] = split_run(run(at(9), at(9)), {1: claim((at(8), at(10))), 2: claim()})
    assert (share.store, share.minutes, share.usd) == (1, 1, Decimal("0.066667"))


def test_price_of_the_region_and_the_instant_holds() -> None:
    rates = [
        Rate("", datetime(2019, 12, 3, tzinfo=UTC), FOUR),
        Rate("", datetime(2026, 12, 1, tzinfo=UTC), Decimal("4.50")),
        Rate("eu-west-1", datetime(2026, 1, 1, tzinfo=UTC), Decimal("4.40")),
    ]
    assert rate_at(rates, "ap-northeast-1", tokyo(2, 9)) == FOUR
    assert rate_at(rates, "ap-northeast-1", tokyo(31, 9)) == Decimal("4.50")
    assert rate_at(rates, "eu-west-1", tokyo(31, 9)) == Decimal("4.40")
    assert rate_at(rates, "eu-west-1", datetime(2019, 1, 1, tzinfo=UTC)) is None


def test_rows_shown_add_up_to_the_total_shown() -> None:
    shown = add_up(dict.fromkeys("abc", Decimal("17.133333")))
    assert shown == {"a": Decimal("17.14"), "b": Decimal("17.13"), "c": Decimal("17.13")}


START = at(6)
SECONDS = st.integers(0, 3 * 86_400)
ZONES = st.sampled_from(["Asia/Tokyo", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"])
SPANS = st.lists(st.tuples(SECONDS, SECONDS).map(sorted), max_size=4).map(
    lambda pairs: [(START + low, START + high) for low, high in pairs if low < high]
)
CLAIMS = st.dictionaries(st.integers(1, 9), st.builds(StoreClaim, ZONES, SPANS), min_size=1, max_size=5)
RUNS = st.builds(
    run,
    st.integers(START, START + 86_400),
    st.integers(START + 86_400, START + 3 * 86_400),
    st.integers(1, 5),
    st.decimals(Decimal("0.01"), Decimal(9), places=4),
)


@given(RUNS, CLAIMS)
def test_shares_add_up_to_the_run_exactly(facts: RunFacts, claims: dict[int, StoreClaim]) -> None:
    shares = split_run(facts, claims)
    assert sum(share.usd for share in shares) == run_usd(facts)
    minutes = sum(share.minutes for share in shares)
    assert abs(minutes - run_minutes(facts)) <= Decimal("0.0001") * len(shares)
    assert all(0 <= share.overhead <= share.minutes for share in shares)


@given(RUNS, CLAIMS)
def test_order_of_the_stores_changes_nothing(facts: RunFacts, claims: dict[int, StoreClaim]) -> None:
    assert split_run(facts, claims) == split_run(facts, dict(reversed(claims.items())))


@given(RUNS, CLAIMS)
def test_days_add_up_to_the_stores_share(facts: RunFacts, claims: dict[int, StoreClaim]) -> None:
    """With one zone for all, cutting days differently moves no money between stores but for a millionth."""
    here = {store: StoreClaim("Asia/Tokyo", each.spans) for store, each in claims.items()}
    there = {store: StoreClaim("Asia/Kathmandu", each.spans) for store, each in claims.items()}
    mine, theirs = by_store(split_run(facts, here)), by_store(split_run(facts, there))
    assert mine.keys() == theirs.keys()
    for store in mine:
        assert abs(mine[store][2] - theirs[store][2]) <= Decimal("0.00002")


@given(RUNS, CLAIMS)
def test_one_store_pays_the_whole_run(facts: RunFacts, claims: dict[int, StoreClaim]) -> None:
    store, only = next(iter(claims.items()))
    assert sum(share.usd for share in split_run(facts, {store: only})) == run_usd(facts)


@given(st.dictionaries(st.integers(), st.decimals(0, 10_000, places=6), max_size=40))
def test_rounded_rows_add_up_and_stay_within_a_cent(amounts: dict[int, Decimal]) -> None:
    shown = add_up(amounts)
    assert abs(sum(shown.values()) - sum(amounts.values())) <= Decimal("0.005")
    assert all(abs(shown[key] - amounts[key]) < Decimal("0.01") + Decimal("0.000001") for key in amounts)
