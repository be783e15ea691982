"""Budgets: how a month stands, who sees which, and what becomes of overrides that would exceed one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from models_registry.domain.budgets import BudgetAction, Standing
from models_registry.domain.overrides import OverrideKind
from models_registry.models import Budget, Deployment, Override, OverrideRequest, StoreSpend
from models_registry.selectors.budgets import budget_states, budgets_above, more_usd
from models_registry.selectors.plans import plans_of_deployments
from models_registry.services.budgets import HeldBack, NeedsApproval
from models_registry.services.override_requests import AlreadyAnswered, ask_headquarters, grant, refuse
from models_registry.services.overrides import OverrideOrder, set_override
from portal.base.models import User
from stores.domain.localtime import to_seconds
from stores.models import Area, Membership, Role, Store
from tests.models_registry.conftest import World, tokyo

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


@pytest.fixture
def owari(db: None) -> User:
    """The owner of Asakusa, to be."""
    return User.objects.create_user("owari")


def asked(store: Store, owner: User, at_hour: int = 21, kind: OverrideKind = OverrideKind.RUN) -> Override:
    """Ask to run (or stop) from 19:30 on the 2nd, at 05:00."""
    Membership.objects.get_or_create(user=owner, role=Role.OWNER, store=store)
    order = OverrideOrder(kind, tokyo(2, 19, 30), tokyo(2, at_hour), "party", store=store)
    return set_override(order=order, author=owner, at=tokyo(2, 5))


def test_override_costs_what_lies_beyond_the_plan(world: World, bakery: Bakery) -> None:
    asakusa = bakery("asakusa")
    world.deployment("asakusa", asakusa)
    within = to_seconds(tokyo(2, 8)), to_seconds(tokyo(2, 19))
    assert more_usd(asakusa, within, at=world.at) == 0
    later = to_seconds(tokyo(2, 18)), to_seconds(tokyo(2, 21))
    assert more_usd(asakusa, later, at=world.at) == 6
    into_december = to_seconds(tokyo(30, 20)), to_seconds(tokyo(31, 5))
    assert more_usd(asakusa, into_december, at=world.at) == 16


def test_owner_is_held_back_and_told_by_what(world: World, bakery: Bakery, owari: User) -> None:
    asakusa = bakery("asakusa")
    world.deployment("asakusa", asakusa)
    budget("1510", BudgetAction.HOLD_BACK, store=asakusa)
    with pytest.raises(HeldBack) as refused:
        asked(asakusa, owari)
    assert refused.value.message == (
        "This would cost $6.00 more, and the store’s budget is $1,510.00 a month; the month comes to "
        "$1,508.00 as it is. It is held back. Ask headquarters."
    )
    assert not Override.objects.exists()


def test_full_budget_never_cuts_opening_hours_and_lets_stops_be(
    world: World, bakery: Bakery, owari: User
) -> None:
    asakusa = bakery("asakusa")
    made = world.deployment("asakusa", asakusa)
    bounds = to_seconds(tokyo(2, 0)), to_seconds(tokyo(9, 0))
    before = plans_of_deployments([made], bounds)
    spent(asakusa, made, "9999")
    budget("0", BudgetAction.HOLD_BACK)
    assert plans_of_deployments([made], bounds) == before
    world.ticks(tokyo(2, 6, 45), seconds=300)
    assert world.status(made) == "RUNNING"
    order = OverrideOrder(OverrideKind.RUN, tokyo(3, 8), tokyo(3, 19), store=asakusa)
    assert set_override(order=order, author=owari, at=tokyo(2, 5)).pk
    assert asked(asakusa, owari, kind=OverrideKind.STOP).pk


def test_budget_of_others_names_no_figures(world: World, bakery: Bakery, owari: User) -> None:
    asakusa = bakery("asakusa")
    world.deployment("asakusa", asakusa)
    budget("10", BudgetAction.HOLD_BACK, area=asakusa.area)
    with pytest.raises(HeldBack, match=r"beyond this month’s budget of Kantō\. It is held back") as refused:
        asked(asakusa, owari)
    assert "$10" not in refused.value.message


def test_headquarters_and_budgets_that_warn_hold_nobody_back(
    world: World, bakery: Bakery, owari: User
) -> None:
    asakusa = bakery("asakusa")
    world.deployment("asakusa", asakusa)
    budget("10", BudgetAction.WARN, store=asakusa)
    assert asked(asakusa, owari).pk
    budget("10", BudgetAction.HOLD_BACK)
    hanako = User.objects.create_user("hanako")
    Membership.objects.create(user=hanako, role=Role.HQ)
    assert asked(asakusa, hanako, 23).pk


def request_of(store: Store, owner: User) -> OverrideRequest:
    with pytest.raises(NeedsApproval) as refused:
        asked(store, owner)
    return ask_headquarters(question=refused.value.question, author=owner, at=tokyo(2, 5))


def test_headquarters_grants_what_was_asked(world: World, bakery: Bakery, owari: User) -> None:
    asakusa = bakery("asakusa")
    world.deployment("asakusa", asakusa)
    budget("10", BudgetAction.ASK, store=asakusa)
    request_of(asakusa, owari)
    waiting = request_of(asakusa, owari)
    assert list(OverrideRequest.objects.all()) == [waiting], "asking again replaces what waits"
    assert (waiting.usd, waiting.lapses_at) == (6, tokyo(2, 19, 30))
    hanako = User.objects.create_user("hanako", is_superuser=True)
    made = grant(request=waiting, by=hanako, at=tokyo(2, 12))
    assert (made.starts_at, made.ends_at, made.why) == (tokyo(2, 19, 30), tokyo(2, 21), "party")
    waiting.refresh_from_db()
    assert (waiting.answer, waiting.answered_by, waiting.override) == ("GRANTED", hanako, made)
    with pytest.raises(AlreadyAnswered):
        refuse(request=waiting, by=hanako, at=tokyo(2, 12))


def test_request_lapses_without_an_answer(world: World, bakery: Bakery, owari: User) -> None:
    asakusa = bakery("asakusa")
    world.deployment("asakusa", asakusa)
    budget("10", BudgetAction.ASK, store=asakusa)
    waiting = request_of(asakusa, owari)
    with pytest.raises(AlreadyAnswered):
        grant(request=waiting, by=owari, at=waiting.lapses_at)
    assert not Override.objects.exists()


def test_page_sets_removes_and_brings_back_a_budget(at_the_desk: World, hq: Client, bakery: Bakery) -> None:
    asakusa = bakery("asakusa")
    at_the_desk.deployment("asakusa", asakusa)
    typed = {
        "area": "",
        "store": "asakusa",
        "usd_per_month": "1500",
        "valid_from": "2026-11",
        "action": "ASK",
    }
    assert hq.post("/budgets/set/", typed).status_code == 302
    page = hq.get("/budgets/").content.decode()
    assert "$1,500.00" in page
    assert "will exceed" in page
    removed = hq.post(f"/budgets/{Budget.objects.get().pk}/remove/", follow=True).content.decode()
    assert not Budget.objects.exists()
    for name, value in typed.items():
        shown = "1500.00" if name == "usd_per_month" else value
        assert f'name="{name}" value="{shown}"' in removed


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("store", "nowhere", "There is no store with this code."),
        ("area", "both", "Choose an area or a store, not both."),
        ("usd_per_month", "-1", "greater than or equal to 0"),
        ("valid_from", "soon", "Write the month like 2026-11."),
    ],
)
def test_page_says_what_is_wrong_with_a_budget(
    at_the_desk: World, hq: Client, bakery: Bakery, field: str, value: str, said: str
) -> None:
    asakusa = bakery("asakusa")
    typed = {"store": "asakusa", "usd_per_month": "1500", "valid_from": "2026-11", "action": "ASK"}
    typed[field] = str(asakusa.area.pk) if value == "both" else value
    answer = hq.post("/budgets/set/", typed)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Budget.objects.exists()


def test_owner_asks_by_the_button_and_headquarters_grants(
    at_the_desk: World, hq: Client, bakery: Bakery, sign_in: Callable[..., Client]
) -> None:
    asakusa = bakery("asakusa")
    at_the_desk.deployment("asakusa", asakusa)
    budget("10", BudgetAction.ASK, store=asakusa)
    owner = sign_in("owari", Role.OWNER, store=asakusa)
    page = owner.post("/stores/asakusa/run-now/", follow=True).content.decode()
    assert "Headquarters is asked; without an answer by 06:00 JST nothing changes." in page
    assert "Waits for headquarters’ yes" in page
    assert "$10.00" in page
    waiting = OverrideRequest.objects.get()
    assert "Grant" in hq.get("/budgets/").content.decode()
    assert "Grant" not in owner.get("/budgets/").content.decode()
    at_the_desk.at += timedelta(minutes=5)
    hq.post(f"/override-requests/{waiting.pk}/grant/")
    assert Override.objects.get().starts_at == at_the_desk.at
    assert "granted · hanako" in owner.get("/budgets/").content.decode()


def test_owner_who_is_held_back_is_led_back_with_the_sentence(
    at_the_desk: World, bakery: Bakery, sign_in: Callable[..., Client]
) -> None:
    asakusa = bakery("asakusa")
    at_the_desk.deployment("asakusa", asakusa)
    budget("10", BudgetAction.HOLD_BACK)
    owner = sign_in("owari", Role.OWNER, store=asakusa)
    page = owner.post("/stores/asakusa/stay-open/", {"until": "21:00"}, follow=True).content.decode()
    assert "beyond this month’s budget of the whole fleet. It is held back. Ask headquarters." in page
    assert not Override.objects.exists()
