"""Budgets: how a month stands, who sees which, and what becomes of overrides that would exceed one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from models_registry.domain.budgets import BudgetAction, Standing
from models_registry.models import Budget, Deployment, StoreSpend
from models_registry.selectors.budgets import budget_states, budgets_above
from stores.models import Area, Store
from tests.models_registry.conftest import World

Bakery = Callable[..., Store]
NOVEMBER = date(2026, 11, 1)


def spent(store: Store, deployment: Deployment, usd: str, on: date = NOVEMBER) -> None:
    StoreSpend.objects.create(
        store=store, deployment=deployment, on=on, billed_minutes=771, overhead_minutes=1, usd=usd
    )


def budget(
    usd: str, action: BudgetAction = BudgetAction.WARN, *, valid_from: date = NOVEMBER, **scope: object
) -> Budget:
    return Budget.objects.create(usd_per_month=Decimal(usd), valid_from=valid_from, action=action, **scope)


@pytest.mark.parametrize(
    ("usd", "standing"),
    [("1559.40", Standing.WITHIN), ("1559.39", Standing.WILL_EXCEED), ("51.39", Standing.EXCEEDED)],
)
def test_month_stands_by_what_is_billed_and_planned(
    world: World, bakery: Bakery, usd: str, standing: Standing
) -> None:
    asakusa = bakery("asakusa")
    spent(asakusa, world.deployment("asakusa", asakusa), "51.4")
    budget(usd, store=asakusa)
    (state,) = budget_states(Store.objects.all(), at=world.at)
    assert (state.standing, state.month, state.name) == (standing, NOVEMBER, "Asakusa")
    assert (state.actual_usd, state.forecast_usd) == (Decimal("51.4"), Decimal("1559.40"))


def test_newest_budget_of_a_scope_holds_from_its_month_on(world: World, bakery: Bakery) -> None:
    asakusa = bakery("asakusa")
    world.deployment("asakusa", asakusa)
    budget("100", store=asakusa, valid_from=date(2026, 9, 1))
    budget("300", store=asakusa)
    budget("700", store=asakusa, valid_from=date(2026, 12, 1))
    assert [each.limit_usd for each in budget_states(Store.objects.all(), at=world.at)] == [300]


def test_reader_sees_the_budgets_of_scopes_that_are_wholly_theirs(world: World, bakery: Bakery) -> None:
    kansai = Area.objects.create(name="Kansai")
    asakusa, ueno, umeda = bakery("asakusa"), bakery("ueno"), bakery("umeda", area=kansai)
    world.deployment("shared", asakusa, ueno, umeda)
    for scope in ({}, {"area": asakusa.area}, {"area": kansai}, {"store": asakusa}):
        budget("300", **scope)

    def seen(stores: list[Store]) -> list[str]:
        chosen = Store.objects.filter(pk__in=[store.pk for store in stores])
        return [each.name for each in budget_states(chosen, at=world.at)]

    assert seen([asakusa, ueno, umeda]) == ["", "Kantō", "Kansai", "Asakusa"]
    assert seen([asakusa, ueno]) == ["Kantō", "Asakusa"]
    assert seen([asakusa, umeda]) == ["Kansai", "Asakusa"]
    assert seen([ueno]) == []


def test_area_budget_counts_each_of_its_stores(world: World, bakery: Bakery) -> None:
    asakusa, ueno = bakery("asakusa"), bakery("ueno")
    made = world.deployment("shared", asakusa, ueno)
    spent(asakusa, made, "10")
    spent(ueno, made, "20")
    budget("5000", area=asakusa.area)
    (state,) = budget_states(Store.objects.all(), at=world.at)
    assert state.actual_usd == 30


def test_many_budgets_cost_no_more_queries(world: World, bakery: Bakery) -> None:
    stores = [bakery(f"s{n}") for n in range(12)]
    world.deployment("shared", *stores)
    budget("300")
    for store in stores:
        budget("300", store=store)
    with CaptureQueriesContext(connection) as queries:
        assert len(budget_states(Store.objects.all(), at=world.at)) == 13
    assert len(queries) <= 22


def test_budgets_that_only_warn_decide_nothing(world: World, bakery: Bakery) -> None:
    asakusa = bakery("asakusa")
    world.deployment("asakusa", asakusa)
    budget("1", store=asakusa)
    assert budgets_above(asakusa, at=world.at) == []
    budget("2", BudgetAction.ASK, area=asakusa.area)
    budget("3", BudgetAction.HOLD_BACK)
    assert [each.limit_usd for each in budgets_above(asakusa, at=world.at)] == [3, 2]
