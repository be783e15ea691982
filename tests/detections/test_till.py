"""The till page: who opens it, what its pass opens, and for how long."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from detections.access import issue_pass
from detections.gateways.in_memory_eyes import InMemoryEyes
from detections.models import Correction, Detection, Product
from detections.wiring import PICTURES
from portal.base.models import User
from stores.models import Membership, Role, Store
from tests.detections.conftest import MELON, Register, jpeg
from tests.models_registry.conftest import World

SignIn = Callable[..., Client]
TILL = "/till/asakusa/"


@pytest.fixture
def clerk(asakusa: Register) -> User:
    """Chika runs Asakusa's day."""
    person = User.objects.create_user("chika", password="oven-before-dawn")
    Membership.objects.create(user=person, role=Role.OWNER, store=asakusa.store)
    return person


def till_of(person: User, store: Store, world: World) -> Register:
    token = issue_pass(user=person, store=store, at=world.at)
    bearer = {"authorization": f"Bearer {token}", "accept-language": "en"}
    return Register(store, token, Client(headers=bearer))


def test_only_those_who_run_a_stores_day_open_its_till(
    asakusa: Register, bakery: Callable[..., Store], sign_in: SignIn
) -> None:
    umeda = bakery("umeda")
    people = [
        Client(),
        sign_in("vera", Role.VIEWER, store=asakusa.store),
        sign_in("ana", Role.ANALYST),
        sign_in("osamu", Role.OWNER, store=umeda),
        sign_in("olga", Role.OWNER, store=asakusa.store),
    ]
    for address in (TILL, f"{TILL}pass"):
        assert [each.get(address).status_code for each in people] == [302, 403, 403, 404, 200]


def test_page_holds_products_in_the_readers_language_and_no_pass(asakusa: Register, sign_in: SignIn) -> None:
    Product.objects.create(label=MELON, name_ja=MELON, name_en="Melon bread", price=180)
    Product.objects.create(label="old", name_ja="古い", name_en="Old", price=1, is_on_sale=False)

    page = sign_in("olga", Role.OWNER, store=asakusa.store).get(TILL).content.decode()

    [text] = re.findall(r'id="till-config" type="application/json">(.*?)</script>', page)
    melon = {"label": MELON, "name": "Melon bread", "other": MELON, "price": "180.00", "currency": "JPY"}
    assert json.loads(text)["products"] == [melon]
    assert "till_" not in page


def test_pass_is_never_kept_by_a_browser(asakusa: Register, sign_in: SignIn) -> None:
    answer = sign_in("olga", Role.OWNER, store=asakusa.store).get(f"{TILL}pass")

    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.json()["token"].startswith("till_")


def test_photo_and_sale_of_the_page_are_the_tills(
    asakusa: Register, eyes: InMemoryEyes, clerk: User, world: World
) -> None:
    till = till_of(clerk, asakusa.store, world)

    pk = till.send(Idempotency_Key="tray-7").json()["id"]
    till.post(f"/detections/{pk}/correction", {"items": [{"label": MELON}]})

    row = Detection.objects.get()
    assert (row.source, row.register, row.api_key) == (Detection.Source.TILL, "chika", None)
    assert (Correction.objects.get().register, Correction.objects.get().differs) == ("chika", False)


def test_refused_picture_of_the_page_is_the_tills(
    asakusa: Register, eyes: InMemoryEyes, clerk: User, world: World
) -> None:
    assert till_of(clerk, asakusa.store, world).send(b"nonsense").status_code == 415

    assert Detection.objects.get().source == Detection.Source.TILL


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("get", "/detections/{pk}", None),
        ("post", "/detections/{pk}/correction", {"items": []}),
        ("post", "/detections", {"s3_key": "{store}/incoming/a.jpg"}),
    ],
)
def test_pass_for_one_store_opens_nothing_of_another(
    asakusa: Register,
    eyes: InMemoryEyes,
    world: World,
    bakery: Callable[..., Store],
    method: str,
    path: str,
    body: Any,
) -> None:
    """Not even for headquarters, who may see both."""
    pk = asakusa.send().json()["id"]
    PICTURES.save(f"{asakusa.store.pk}/incoming/a.jpg", jpeg())
    hanako = User.objects.create_user("hanako")
    Membership.objects.create(user=hanako, role=Role.HQ)
    umeda = till_of(hanako, bakery("umeda"), world)
    if body and "s3_key" in body:
        body = {"s3_key": body["s3_key"].format(store=asakusa.store.pk)}

    url = path.format(pk=pk)
    answer = umeda.get(url) if method == "get" else umeda.post(url, body)

    assert (answer.status_code, Correction.objects.count()) == (404, 0)
    assert umeda.get("/store").json()["code"] == "umeda"


def test_pass_ends_after_twelve_hours(asakusa: Register, clerk: User, world: World) -> None:
    till = till_of(clerk, asakusa.store, world)
    world.at += timedelta(hours=12) - timedelta(seconds=1)
    assert till.get("/store").status_code == 200

    world.at += timedelta(seconds=1)

    answer = till.get("/store")
    assert (answer.status_code, answer.json()["code"]) == (401, "till_expired")


def deactivate(person: User) -> None:
    User.objects.filter(pk=person.pk).update(is_active=False)


def change_password(person: User) -> None:
    person.set_password("a-new-oven-at-noon")
    person.save()


def dismiss(person: User) -> None:
    Membership.objects.filter(user=person).delete()


def demote(person: User) -> None:
    Membership.objects.filter(user=person).update(role=Role.VIEWER)


@pytest.mark.parametrize("end", [deactivate, change_password, dismiss, demote, User.delete])
def test_pass_dies_with_what_it_stands_for(
    asakusa: Register, clerk: User, world: World, end: Callable[[User], Any]
) -> None:
    till = till_of(clerk, asakusa.store, world)
    assert till.get("/store").status_code == 200

    end(clerk)

    answer = till.get("/store")
    assert (answer.status_code, answer.json()["code"]) == (401, "till_unknown")


def test_pass_that_was_changed_opens_nothing(asakusa: Register, clerk: User, world: World) -> None:
    token = issue_pass(user=clerk, store=asakusa.store, at=world.at)
    payload, _dot, signature = token.removeprefix("till_").rpartition(".")
    for forged in (f"till_{payload}", f"till_{payload[:-2]}AA.{signature}", f"till_.{signature}", "till_"):
        answer = asakusa.client.get("/api/v1/store", headers={"authorization": f"Bearer {forged}"})
        assert (answer.status_code, answer.json()["code"]) == (401, "till_unknown")


def test_pass_costs_few_queries(
    asakusa: Register, eyes: InMemoryEyes, clerk: User, world: World, django_assert_max_num_queries: Any
) -> None:
    till = till_of(clerk, asakusa.store, world)
    till.send()
    with django_assert_max_num_queries(19):
        till.send(Idempotency_Key="tray-8")


def test_worker_comes_from_below_the_till_and_holds_no_secret() -> None:
    answer = Client().get("/till/worker.js")

    assert answer.headers["Content-Type"] == "text/javascript"
    assert b"addEventListener" in answer.content


def test_store_page_leads_to_the_till_for_those_who_may(asakusa: Register, sign_in: SignIn) -> None:
    owner = sign_in("olga", Role.OWNER, store=asakusa.store)
    viewer = sign_in("vera", Role.VIEWER, store=asakusa.store)

    assert TILL in owner.get("/stores/asakusa/").content.decode()
    assert TILL not in viewer.get("/stores/asakusa/").content.decode()
