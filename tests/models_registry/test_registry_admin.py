"""Admin lists: ledgers are for reading, connections and prices are checked, outsiders stay out."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from models_registry.models import Connection, Override, PriceRate, Run
from models_registry.services.spend import rebuild_spend
from stores.models import Role, Store
from tests.models_registry.conftest import World, tokyo

Bakery = Callable[..., Store]
SignIn = Callable[..., Client]
READ_ONLY = (
    "project", "modelversion", "labelmetrics", "deployment", "override", "run", "decision", "trouble",
    "storespend",
)  # fmt: skip
LISTS = (*READ_ONLY, "connection", "pricerate")


def address(model: str, page: str = "changelist", *args: object) -> str:
    return reverse(f"admin:models_registry_{model}_{page}", args=args)


@pytest.fixture
def lived(world: World, bakery: Bakery) -> World:
    """One day has been lived through, so that every list has a row."""
    made = world.deployment("asakusa", bakery("asakusa", open_buffer_minutes=0))
    Override.objects.create(deployment=made, kind="RUN", starts_at=tokyo(3, 1), ends_at=tokyo(3, 2))
    for instant in (tokyo(2, 7), tokyo(2, 7, 0, 5), tokyo(2, 7, 9), tokyo(2, 19, 30), tokyo(2, 19, 40)):
        world.tick(instant)
    rebuild_spend(first_on=tokyo(2, 12).date(), last_on=tokyo(2, 12).date(), at=world.at)
    return world


@pytest.mark.parametrize("model", LISTS)
def test_lists_are_for_headquarters(model: str, lived: World, sign_in: SignIn) -> None:
    assert Client().get(address(model)).status_code == 302
    outsider = sign_in("olga")
    assert outsider.get(address(model)).status_code in {302, 403}
    assert sign_in("hanako", Role.HQ).get(address(model)).status_code == 200


@pytest.mark.parametrize("model", READ_ONLY)
def test_what_was_written_down_is_not_changed_by_hand(model: str, lived: World, hq: Client) -> None:
    assert hq.get(address(model, "add")).status_code == 403


def test_run_is_read_not_changed_or_deleted(lived: World, hq: Client) -> None:
    run = Run.objects.get()
    assert hq.get(address("run", "change", run.pk)).status_code == 200
    assert hq.post(address("run", "change", run.pk), {"inference_units": 9}).status_code == 403
    assert hq.post(address("run", "delete", run.pk), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("model", ["run", "decision", "storespend", "modelversion"])
def test_lists_ask_as_often_for_many_as_for_few(model: str, lived: World, hq: Client) -> None:
    with CaptureQueriesContext(connection) as few:
        hq.get(address(model))
    for day in (3, 4, 5):
        for instant in (tokyo(day, 7), tokyo(day, 7, 9), tokyo(day, 19, 30), tokyo(day, 19, 40)):
            lived.tick(instant)
    rebuild_spend(first_on=tokyo(2, 12).date(), last_on=tokyo(5, 12).date(), at=lived.at)
    lived.version("other")
    with CaptureQueriesContext(connection) as many:
        hq.get(address(model))
    assert len(many) == len(few)


def price(**fields: object) -> dict[str, object]:
    values = {"kind": "INFERENCE", "region": "", "usd_per_hour": "4.5"}
    return {**values, "valid_from_0": "2026-12-01", "valid_from_1": "00:00:00", **fields}


def test_price_is_added_from_an_instant_on(hq: Client, db: None) -> None:
    assert hq.post(address("pricerate", "add"), price()).status_code == 302
    assert PriceRate.objects.get(usd_per_hour=Decimal("4.5")).valid_from == tokyo(31, 9)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"usd_per_hour": "-1"}, "A price is not negative."),
        ({"region": "Tokyo"}, "Write the region like ap-northeast-1"),
        ({"valid_from_0": ""}, "This field is required."),
    ],
)
def test_price_that_cannot_stand_is_refused(
    hq: Client, db: None, typed: dict[str, object], said: str
) -> None:
    page = hq.post(address("pricerate", "add"), price(**typed)).content.decode()
    assert said in page
    assert PriceRate.objects.count() == 2


def test_price_is_never_deleted(hq: Client, db: None) -> None:
    rate = PriceRate.objects.order_by("id").first()
    assert hq.post(address("pricerate", "delete", rate.pk), {"post": "yes"}).status_code == 403


def test_connection_is_checked_and_kept_while_it_holds_projects(lived: World, hq: Client) -> None:
    typed = {
        "name": "Second", "region": "Osaka", "role_arn": "role", "external_id": "", "is_active": "on",
        "max_running_models": 0, "max_inference_units": 5, "control_plane_tps": 5, "safety_stop": "OFF",
        "safety_margin_minutes": 20, "schedule_group": "kamado",
    }  # fmt: skip
    page = hq.post(address("connection", "add"), typed)
    assert page.status_code == 200
    assert Connection.objects.count() == 1
    good = {**typed, "region": "ap-northeast-3", "role_arn": "", "max_running_models": 2}
    assert hq.post(address("connection", "add"), good).status_code == 302
    delete = address("connection", "delete", lived.connection.pk)
    assert hq.post(delete, {"post": "yes"}).status_code == 403
