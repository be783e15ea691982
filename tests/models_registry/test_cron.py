"""A deployment's plan as schedules of AWS: an interpreter of EventBridge orders what the plan orders."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models_registry.domain.cron import Weekly, once, weekday_field
from models_registry.domain.overrides import OverrideKind, OverrideSpan
from models_registry.domain.planning import StoreNeed, StorePlan, ready_windows
from models_registry.domain.schedules import Schedule, Target
from models_registry.domain.week_edges import planned_edges, usual_week
from models_registry.domain.week_schedules import (
    Exported,
    NoSchedules,
    Order,
    WeekPlan,
    clock_surprises,
    export,
)
from stores.domain.control import Control
from stores.domain.hours import InvalidHours, SpecialKind, SpecialRule, StoreRules, check_week
from stores.domain.localtime import from_seconds, to_seconds
from tests.models_registry.firing_times import fires, instants

ARN = "arn:aws:rekognition:ap-northeast-1:123456789012:project/breads/version/v1/1700000000000"
ORDER = Order("kamado-week-1", ARN)
MONDAY = datetime(2026, 11, 2, 3, tzinfo=UTC)
EVERY = ((420, 1140),)
WORKING = (EVERY,) * 5 + ((), ())
ARTICLE = (EVERY,) * 7
SPLIT = (((420, 660), (900, 1140)),) * 6 + ((),)
NIGHT = ((),) * 4 + (((1080, 1560),),) * 2 + ((),)
ALWAYS = (((0, 1440),),) * 7


def need(weekly: object, timezone: str = "Asia/Tokyo", **fields: object) -> StoreNeed:
    special = fields.pop("special", {})
    values = {"lead_minutes": 30, "close_buffer_minutes": 30, **fields}
    return StoreNeed(1, "asakusa", StoreRules(timezone, weekly, special), **values)  # type: ignore[arg-type]


def plan_of(
    *needs: StoreNeed, overrides: tuple[OverrideSpan, ...] = (), at: datetime = MONDAY, days: int = 120
) -> WeekPlan:
    bounds = to_seconds(at), to_seconds(at) + days * 86_400
    plans = [StorePlan(each, ready_windows(each, bounds)) for each in needs]
    return WeekPlan(plans, overrides, needs[0].rules.timezone, bounds)


def written(exported: Exported) -> list[tuple[str, str]]:
    return [(each.name.removeprefix("kamado-week-1-"), each.expression) for each in exported.schedules]


def assert_same(plan: WeekPlan, exported: Exported) -> None:
    """AWS orders what the plan orders, at the second, inside the horizon."""
    low, high = (from_seconds(edge) for edge in plan.bounds)
    planned = {(e.target.value, e.second) for e in planned_edges(plan.plans, plan.overrides, plan.bounds)}
    ordered = {(target, at) for target, at in fires(exported.schedules, low, high)}
    assert ordered == planned
    names = [each.name for each in exported.schedules]
    assert len(set(names)) == len(names)
    assert all(len(name) <= 64 for name in names)


def test_article_has_two_schedules() -> None:
    assert written(export(plan_of(need(ARTICLE)), ORDER)) == [
        ("start-0630", "cron(30 6 * * ? *)"),
        ("stop-1930", "cron(30 19 * * ? *)"),
    ]


@pytest.mark.parametrize(
    ("weekly", "expected"),
    [
        (WORKING, [("start-0630", "cron(30 6 ? * MON-FRI *)"), ("stop-1930", "cron(30 19 ? * MON-FRI *)")]),
        (
            SPLIT,
            [("start-0630", "cron(30 6,14 ? * MON-SAT *)"), ("stop-1130", "cron(30 11,19 ? * MON-SAT *)")],
        ),
        (NIGHT, [("start-1730", "cron(30 17 ? * FRI,SAT *)"), ("stop-0230", "cron(30 2 ? * SUN,SAT *)")]),
        (
            (((5, 600),),) + ((),) * 6,
            [("start-2335", "cron(35 23 ? * SUN *)"), ("stop-1030", "cron(30 10 ? * MON *)")],
        ),
        (
            (((420, 600), (640, 900)),) + ((),) * 6,
            [("start-0630", "cron(30 6 ? * MON *)"), ("stop-1530", "cron(30 15 ? * MON *)")],
        ),
        (ALWAYS, []),
    ],
)  # fmt: skip
def test_week_takes_few_schedules(weekly: object, expected: list[tuple[str, str]]) -> None:
    plan = plan_of(need(weekly))
    exported = export(plan, ORDER)
    assert written(exported) == expected
    assert exported.week.is_endless == (weekly == ALWAYS)
    assert_same(plan, exported)


def test_stores_that_share_a_model_are_merged() -> None:
    plan = plan_of(need(WORKING), need((((600, 1200),),) * 7, close_buffer_minutes=0))
    exported = export(plan, ORDER)
    assert written(exported) == [
        ("start-0630", "cron(30 6 ? * MON-FRI *)"),
        ("start-0930", "cron(30 9 ? * SUN,SAT *)"),
        ("stop-2000", "cron(0 20 * * ? *)"),
    ]
    assert_same(plan, exported)


def test_closed_day_ends_one_schedule_and_begins_another() -> None:
    plan = plan_of(need(ARTICLE, special={date(2026, 12, 31): SpecialRule(SpecialKind.CLOSED)}))
    exported = export(plan, ORDER)
    first, second, *stops = exported.schedules
    assert (first.name, first.starts_at, first.ends_at) == (
        "kamado-week-1-start-0630", None, datetime(2026, 12, 30, 9, 30, tzinfo=UTC),
    )  # fmt: skip
    assert (second.name, second.starts_at, second.ends_at) == (
        "kamado-week-1-start-0630-20261231", datetime(2026, 12, 31, 9, 30, tzinfo=UTC), None,
    )  # fmt: skip
    assert (first.is_deleted_after, second.is_deleted_after) == (True, False)
    assert [each.target for each in stops] == [Target.STOP] * 2
    assert_same(plan, exported)


def test_special_hours_touch_only_the_order_that_differs() -> None:
    late = SpecialRule(SpecialKind.HOURS, ((420, 1320),))
    plan = plan_of(need(ARTICLE, special={date(2026, 12, 24): late}))
    exported = export(plan, ORDER)
    assert [each.name.removeprefix("kamado-week-1-") for each in exported.schedules] == [
        "start-0630", "stop-1930", "stop-1930-20261225", "stop-20261224-2230",
    ]  # fmt: skip
    assert exported.schedules[-1].expression == "at(2026-12-24T22:30:00)"
    assert (exported.recurring, exported.once) == (3, 1)
    assert_same(plan, exported)


def test_week_of_special_hours_is_one_bounded_schedule() -> None:
    late = SpecialRule(SpecialKind.HOURS, ((420, 1320),))
    week = {date(2026, 12, 21) + timedelta(days=day): late for day in range(7)}
    plan = plan_of(need(ARTICLE, special=week))
    exported = export(plan, ORDER)
    assert [each.expression for each in exported.schedules] == [
        "cron(30 6 * * ? *)", "cron(30 19 * * ? *)", "cron(30 19 * * ? *)", "cron(30 22 * * ? *)",
    ]  # fmt: skip
    assert_same(plan, exported)


def test_override_moves_the_schedules() -> None:
    span = (
        to_seconds(datetime(2026, 11, 5, 10, 30, tzinfo=UTC)),
        to_seconds(datetime(2026, 11, 5, 13, tzinfo=UTC)),
    )
    plan = plan_of(need(ARTICLE), overrides=(OverrideSpan(*span, OverrideKind.RUN, 1),))
    exported = export(plan, ORDER)
    assert "at(2026-11-05T22:00:00)" in [each.expression for each in exported.schedules]
    assert_same(plan, exported)


def test_start_only_store_is_never_stopped() -> None:
    plan = plan_of(need(ARTICLE), need(ARTICLE, control=Control.START_ONLY))
    assert {each.target for each in export(plan, ORDER).schedules} == {Target.START}


def test_stop_only_store_is_never_started() -> None:
    early = need((((360, 1320),),) * 7, control=Control.STOP_ONLY)
    plan = plan_of(need(ARTICLE), early)
    assert written(export(plan, ORDER)) == [
        ("start-0630", "cron(30 6 * * ? *)"),
        ("stop-2230", "cron(30 22 * * ? *)"),
    ]
    assert_same(plan, export(plan, ORDER))


def test_late_order_is_not_tried_into_the_next_one() -> None:
    """A stop that AWS still tries at 15:00 would bank the afternoon's model."""
    plan = plan_of(need((((420, 840), (885, 1140)),) * 7, lead_minutes=10, close_buffer_minutes=10))
    retries = {each.name.rpartition("-")[2]: each.retry_seconds for each in export(plan, ORDER).schedules}
    assert retries == {"0650": 900, "1435": 900, "1410": 24 * 60}


def test_clock_changes_inside_the_horizon_are_followed() -> None:
    night = need((((195, 600),),) * 7, "Europe/Berlin")
    plan = plan_of(night, at=datetime(2027, 3, 1, tzinfo=UTC))
    exported = export(plan, ORDER)
    assert "at(2027-03-28T01:45:00)" in [each.expression for each in exported.schedules]
    assert_same(plan, exported)
    surprises = [from_seconds(second).date() for second in clock_surprises(plan, exported)]
    assert surprises == [date(2027, 10, 31), date(2027, 10, 31), date(2028, 3, 26)]


def test_second_of_two_equal_times_is_said_in_utc() -> None:
    second = to_seconds(datetime(2026, 10, 25, 1, 30, tzinfo=UTC))
    assert once("Europe/Berlin", second) == ("at(2026-10-25T01:30:00)", "UTC")
    assert once("Europe/Berlin", second - 3_600) == ("at(2026-10-25T02:30:00)", "Europe/Berlin")


def test_two_zones_follow_both_clocks() -> None:
    plan = plan_of(
        need(WORKING, "America/New_York"), need(WORKING, "America/Phoenix"),
        at=datetime(2027, 1, 4, tzinfo=UTC), days=150,
    )  # fmt: skip
    exported = export(plan, ORDER)
    assert {each.timezone for each in exported.schedules} == {"America/New_York", "America/Phoenix"}
    assert_same(plan, exported)


@pytest.mark.parametrize("prefix", ["", "窯", "a b", "x" * 41])
def test_prefix_that_aws_refuses_is_refused_here(prefix: str) -> None:
    with pytest.raises(NoSchedules, match="letters, digits"):
        export(plan_of(need(ARTICLE)), Order(prefix, ARN))


def test_too_many_schedules_are_refused() -> None:
    odd = {
        date(2026, 11, 4) + timedelta(days=day): SpecialRule(SpecialKind.HOURS, ((500 + day, 900 + day),))
        for day in range(300)
    }
    with pytest.raises(NoSchedules, match="one template takes 500"):
        export(plan_of(need(ARTICLE, special=odd), days=360), ORDER)


ZONES = (
    "Asia/Tokyo",
    "Europe/Paris",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Africa/Casablanca",
    "Asia/Kathmandu",
)
HOURS = st.lists(
    st.tuples(st.integers(0, 95), st.integers(1, 60)).map(lambda p: (p[0] * 15, sum(p) * 15)), max_size=3
)  # fmt: skip


@st.composite
def needs(draw: st.DrawFn, timezone: str) -> StoreNeed:
    def day(spans: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
        kept: list[tuple[int, int]] = []
        for span in sorted(spans):
            if not kept or span[0] >= kept[-1][1]:
                kept.append(span)
        return tuple(kept)

    weekly = tuple(day(draw(HOURS)) for _ in range(7))
    try:
        weekly = check_week(weekly)
    except InvalidHours:
        weekly = tuple(tuple(s for s in hours if s[1] <= 1440) for hours in weekly)
    special = {
        date(2027, 1, 1) + timedelta(days=offset): SpecialRule(SpecialKind.HOURS, day(hours))
        for offset, hours in draw(st.dictionaries(st.integers(0, 364), HOURS, max_size=6)).items()
    }
    return need(
        weekly, timezone, special=special, lead_minutes=draw(st.integers(0, 60)),
        close_buffer_minutes=draw(st.integers(0, 60)),
        control=draw(st.sampled_from([Control.AUTOMATIC, Control.STOP_ONLY])),
    )  # fmt: skip


@st.composite
def years(draw: st.DrawFn) -> WeekPlan:
    zone = draw(st.sampled_from(ZONES))
    stores = [draw(needs(zone)) for _ in range(draw(st.integers(1, 3)))]
    at = datetime(2027, 1, 1, tzinfo=UTC)
    starts = draw(st.lists(st.tuples(st.integers(0, 8_000), st.integers(1, 300)), max_size=3))
    overrides = tuple(
        OverrideSpan(to_seconds(at) + begin * 3_600, to_seconds(at) + (begin + length) * 3_600, kind, pk)
        for pk, (begin, length) in enumerate(starts)
        for kind in [draw(st.sampled_from(OverrideKind))]
    )
    return plan_of(*stores, overrides=overrides, at=at, days=365)


@settings(max_examples=15, deadline=None)
@given(plan=years())
def test_year_of_random_hours_is_ordered_as_planned(plan: WeekPlan) -> None:
    assert_same(plan, export(plan, ORDER))


@pytest.mark.parametrize(
    ("expression", "day", "times"),
    [
        ("cron(0 10 * * ? *)", date(2026, 11, 7), ["10:00"]),
        ("cron(15 12 * * ? *)", date(2026, 11, 7), ["12:15"]),
        ("cron(0 18 ? * MON-FRI *)", date(2026, 11, 7), []),
        ("cron(0 18 ? * MON-FRI *)", date(2026, 11, 6), ["18:00"]),
        ("cron(0 8 1 * ? *)", date(2026, 11, 1), ["08:00"]),
        ("cron(0/30 8-9 ? * MON-FRI *)", date(2026, 11, 6), ["08:00", "08:30", "09:00", "09:30"]),
        ("cron(0 9 ? * 2#1 *)", date(2026, 11, 2), ["09:00"]),
        ("cron(15 10 ? * 6L 2022-2026)", date(2026, 11, 27), ["10:15"]),
        ("cron(0 2 L * ? *)", date(2026, 11, 30), ["02:00"]),
        ("at(2026-11-20T13:00:00)", date(2026, 11, 20), ["13:00"]),
        ("rate(12 hours)", date(2026, 11, 20), ["12:00"]),
    ],
)
def test_interpreter_reads_what_aws_documents(expression: str, day: date, times: list[str]) -> None:
    low = datetime(day.year, day.month, day.day, tzinfo=UTC)
    rim = timedelta(seconds="rate" not in expression)
    one = Schedule("x", expression, "UTC", Target.START, ARN)
    found = instants(one, low - rim, low + timedelta(days=1))
    assert [f"{from_seconds(second):%H:%M}" for second in found] == times


def test_interpreter_skips_the_gap_and_acts_once_in_the_overlap() -> None:
    one = Schedule("x", "cron(30 2 * * ? *)", "Europe/Berlin", Target.START, ARN)
    spring = instants(one, datetime(2027, 3, 27, tzinfo=UTC), datetime(2027, 3, 30, tzinfo=UTC))
    autumn = instants(one, datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 25, 12, tzinfo=UTC))
    berlin = ZoneInfo("Europe/Berlin")
    assert [from_seconds(each).astimezone(berlin).day for each in spring] == [27, 29]
    assert [from_seconds(each) for each in autumn] == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC)]


@given(days=st.frozensets(st.integers(0, 6), min_size=1))
def test_weekdays_are_read_as_written(days: frozenset[int]) -> None:
    weekly = Weekly(Target.START, "UTC", (600,), days)
    low = MONDAY.replace(hour=0)
    bounds = to_seconds(low), to_seconds(low) + 7 * 86_400
    one = Schedule("x", weekly.expression, "UTC", Target.START, ARN)
    assert instants(one, low, low + timedelta(days=7)) == weekly.instants(bounds)
    assert weekday_field({0, 1, 2, 3, 4}) == "MON-FRI"


def test_usual_week_starts_the_day_before_midnight() -> None:
    found = usual_week(plan_of(need(((),) * 6 + (((0, 300),),))).plans, "Asia/Tokyo", to_seconds(MONDAY))
    assert found.starts == [("Asia/Tokyo", 5 * 1440 + 1410)]
