"""The month's forecast: billed so far plus the plan for the rest, store by store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from models_registry.domain.forecast import MonthForecast, StoreForecast, Unplanned
from models_registry.domain.overrides import OverrideKind
from models_registry.models import Assignment, Override, PriceRate, Run, StoreSpend
from models_registry.selectors.forecast import month_forecast
from models_registry.services.spend import rebuild_spend
from stores.models import Area, OpeningHours, Store
from tests.models_registry.conftest import World, tokyo

Bakery = Callable[..., Store]
NOVEMBER = date(2026, 11, 1)
OCTOBER_31 = tokyo(0, 12)


def forecast(at=OCTOBER_31, month: date = NOVEMBER) -> MonthForecast:
    return month_forecast(Store.objects.order_by("code"), month=month, at=at)


def row_of(made: MonthForecast, store: Store) -> StoreForecast:
    return next(row for row in made.rows if row.store_id == store.pk)


def test_month_of_a_bakery_is_thirteen_hours_a_day_until_starts_are_learned(
    world: World, bakery: Bakery
) -> None:
    asakusa = bakery("asakusa")
    world.deployment("asakusa", asakusa)

    row = row_of(forecast(), asakusa)

    assert row.needed_minutes == 30 * 13 * 60
    assert (row.planned_minutes, row.planned_usd) == (30 * 780, Decimal("1560.000000"))
    assert row.forecast_usd == row.article_usd == Decimal("1560.000000")
    assert row.always_on_usd == Decimal("2880.000000")


def test_planned_runs_are_billed_from_a_usual_start_after_the_window_begins(
    world: World, bakery: Bakery
) -> None:
    asakusa = bakery("asakusa")
    deployment = world.deployment("asakusa", asakusa, uses_learned_lead=False)
    Run.objects.create(
        version=deployment.live_version, deployment=deployment, outcome="STOPPED",
        requested_at=tokyo(0, 6, 30), accepted_at=tokyo(0, 6, 30), running_at=tokyo(0, 6, 39),
        stopping_at=tokyo(0, 19, 30), ended_at=tokyo(0, 19, 31),
    )  # fmt: skip

    row = row_of(forecast(), asakusa)

    assert row.planned_minutes == 30 * 771
    assert row.planned_usd == 30 * Decimal("51.40")


def test_forecast_is_what_was_billed_plus_the_plan_for_the_rest(world: World, bakery: Bakery) -> None:
    asakusa = bakery("asakusa", open_buffer_minutes=30)
    world.deployment("asakusa", asakusa)
    for minute in range(6 * 60, 12 * 60 + 1):
        world.tick(tokyo(2, minute // 60, minute % 60))
    rebuild_spend(first_on=date(2026, 11, 1), last_on=date(2026, 11, 3), at=world.at)

    row = row_of(forecast(at=world.at), asakusa)

    assert row.actual_minutes == 5 * 60 + 21  # 06:39 to noon
    assert row.rest_minutes == 7 * 60 + 30 + 28 * 771  # today until 19:30, then 28 days of 06:39–19:30
    assert row.forecast_usd == row.actual_usd + row.rest_usd
    assert row.forecast_minutes == 29 * 771


def test_past_month_has_nothing_to_come(world: World, bakery: Bakery) -> None:
    asakusa = bakery("asakusa")
    deployment = world.deployment("asakusa", asakusa)
    StoreSpend.objects.create(
        store=asakusa, deployment=deployment, on=date(2026, 11, 30), billed_minutes=771,
        overhead_minutes=0, usd=Decimal("51.4"),
    )  # fmt: skip

    row = row_of(forecast(at=tokyo(31, 12)), asakusa)

    assert (row.rest_usd, row.forecast_usd) == (0, Decimal("51.4"))


def test_shared_deployment_is_split_over_its_stores_by_need(world: World, bakery: Bakery) -> None:
    early = bakery("early", {day: [(420, 900)] for day in range(7)}, close_buffer_minutes=0)
    late = bakery("late", {day: [(600, 1140)] for day in range(7)}, close_buffer_minutes=0)
    world.deployment("shared", early, late)

    made = forecast()

    # 06:30–09:30 early alone, 09:30–15:00 both, 15:00–19:00 late alone
    assert row_of(made, early).planned_minutes == 30 * (180 + 165)
    assert row_of(made, late).planned_minutes == 30 * (240 + 165)
    assert made.total("planned_usd") == 30 * Decimal("50.00")
    assert made.total("always_on_usd") == 30 * Decimal("96.00")


def test_owner_sees_the_same_share_as_headquarters(world: World, bakery: Bakery) -> None:
    early, late = bakery("early"), bakery("late")
    world.deployment("shared", early, late)

    alone = month_forecast(Store.objects.filter(code="late"), month=NOVEMBER, at=OCTOBER_31)

    assert alone.rows == (row_of(forecast(), late),)


def test_store_without_a_deployment_has_needs_but_no_money(world: World, bakery: Bakery) -> None:
    lonely = bakery("lonely")

    row = row_of(forecast(), lonely)

    assert (row.unplanned, row.needed_minutes, row.planned_usd) == (Unplanned.NO_DEPLOYMENT, 23_400, 0)


@pytest.mark.parametrize(
    ("control", "mark", "planned"),
    [("DRY_RUN", Unplanned.DRY_RUN, 30 * 780), ("HANDS_OFF", Unplanned.HANDS_OFF, 0)],
)
def test_store_that_is_not_controlled_costs_nothing_to_come(
    world: World, bakery: Bakery, control: str, mark: Unplanned, planned: int
) -> None:
    asakusa = bakery("asakusa", control=control)
    world.deployment("asakusa", asakusa)

    row = row_of(forecast(), asakusa)

    assert (row.unplanned, row.planned_minutes, row.rest_usd) == (mark, planned, 0)


def test_deployment_without_a_version_costs_nothing(world: World, bakery: Bakery) -> None:
    asakusa = bakery("asakusa")
    deployment = world.deployment("asakusa", asakusa)
    deployment.live_version = None
    deployment.save(update_fields=["live_version"])

    assert row_of(forecast(), asakusa).unplanned is Unplanned.NO_VERSION
    assert forecast().total("forecast_usd") == 0


def test_override_and_price_change_are_in_the_plan(world: World, bakery: Bakery) -> None:
    asakusa = bakery("asakusa")
    deployment = world.deployment("asakusa", asakusa)
    Override.objects.create(
        deployment=deployment, kind=OverrideKind.STOP, starts_at=tokyo(10, 0), ends_at=tokyo(11, 0)
    )
    PriceRate.objects.create(
        kind="INFERENCE", region="ap-northeast-1", usd_per_hour=5, valid_from=tokyo(21, 0)
    )

    row = row_of(forecast(), asakusa)

    assert row.planned_minutes == 29 * 780
    assert row.planned_usd == 19 * Decimal("52") + 10 * Decimal("65")
    assert row.always_on_usd == 20 * Decimal("96") + 10 * Decimal("120")


def test_always_open_store_runs_through_the_rims_of_its_month(world: World, bakery: Bakery) -> None:
    konbini = bakery("konbini", {day: [(0, 1440)] for day in range(7)})
    world.deployment("konbini", konbini)

    row = row_of(forecast(), konbini)

    assert row.planned_minutes == 30 * 1440
    assert row.planned_usd == row.always_on_usd


def test_month_of_a_clock_change_has_its_real_hours(world: World, bakery: Bakery) -> None:
    kreuzberg = bakery("kreuzberg", {day: [(0, 1440)] for day in range(7)}, timezone="Europe/Berlin")
    world.deployment("kreuzberg", kreuzberg)

    march = month_forecast(Store.objects.all(), month=date(2027, 3, 15), at=OCTOBER_31)

    assert march.rows[0].planned_minutes == 31 * 1440 - 60


def test_columns_of_the_json_add_up_to_their_totals(world: World, bakery: Bakery) -> None:
    world.deployment("shared", *(bakery(code) for code in ("akabane", "ebisu", "fuchu")))

    made = forecast().to_dict()

    assert made["total"]["planned_usd"] == "1560.00"
    for column in ("planned_usd", "forecast_usd", "always_on_usd", "article_usd", "planned_minutes"):
        assert sum(Decimal(row[column]) for row in made["stores"]) == Decimal(made["total"][column])


def test_queries_do_not_grow_with_the_stores(world: World, area: Area, bakery: Bakery) -> None:
    world.deployment("first", bakery("first"))
    bakery("lonely")
    with CaptureQueriesContext(connection) as few:
        forecast()
    deployment = world.deployment("second")
    stores = Store.objects.bulk_create(
        Store(code=f"s{number}", name="s", area=area, timezone="Asia/Tokyo") for number in range(30)
    )
    OpeningHours.objects.bulk_create(
        OpeningHours(store=store, weekday=day, opens_minute=420, closes_minute=1140)
        for store in stores
        for day in range(7)
    )
    Assignment.objects.bulk_create(Assignment(deployment=deployment, store=store) for store in stores[:20])

    with CaptureQueriesContext(connection) as many:
        forecast()

    assert len(many) == len(few) <= 19
