"""The fleet board: what it says, how it filters, and what it costs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from redis.exceptions import ConnectionError as RedisConnectionError

from models_registry.domain.lifecycle import Problem
from models_registry.models import DeploymentState, StoreSpend, Trouble
from stores.models import Area, SpecialDay, Store
from tests.home.conftest import Bakery, Street, make_ready
from tests.models_registry.conftest import World, tokyo

HTMX = {"HX-Request": "true"}
FRAGMENT_QUERIES = 25


def body(client: Client, address: str = "/", **headers: str) -> str:
    return client.get(address, headers=headers).content.decode()


def test_board_tells_state_hours_and_next_change(street: Street, hq: Client, at_the_shop: World) -> None:
    make_ready(at_the_shop)
    page = body(hq)
    assert "k-chip-running" in page
    assert 'title="RUNNING"' in page
    assert "since <time" in page
    assert "until <time" in page
    assert "19:30 JST" in page  # the stop, half an hour after closing
    assert "No deployment" in page  # Umeda has none
    assert "Last tick 0 seconds ago" in page


def test_fragment_is_the_board_alone_and_keeps_its_filters(street: Street, hq: Client) -> None:
    fragment = body(hq, "/?q=asa&sort=name", **HTMX)
    assert fragment.lstrip().startswith('<div id="board"')
    assert 'hx-get="/?q=asa&amp;sort=name"' in fragment
    assert "<html" not in fragment


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("q=ume", {"umeda"}),
        ("state=NONE", {"umeda"}),
        ("state=RUNNING", {"asakusa"}),
        ("problems=on", {"asakusa"}),
        ("area=0&state=?&sort=cost&page=99", {"asakusa", "umeda"}),  # nonsense is left out
    ],
)
def test_board_shows_what_the_filters_ask_for(
    street: Street, hq: Client, at_the_shop: World, query: str, shown: set[str]
) -> None:
    make_ready(at_the_shop)
    DeploymentState.objects.update(problems=[Problem.STRAY])
    page = body(hq, f"/?{query}", **HTMX)
    assert {code for code in ("asakusa", "umeda") if f"/stores/{code}/" in page} == shown


def test_unanswered_state_is_unknown_not_off(street: Street, hq: Client, at_the_shop: World) -> None:
    at_the_shop.tick(tokyo(2, 5))
    at_the_shop.at = tokyo(2, 5, 2)
    page = body(hq)
    assert "k-chip-unknown" in page
    assert "k-pulse is-late" in page


def test_orphan_and_problems_are_named(street: Street, hq: Client, at_the_shop: World) -> None:
    make_ready(at_the_shop)
    DeploymentState.objects.update(problems=[Problem.STUCK_STOPPING])
    orphan = at_the_shop.version("lost")
    Trouble.objects.create(version=orphan, code=Problem.ORPHAN, opened_at=tokyo(2, 8))
    page = body(hq)
    assert "lost / v1 is running, but it belongs to no deployment." in page
    assert "Stopping for more than 35 minutes." in page


def test_cost_of_today_and_of_the_month_are_the_stores_own(
    street: Street, hq: Client, at_the_shop: World
) -> None:
    for on, usd in ((date(2026, 10, 31), "9"), (date(2026, 11, 1), "40"), (date(2026, 11, 2), "2.5")):
        StoreSpend.objects.create(
            store=street.asakusa, deployment=street.deployment, on=on,
            billed_minutes=1, overhead_minutes=0, usd=Decimal(usd),
        )  # fmt: skip
    page = body(hq)
    assert "$2.50" in page
    assert "$42.50" in page


def test_empty_franchise_says_how_to_begin(hq: Client) -> None:
    assert "Import stores" in body(hq)


@pytest.fixture
def sixty(world: World, bakery: Bakery) -> list[Store]:
    """Sixty stores on six deployments, on a running morning."""
    stores = [bakery(f"store-{number:02}") for number in range(60)]
    for number in range(6):
        world.deployment(f"group-{number}", *stores[number * 10 : number * 10 + 10])
    world.connection.max_running_models = 10
    world.connection.save()
    make_ready(world)
    return stores


def test_board_of_sixty_stores_asks_a_bounded_number_of_queries(
    sixty: list[Store], hq: Client, at_the_shop: World
) -> None:
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            page = body(hq, **HTMX)
    assert len(captured) <= FRAGMENT_QUERIES
    assert page.count('<tr class="k-row') == 50
    assert "1–50 of 60 stores" in page


def test_open_shop_count_follows_each_stores_clock(
    bakery: Callable[..., Store], world: World, hq: Client, at_the_shop: World
) -> None:
    bakery("tokyo")
    bakery("paris", timezone="Europe/Paris")
    at_the_shop.at = tokyo(2, 12) + timedelta(seconds=1)  # 04:00 in Paris
    assert "1<small>of 2 stores" in body(hq)


def test_special_day_of_one_store_or_area_is_counted_for_those_alone(
    bakery: Callable[..., Store], world: World, hq: Client, at_the_shop: World
) -> None:
    kansai = Area.objects.create(name="Kansai")
    closed, _ = bakery("closed"), bakery("open")
    for code in ("umeda", "namba"):
        bakery(code, area=kansai)
    SpecialDay.objects.create(store=closed, on=date(2026, 11, 2), kind="CLOSED")
    SpecialDay.objects.create(area=kansai, on=date(2026, 11, 2), kind="HOURS", hours=[[780, 1140]])
    at_the_shop.at = tokyo(2, 12)
    assert "1<small>of 4 stores" in body(hq)
    at_the_shop.at = tokyo(2, 13)
    assert "3<small>of 4 stores" in body(hq)


def test_board_does_without_redis(street: Street, hq: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RedisConnectionError("no socket")

    monkeypatch.setattr("portal.home.views.fleet.cache.get", refuse)
    assert "Asakusa" in body(hq)
