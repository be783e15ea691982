"""What a change would alter, told before it is saved: never other than what the forecast says afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from models_registry.models import Run
from models_registry.selectors.forecast import month_forecast
from models_registry.services.drafts import (
    Draft,
    InvalidClosing,
    draft_close_early,
    draft_closed_tomorrow,
    draft_day,
    draft_later_weekday,
    draft_open_late,
    draft_week,
    preview_draft,
)
from models_registry.services.edits import save_edit
from stores.domain.hours import SpecialKind
from stores.models import Store
from stores.services.hours import Hours
from stores.services.special_days import DayFacts
from tests.models_registry.conftest import World, tokyo

Bakery = Callable[..., Store]
NINE = tokyo(2, 9)


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def forecast_usd(at, **one: object) -> Decimal:
    made = month_forecast(Store.objects.filter(**one), month=at.astimezone().date(), at=at)
    return made.total("forecast_usd")


@pytest.fixture
def asakusa(world: World, bakery: Bakery) -> Store:
    store = bakery("asakusa")
    world.deployment("asakusa", store)
    return store


def longer_fridays(store: Store) -> Draft:
    closes_at = tokyo(6, 19)
    return draft_later_weekday(store=store, on=date(2026, 11, 6), closes_at=closes_at, minutes=60)


@pytest.mark.parametrize(
    ("drafted", "open_hours", "model_hours", "month_usd", "normal_usd"),
    [
        (lambda store: draft_open_late(store=store, until_minute=20 * 60, at=NINE), 1, 1, "4", "0"),
        (lambda store: draft_close_early(store=store, until_minute=17 * 60, at=NINE), -2, -2, "-8", "0"),
        (lambda store: draft_closed_tomorrow(store=store, at=NINE), -12, -13, "-52", "0"),
        (longer_fridays, 1, 1, "16", "17.392857"),
    ],
)
def test_worked_figures_of_the_handbook(
    asakusa: Store,
    drafted: Callable[[Store], Draft],
    open_hours: int,
    model_hours: int,
    month_usd: str,
    normal_usd: str,
) -> None:
    seen = preview_draft(drafted(asakusa), author=None, at=NINE)

    assert (seen.before.open_minutes, seen.before.running_minutes) == (84 * 60, 91 * 60)
    assert (seen.more_open_minutes, seen.more_running_minutes) == (open_hours * 60, model_hours * 60)
    assert (seen.month_usd, seen.normal_usd) == (Decimal(month_usd), Decimal(normal_usd))
    assert seen.before.normal_usd == Decimal("1582.75")  # 52 USD a day, 30.4375 days


def test_neighbour_that_keeps_the_model_running_makes_it_cost_the_franchise_nothing(
    world: World, bakery: Bakery
) -> None:
    store, ueno = bakery("asakusa"), bakery("ueno", {day: [(420, 1320)] for day in range(7)})
    world.deployment("shared", store, ueno)

    seen = preview_draft(draft_open_late(store=store, until_minute=20 * 60, at=NINE), author=None, at=NINE)

    assert seen.is_shared
    assert seen.before.running_minutes == seen.after.running_minutes
    assert (seen.model_month_usd, seen.month_usd) == (Decimal(0), Decimal(2))  # half of Ueno's hour


def test_store_without_a_model_has_hours_to_preview_and_no_money(world: World, bakery: Bakery) -> None:
    seen = preview_draft(draft_closed_tomorrow(store=bakery("lonely"), at=NINE), author=None, at=NINE)

    assert (seen.after.open_minutes, seen.month_usd, seen.before.month_usd) == (6 * 720, 0, 0)


def test_special_day_far_ahead_is_drawn_in_its_own_week(world: World, bakery: Bakery) -> None:
    store = bakery("asakusa")
    world.deployment("asakusa", store)
    facts = DayFacts(date(2026, 12, 31), SpecialKind.HOURS, ((420, 900),))

    seen = preview_draft(draft_day(store=store, facts=facts), author=None, at=NINE)

    assert (seen.first_on, seen.days) == (date(2026, 12, 28), 7)
    assert seen.after.open_minutes == 7 * 720 - 240
    assert seen.month_usd == 0


def test_preview_asks_a_bounded_number_of_queries(world: World, bakery: Bakery) -> None:
    stores = [bakery(f"store-{number}") for number in range(6)]
    world.deployment("shared", *stores)
    with CaptureQueriesContext(connection) as queries:
        preview_draft(draft_open_late(store=stores[0], until_minute=1200, at=NINE), author=None, at=NINE)
    assert len(queries) <= 18


MINUTES = st.integers(0, 95).map(lambda quarter: quarter * 15)
DRAFTS = st.sampled_from(("late", "early", "tomorrow", "day", "week"))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(kind="early", hour=9, day=27, minute=13 * 60, buffer=0, is_shared=False, is_running=True)
@example(kind="week", hour=23, day=30, minute=300, buffer=45, is_shared=True, is_running=False)
@given(
    kind=DRAFTS,
    hour=st.integers(0, 23),
    day=st.integers(2, 30),
    minute=MINUTES,
    buffer=st.sampled_from((0, 15, 30, 45)),
    is_shared=st.booleans(),
    is_running=st.booleans(),
)
@pytest.mark.django_db
def test_difference_shown_is_the_difference_of_the_forecast_after_saving(
    kind: str, hour: int, day: int, minute: int, buffer: int, is_shared: bool, is_running: bool
) -> None:
    from stores.models import Area
    from tests.models_registry.conftest import bakery as make

    at = tokyo(day, hour, 7)
    with undone():
        world = World(at=at)
        build = make.__wrapped__(Area.objects.create(name="Kantō"))  # the fixture's own function
        store = build("asakusa", {each: [(420, 720), (840, 1140)] for each in range(7)})
        others = [build("ueno", {each: [(1080, 1560)] for each in range(5)})] if is_shared else []
        deployment = world.deployment("asakusa", store, *others)
        if is_running:
            Run.objects.create(
                version=deployment.live_version, deployment=deployment, requested_at=at - timedelta(hours=1),
                accepted_at=at - timedelta(hours=1), running_at=at - timedelta(minutes=51),
            )  # fmt: skip
        draft = drafted(kind, store, minute, buffer, at)
        if draft is None:
            return
        before = forecast_usd(at, pk=store.pk), forecast_usd(at)
        seen = preview_draft(draft, author=None, at=at)
        save_edit(draft=draft, author=None, at=at)
        after = forecast_usd(at, pk=store.pk), forecast_usd(at)
        assert (seen.before.month_usd, seen.before.model_month_usd) == before
        assert (seen.after.month_usd, seen.after.model_month_usd) == after


def drafted(kind: str, store: Store, minute: int, buffer: int, at) -> Draft | None:
    on = (at + timedelta(days=1)).date()
    match kind:
        case "late":
            return draft_open_late(store=store, until_minute=minute, at=at)
        case "early":
            try:
                return draft_close_early(store=store, until_minute=minute, at=at)
            except InvalidClosing:
                return None
        case "tomorrow":
            return draft_closed_tomorrow(store=store, at=at)
        case "day":
            facts = DayFacts(on, SpecialKind.HOURS, ((minute, minute + 300),))
            return draft_day(store=store, facts=facts)
        case _:
            weekly = ((), *(((minute, minute + 240),) for _ in range(6)))
            return draft_week(store=store, hours=Hours(weekly, buffer, buffer))
