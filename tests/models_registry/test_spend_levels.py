"""Spend level by level: who sees which, what each shows, why it differs, how far a forecast may be off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from models_registry.domain.spend_levels import Figures, Range, forecast_range
from models_registry.models import Deployment, Override, Run, SpendCause, StoreSpend
from models_registry.services.needs import freeze_needs
from models_registry.services.spend import rebuild_spend
from portal.base.models import User
from stores.models import Area, Role, Store
from tests.models_registry.conftest import World, tokyo

Bakery = Callable[..., Store]
SignIn = Callable[..., Client]
NOVEMBER = date(2026, 11, 1)


def ran(deployment: Deployment, day: int, until: tuple[int, int] = (19, 30), units: int = 1) -> None:
    """A run from 06:39, ended and with its needs frozen."""
    run = Run.objects.create(
        version=deployment.live_version, deployment=deployment, outcome="STOPPED", inference_units=units,
        requested_at=tokyo(day, 6, 30), accepted_at=tokyo(day, 6, 30), running_at=tokyo(day, 6, 39),
        stopping_at=tokyo(day, *until), ended_at=tokyo(day, *until) + timedelta(minutes=1),
    )  # fmt: skip
    freeze_needs(run.pk)


@pytest.fixture
def asakusa(at_the_desk: World, bakery: Bakery) -> Store:
    """A week that ended well but for a late stop, a second unit and Aiko's evening."""
    store = bakery("asakusa")
    made = at_the_desk.deployment("asakusa", store, uses_learned_lead=False)
    Override.objects.create(
        store=store, kind="RUN", starts_at=tokyo(4, 19, 30), ends_at=tokyo(4, 21), why="festival",
        author=User.objects.create_user("aiko"),
    )  # fmt: skip
    for day in (1, 2, 5, 6, 7):
        ran(made, day)
    ran(made, 3, (19, 50), units=2)
    ran(made, 4, (21, 0))
    at_the_desk.at = tokyo(8, 3)
    rebuild_spend(first_on=NOVEMBER, last_on=date(2026, 11, 8), at=at_the_desk.at)
    return store


def test_month_is_told_with_its_causes_from_fleet_to_run(asakusa: Store, hq: Client) -> None:
    made = Deployment.objects.get()
    for page in ("/spend/", f"/spend/areas/{asakusa.area_id}/", "/spend/stores/asakusa/",
                 f"/spend/stores/asakusa/{made.pk}/"):  # fmt: skip
        shown = hq.get(page).content.decode()
        for said in ("$359.80", "$419.87", "Override by aiko", "+$6.00", "Stopped later than planned",
                     "+$2.67", "More or fewer inference units", "+$51.40", "between"):  # fmt: skip
            assert said in shown, (page, said)
    runs = hq.get(f"/spend/stores/asakusa/{made.pk}/").content.decode()
    assert runs.count("by needed minutes") == 7
    assert "9 min 00 s" in runs


def test_causes_in_the_books_add_up_to_the_difference(asakusa: Store) -> None:
    found = dict(SpendCause.objects.values_list("cause", "usd"))
    assert found == {
        "OVERRIDE": Decimal("6.000000"), "UNITS": Decimal("51.400000"), "LATE_STOP": Decimal("2.666667"),
    }  # fmt: skip
    day = StoreSpend.objects.get(on=date(2026, 11, 3))
    assert (day.usd, day.planned_usd) == (Decimal("105.466667"), Decimal("51.400000"))


def test_forecast_has_a_range_from_the_fifth_day_on() -> None:
    figures = Figures(actual_usd=Decimal(100), rest_usd=Decimal(300))
    differences = [Decimal(each) for each in (0, 2, 0, 2, 1)]
    assert forecast_range(figures, differences[:4], 9) is None
    # mean 1 and variance 1 a day: 400 + 9 × 1 ± 1.2816 × √9
    assert forecast_range(figures, differences, 9) == Range(Decimal("400.00"), Decimal("412.84"))
    assert forecast_range(figures, differences, 0) == Range(Decimal(400), Decimal(400))
    calm = forecast_range(figures, [Decimal(0)] * 5, 9)
    assert calm == Range(Decimal("400.00"), Decimal("400.00"))


def test_level_above_links_down_and_the_one_below_up(asakusa: Store, hq: Client, bakery: Bakery) -> None:
    bakery("umeda", area=Area.objects.create(name="Kansai"))
    fleet = hq.get("/spend/?month=2026-11").content.decode()
    assert f'href="/spend/areas/{asakusa.area_id}/?month=2026-11"' in fleet
    assert "/spend/stores/" not in fleet
    assert 'href="/spend/stores/asakusa/?month=2026-11"' in hq.get("/spend/?by=store").content.decode()
    area = hq.get(f"/spend/areas/{asakusa.area_id}/").content.decode()
    assert 'href="/spend/stores/asakusa/?month=2026-11"' in area
    store = hq.get("/spend/stores/asakusa/").content.decode()
    assert f'href="/spend/areas/{asakusa.area_id}/?month=2026-11"' in store
    assert "No deployment has served this store" in hq.get("/spend/stores/umeda/").content.decode()


def test_levels_that_are_not_yours_are_not_there(asakusa: Store, sign_in: SignIn, bakery: Bakery) -> None:
    kansai = Area.objects.create(name="Kansai")
    umeda, made = bakery("umeda", area=kansai), Deployment.objects.get()
    owner = sign_in("owari", Role.OWNER, store=umeda)
    for page in (f"/spend/areas/{asakusa.area_id}/", "/spend/stores/asakusa/",
                 f"/spend/stores/umeda/{made.pk}/", f"/spend/stores/asakusa/{made.pk}/runs.csv"):  # fmt: skip
        assert owner.get(page).status_code == 404
    assert owner.get(f"/spend/areas/{kansai.pk}/").status_code == 200


def test_area_manager_sees_the_same_cents_as_headquarters(
    at_the_desk: World, bakery: Bakery, hq: Client, sign_in: SignIn
) -> None:
    kansai = Area.objects.create(name="Kansai")
    stores = [bakery("akabane"), bakery("ebisu"), bakery("umeda", area=kansai)]
    made = at_the_desk.deployment("shared", *stores)
    for store in stores:
        StoreSpend.objects.create(
            store=store, deployment=made, on=NOVEMBER, billed_minutes=257, overhead_minutes=0, usd="17.133333"
        )
    manager = sign_in("makoto", Role.AREA_MANAGER, area=stores[0].area)
    for client in (hq, manager):
        shown = client.get(f"/spend/areas/{stores[0].area_id}/").content.decode()
        assert "$34.27" in shown
        assert "$17.14" in shown
    assert "$17.13" in hq.get(f"/spend/areas/{kansai.pk}/").content.decode()
    assert "$51.40" in hq.get("/spend/").content.decode()


def test_levels_ask_as_often_for_many_stores_as_for_one(asakusa: Store, hq: Client, bakery: Bakery) -> None:
    pages = ("/spend/?by=store", f"/spend/areas/{asakusa.area_id}/", "/spend/stores/asakusa/")
    bakery("lonely")

    def asked(page: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert hq.get(page).status_code == 200
        return len(queries)

    before = [asked(page) for page in pages]
    made = Deployment.objects.get()
    for number in range(12):
        store = bakery(f"s{number}")
        made.assignments.create(store=store)
        StoreSpend.objects.create(
            store=store, deployment=made, on=NOVEMBER, billed_minutes=257, overhead_minutes=0, usd="1"
        )
    after = [asked(page) for page in pages]
    assert after == before
    assert max(after) <= 40
