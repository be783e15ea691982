"""Breads sold in some stores only: on their price lists, and a risk where a model sees them elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from detections.domain.reviews import Risk
from detections.gateways.pixels import small_pictures
from detections.models import Detection, Product
from detections.selectors.log import has_unlisted, products_by_label
from detections.selectors.photos import HistoryFilter, Order, photos
from detections.services.small_pictures import make_small_pictures
from detections.wiring import PICTURES
from stores.models import Area, Role, Store
from tests.detections.conftest import ANPAN, MELON, YAKISOBA, Register, jpeg

Bakery = Callable[..., Store]


def product(label: str, **fields: Any) -> Product:
    return Product.objects.create(label=label, name_ja=label, name_en=label, price=180, **fields)


@pytest.fixture
def ueno(bakery: Bakery) -> Store:
    return bakery("ueno", area=Area.objects.create(name="Ueno"))


def test_price_list_holds_what_is_sold_everywhere_here_or_in_the_area(asakusa: Register, ueno: Store) -> None:
    product(MELON)
    product(ANPAN).stores.add(ueno)
    product(YAKISOBA).areas.add(asakusa.store.area)
    product("old", is_on_sale=False)
    assert set(products_by_label(asakusa.store)) == {MELON, YAKISOBA}
    assert set(products_by_label(ueno)) == {MELON, ANPAN}
    assert {each["label"]: each["name_ja"] for each in asakusa.get("/store").json()["labels"]} == {
        MELON: MELON, YAKISOBA: YAKISOBA, ANPAN: None,
    }  # fmt: skip


@pytest.mark.parametrize(("labels", "expected"), [([], False), ([MELON], False), ([ANPAN, MELON], True)])
def test_bread_without_a_product_is_no_risk(
    asakusa: Register, ueno: Store, labels: list[str], expected: bool
) -> None:
    product(ANPAN).stores.add(ueno)
    assert has_unlisted(asakusa.store, labels) is expected


def noted(register: Register) -> Detection:
    """A photo once the worker has been there; its メロンパン is accepted."""
    pk = register.send(jpeg(colour=(9, 9, Detection.objects.count()))).json()["id"]
    make_small_pictures(pictures=PICTURES, shrink=small_pictures, is_time=lambda: True)
    return Detection.objects.get(pk=pk)


def test_bread_seen_where_it_is_not_sold_comes_after_what_is_near_a_threshold(
    asakusa: Register, ueno: Store, eyes: Any
) -> None:
    near, far = noted(asakusa), noted(asakusa)
    product(MELON).stores.add(ueno)
    unlisted = noted(asakusa)
    Detection.objects.filter(pk__in=[far.pk, unlisted.pk]).update(smallest_margin=20)
    found = photos(Store.objects.all(), HistoryFilter(order=Order.RISK))
    assert [(each.pk, each.risk) for each in found] == [
        (near.pk, Risk.NEAR), (unlisted.pk, Risk.UNLISTED), (far.pk, Risk.FAR),
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
    plan = found.explain()
    assert "detection_risk" in plan
    assert "Sort" not in plan


def test_near_miss_that_is_not_sold_is_no_risk(asakusa: Register, ueno: Store, eyes: Any) -> None:
    product(ANPAN).stores.add(ueno)
    assert not noted(asakusa).is_unlisted


def test_gallery_says_that_a_bread_is_not_on_sale_there(
    asakusa: Register, ueno: Store, eyes: Any, sign_in: Callable[..., Client]
) -> None:
    product(MELON).areas.add(ueno.area)
    noted(asakusa)
    page = sign_in("aki", Role.ANALYST, store=asakusa.store).get("/gallery/").content.decode()
    assert '<span class="d-tag d-Q">not on sale in that store</span>' in page


def test_headquarters_says_where_a_bread_is_sold(hq: Client, ueno: Store) -> None:
    said = {
        "label": MELON, "name_ja": MELON, "name_en": "Melon bread", "price": "180", "currency": "JPY",
        "is_on_sale": "on", "stores": [ueno.pk], "areas": [],
    }  # fmt: skip
    assert hq.get("/admin/detections/product/add/").status_code == 200
    assert hq.post("/admin/detections/product/add/", said).status_code == 302
    assert list(Product.objects.get().stores.all()) == [ueno]
