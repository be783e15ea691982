"""A store's page: its own word against the plan, what that costs, and days drawn at their true length."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from models_registry.forms.overrides import KeepStoppedForm, OpenLateForm, local_instant
from models_registry.selectors.store_page import closing_today, offers
from models_registry.selectors.timeline import timeline
from models_registry.services.late_closing import stay_open
from stores.domain.hours import clock_text
from stores.models import Store
from tests.models_registry.conftest import World, tokyo

Bakery = Callable[..., Store]


def test_staying_open_an_hour_longer_costs_one_hour(world: World, bakery: Bakery) -> None:
    store = bakery("asakusa")
    deployment = world.deployment("asakusa", store, min_inference_units=2)
    told = offers(store, deployment, at=tokyo(2, 12))
    assert told is not None
    assert [(each.minutes, each.until, each.usd) for each in told.later] == [
        (30, tokyo(2, 19, 30), Decimal("4.000000")),
        (60, tokyo(2, 20), Decimal("8.000000")),
        (120, tokyo(2, 21), Decimal("16.000000")),
    ]
    assert told.run_now_usd == 0  # it runs anyway


def test_price_leaves_out_what_another_store_of_the_deployment_pays_for(world: World, bakery: Bakery) -> None:
    store = bakery("asakusa")
    night = bakery("night", {day: [(420, 1200)] for day in range(7)})  # until 20:00, kept until 20:30
    told = offers(store, world.deployment("shared", store, night), at=tokyo(2, 12))
    assert told is not None
    assert [each.usd for each in told.later] == [0, 0, Decimal("4.000000")]


def test_late_closing_said_in_the_morning_starts_nothing_early(world: World, bakery: Bakery) -> None:
    made = stay_open(store=bakery("asakusa"), until_minute=21 * 60, author=None, at=tokyo(2, 5))
    assert (made.starts_at, made.ends_at) == (tokyo(2, 19), tokyo(2, 21, 30))


def test_late_closing_of_a_closed_store_holds_from_now(world: World, bakery: Bakery) -> None:
    made = stay_open(store=bakery("asakusa"), until_minute=60, author=None, at=tokyo(2, 22))
    assert (made.starts_at, made.ends_at) == (tokyo(2, 22), tokyo(3, 1, 30))


@pytest.mark.parametrize(
    ("hours", "at", "closes"),
    [
        ([(420, 1140)], tokyo(2, 6), tokyo(2, 19)),
        ([(420, 1140)], tokyo(2, 19), None),
        ([(420, 720), (840, 1140)], tokyo(2, 8), tokyo(2, 12)),
        ([(1080, 1560)], tokyo(3, 1), tokyo(3, 2)),  # last night's opening
        ([(0, 1440)], tokyo(2, 6), None),  # around the clock: nothing to put off
    ],
)
def test_closing_that_can_be_put_off(
    bakery: Bakery, hours: list[tuple[int, int]], at: datetime, closes: datetime | None
) -> None:
    assert closing_today(bakery("shop", dict.fromkeys(range(7), hours)), at=at) == closes


@pytest.mark.parametrize(
    ("typed", "minute"),
    [("21:30", 1290), ("２１：３０", 1290), ("2130", 1290), ("26:00", 1560), ("1:00", 60)],
)
def test_late_closing_is_read_as_people_type_it(bakery: Bakery, typed: str, minute: int) -> None:
    form = OpenLateForm({"until": typed}, store=bakery("asakusa"), at=tokyo(2, 19))
    assert form.is_valid()
    assert form.cleaned_data["until"] == minute


def test_every_offer_can_be_taken_even_in_the_small_hours(world: World, bakery: Bakery) -> None:
    store = bakery("late", {day: [(0, 1439)] for day in range(7)})
    told = offers(store, world.deployment("late", store), at=tokyo(2, 4))
    assert told is not None
    for each in told.later:
        form = OpenLateForm({"until": clock_text(each.until_minute)}, store=store, at=tokyo(2, 4))
        assert form.is_valid(), form.errors


@pytest.mark.parametrize("typed", ["", "late", "25:99", "18:00"])
def test_late_closing_that_cannot_be_meant_is_refused_in_words(bakery: Bakery, typed: str) -> None:
    form = OpenLateForm({"until": typed}, store=bakery("asakusa"), at=tokyo(2, 19))
    assert not form.is_valid()
    assert form.errors["until"]


@pytest.mark.parametrize("typed", ["", "2026-11-02T18:00", "soon", "2027-03-01T00:00"])
def test_stop_without_a_sensible_end_is_refused(bakery: Bakery, typed: str) -> None:
    form = KeepStoppedForm({"until": typed}, store=bakery("asakusa"), at=tokyo(2, 19))
    assert not form.is_valid()
    assert form.errors["until"]


def test_typed_wall_time_that_comes_twice_means_the_second(bakery: Bakery) -> None:
    store = bakery("bleecker", timezone="America/New_York")
    assert local_instant("2026-11-01T01:30", store) == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "on", "hours"),
    [
        ("Europe/Paris", date(2026, 3, 29), 23),
        ("Europe/Paris", date(2026, 10, 25), 25),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Asia/Tokyo", date(2026, 11, 2), 24),
    ],
)
def test_days_are_drawn_at_their_true_length(bakery: Bakery, zone: str, on: date, hours: float) -> None:
    store = bakery("shop", {day: [(0, 1440)] for day in range(7)}, timezone=zone)
    at = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
    [day] = timeline(store, None, first_on=on, days=1, at=at, mark=at)
    assert day.hours == hours
    assert [(bar.left, bar.width) for bar in day.open] == [(0, 100)]
    assert (day.open[0].end - day.open[0].start).total_seconds() == hours * 3600


def test_runs_are_drawn_up_to_now(world: World, bakery: Bakery) -> None:
    store = bakery("asakusa")
    deployment = world.deployment("asakusa", store)
    for instant in (tokyo(2, 6, 30), tokyo(2, 6, 40), tokyo(2, 9)):
        world.tick(instant)
    [day] = timeline(store, deployment, first_on=date(2026, 11, 2), days=1, at=world.at, mark=world.at)
    [ran] = day.ran
    assert ran.end == tokyo(2, 9)
    assert day.now == pytest.approx(37.5)
