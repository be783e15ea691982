"""The lists: scoped, bounded, and no way around the checks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from portal.base.models import User
from stores.domain.hours import SpecialKind
from stores.models import SpecialDay, Store
from stores.services.special_days import DayFacts, Scope, set_special_day
from tests.stores.conftest import MORNING, Cast, signed_in

LISTS = ("stores_store", "stores_area", "stores_specialday")
FACTS = {
    "code": "JP-9",
    "name": "Ueno",
    "timezone": "Asia/Tokyo",
    "country": "jp",
    "subdivision": "",
    "open_buffer_minutes": "30",
    "close_buffer_minutes": "30",
    "control": "AUTOMATIC",
}


@pytest.fixture(autouse=True)
def morning() -> Iterator[None]:
    with time_machine.travel(MORNING, tick=False):
        yield


@pytest.mark.parametrize("name", LISTS)
def test_lists_and_forms_open_for_headquarters(
    cast: Cast, name: str, django_assert_max_num_queries: Any
) -> None:
    client = signed_in(cast.hanako)
    with django_assert_max_num_queries(16):
        assert client.get(reverse(f"admin:{name}_changelist")).status_code == 200
    assert client.get(reverse(f"admin:{name}_changelist"), {"q": "gin"}).status_code == 200
    assert client.get(reverse(f"admin:{name}_add")).status_code == 200


def test_staff_of_an_area_sees_its_stores_and_changes_none(cast: Cast) -> None:
    User.objects.filter(pk=cast.kenji.pk).update(is_staff=True)
    client = signed_in(cast.kenji)
    page = client.get(reverse("admin:stores_store_changelist")).content.decode()
    assert "JP-101" in page
    assert "JP-001" not in page
    assert client.get(reverse("admin:stores_store_add")).status_code == 403
    assert client.get(reverse("admin:base_user_changelist")).status_code == 403
    address = reverse("admin:stores_store_change", args=[cast.umeda.pk])
    assert client.post(address, FACTS | {"area": cast.umeda.area_id}).status_code == 403


def test_list_of_stores_leads_headquarters_to_import_and_export(cast: Cast) -> None:
    client = signed_in(cast.hanako)
    page = client.get(reverse("admin:stores_store_changelist")).content.decode()
    for name, target in (("open_import", "stores-import"), ("open_export", "stores-export")):
        address = reverse(f"admin:stores_store_{name}")
        assert address in page
        assert client.get(address)["Location"] == reverse(target)


def test_owner_without_staff_stays_outside_the_lists(cast: Cast) -> None:
    assert signed_in(cast.owari).get(reverse("admin:stores_store_changelist")).status_code == 302


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"timezone": "Asia/Tokio"}, "not a time zone"),
        ({"country": "Japan"}, "at most 2 characters"),
        ({"country": "J1"}, "two letters"),
        ({"open_buffer_minutes": "721"}, "minutes from 0 to 720"),
        ({"code": "a b"}, "A code is 1 to 32 letters"),
    ],
)
def test_store_that_cannot_stand_is_not_saved(cast: Cast, change: dict[str, str], sentence: str) -> None:
    data = FACTS | {"area": cast.ginza.area_id} | change
    page = signed_in(cast.hanako).post(reverse("admin:stores_store_add"), data)
    assert sentence in page.content.decode()
    assert not Store.objects.filter(name="Ueno").exists()


def test_store_is_saved_and_leads_to_its_week(cast: Cast) -> None:
    client = signed_in(cast.hanako)
    client.post(reverse("admin:stores_store_add"), FACTS | {"area": cast.ginza.area_id})
    store = Store.objects.get(code="JP-9")
    assert store.country == "JP"
    page = client.get(reverse("admin:stores_store_change", args=[store.pk])).content.decode()
    assert reverse("store-hours", args=["JP-9"]) in page


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"on": "2026-11-01", "kind": "CLOSED"}, "is over: today is"),
        ({"on": "2026-12-01", "kind": "HOURS", "hours": ""}, "Write the hours of this day"),
        ({"on": "2026-12-01", "kind": "HOURS", "hours": "7-8, 7:30-9"}, "overlap"),
        ({"on": "2026-12-01", "kind": "HOURS", "hours": "soon"}, "closing time"),
    ],
)
def test_special_day_that_cannot_stand_is_not_saved(cast: Cast, data: dict[str, str], sentence: str) -> None:
    page = signed_in(cast.hanako).post(reverse("admin:stores_specialday_add"), data | {"note": ""})
    assert sentence in page.content.decode()
    assert not SpecialDay.objects.exists()


def test_special_day_for_all_is_saved_with_its_author(cast: Cast) -> None:
    data = {"on": "2026-12-31", "kind": "HOURS", "hours": "7:00-12:00, 18:00-2:00", "note": "Year end"}
    signed_in(cast.hanako).post(reverse("admin:stores_specialday_add"), data)
    day = SpecialDay.objects.get()
    assert (day.hours, day.author, day.store, day.area) == (
        [[420, 720], [1080, 1560]],
        cast.hanako,
        None,
        None,
    )


def test_special_day_that_is_over_cannot_be_deleted(cast: Cast) -> None:
    facts = DayFacts(date(2026, 11, 25), SpecialKind.CLOSED)
    day = set_special_day(scope=Scope(cast.ginza), facts=facts, author=None, at=MORNING)
    with time_machine.travel("2026-12-25T00:00:00Z", tick=False):
        address = reverse("admin:stores_specialday_delete", args=[day.pk])
        assert signed_in(cast.hanako).post(address, {"post": "yes"}).status_code == 403
    assert SpecialDay.objects.filter(pk=day.pk).exists()


def test_only_superusers_change_people(cast: Cast) -> None:
    assert signed_in(cast.hanako).get(reverse("admin:base_user_add")).status_code == 403
    root = signed_in(User.objects.create_superuser("root"))
    data = {"username": "nozomi", "password1": "kamado-9-oven", "password2": "kamado-9-oven"}
    assert root.post(reverse("admin:base_user_add"), data | {"usable_password": "true"}).status_code == 302
    assert User.objects.get(username="nozomi").check_password("kamado-9-oven")
    assert root.get(reverse("admin:base_user_change", args=[cast.kenji.pk])).status_code == 200
