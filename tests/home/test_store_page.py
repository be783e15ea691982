"""One store's page: told, overridden, taken back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse

from models_registry.models import Override
from stores.models import Role, Store
from tests.home.conftest import Street, make_ready
from tests.models_registry.conftest import World, tokyo

PAGE = "/stores/asakusa/"
PAGE_QUERIES = 85
FRAGMENT_QUERIES = 23


@pytest.fixture
def morning(street: Street, at_the_shop: World) -> World:
    """Nine o'clock: Asakusa's model has been ready since a quarter to seven."""
    make_ready(at_the_shop)
    return at_the_shop


def test_page_tells_what_holds_and_why(morning: World, hq: Client) -> None:
    page = hq.get(PAGE).content.decode()
    assert "Ready" in page
    assert "Running, as planned." in page
    assert "asakusa is open Mon 07:00–19:00." in page
    assert "＋$2.00" in page  # half an hour longer
    assert "k-tl-ran" in page


def test_page_and_its_refresh_ask_a_bounded_number_of_queries(morning: World, hq: Client) -> None:
    with CaptureQueriesContext(connection) as whole:
        hq.get(PAGE)
    with CaptureQueriesContext(connection) as live:
        fragment = hq.get(PAGE, headers={"HX-Request": "true"}).content.decode()
    assert len(whole) <= PAGE_QUERIES
    assert len(live) <= FRAGMENT_QUERIES
    assert fragment.count('hx-swap-oob="true"') == 7


def test_open_late_is_written_shown_and_taken_back(
    morning: World, street: Street, sign_in: Callable[..., Client]
) -> None:
    owner = sign_in("olga", Role.OWNER, store=street.asakusa)
    answer = owner.post(f"{PAGE}stay-open/", {"until": "21:30", "save": "1"}, follow=True)
    made = Override.objects.get()
    assert (made.starts_at, made.ends_at) == (tokyo(2, 19), tokyo(2, 22))
    assert (made.author.username, made.why) == ("olga", "Open late until 21:30")
    assert "Saved: Open late until 21:30" in answer.content.decode()
    assert "Kept ready" in answer.content.decode()

    owner.post(f"{PAGE}overrides/{made.pk}/take-back/")
    assert Override.objects.get().cancelled_at == morning.at
    assert "Kept ready" not in owner.get(PAGE).content.decode()


def test_start_now_holds_for_two_hours(morning: World, hq: Client) -> None:
    hq.post(f"{PAGE}run-now/")
    made = Override.objects.get()
    assert (made.kind, made.starts_at, made.ends_at) == ("RUN", tokyo(2, 9), tokyo(2, 11))


def test_stop_without_an_end_is_refused_and_loses_nothing(morning: World, hq: Client) -> None:
    answer = hq.post(f"{PAGE}keep-stopped/", {"until": "", "why": "Oven repair"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Say until when. A stop without an end would be forgotten." in page
    assert 'value="Oven repair"' in page
    assert not Override.objects.exists()


def test_keep_stopped_is_read_on_the_stores_clock(morning: World, hq: Client) -> None:
    hq.post(f"{PAGE}keep-stopped/", {"until": "2026-11-02T15:00", "why": "Oven repair"})
    made = Override.objects.get()
    assert (made.kind, made.ends_at, made.why) == ("STOP", tokyo(2, 15), "Oven repair")


def test_late_closing_that_is_past_is_refused_with_the_stores_clock(morning: World, hq: Client) -> None:
    page = hq.post(f"{PAGE}stay-open/", {"until": "08:00"}).content.decode()
    assert "It is 09:00 at the store, so that time is past. Write a later one." in page
    assert 'value="08:00"' in page


def test_anothers_override_cannot_be_taken_back_through_ones_own_store(
    morning: World, street: Street, sign_in: Callable[..., Client]
) -> None:
    owner = sign_in("olga", Role.OWNER, store=street.asakusa)
    foreign = Override.objects.create(
        store=street.umeda, kind="RUN", starts_at=tokyo(2, 8), ends_at=tokyo(2, 10)
    )
    assert owner.post(f"{PAGE}overrides/{foreign.pk}/take-back/").status_code == 404
    assert Override.objects.get().cancelled_at is None


def test_control_is_changed_by_those_who_may(morning: World, hq: Client) -> None:
    hq.post(f"{PAGE}control/", {"control": "HANDS_OFF"})
    assert Store.objects.get(code="asakusa").control == "HANDS_OFF"
    assert b"stay-open" not in hq.get(PAGE).content
    assert hq.post(f"{PAGE}control/", {"control": "MAYBE"}).status_code == 422


def test_store_without_deployment_hours_or_ticks_has_a_page(street: Street, hq: Client) -> None:
    street.umeda.opening_hours.all().delete()
    page = hq.get("/stores/umeda/").content.decode()
    assert "No deployment" in page
    assert "no opening hours: it never starts" in page


def test_why_page_answers_at_an_instant_of_the_stores_clock(morning: World, hq: Client) -> None:
    page = hq.get("/why/", {"store": "asakusa", "at": "2026-11-02T08:00"}).content.decode()
    assert "Asakusa is open at 08:00 JST." in page
    assert "Decision in force" in page
    assert "Next change: needed until 19:30 JST." in page


@pytest.mark.parametrize("at", ["yesterday", "0001-01-01T00:00", "9999-12-31T23:59"])
def test_why_page_refuses_an_instant_it_cannot_read(street: Street, hq: Client, at: str) -> None:
    page = hq.get("/why/", {"store": "asakusa", "at": at}).content.decode()
    assert "Write a date and a time, such as 2026-11-24 09:00." in page


def test_import_page_is_not_taken_for_a_store() -> None:
    assert resolve(reverse("stores-import")).url_name == "stores-import"
