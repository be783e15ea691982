"""The owner's one-taps on the page: seen with their price, saved, undone; bounds and guards said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from models_registry.domain.overrides import OverrideKind
from models_registry.models import Guard, Override, StoreEdit
from models_registry.services.overrides import OverrideOrder, set_override
from portal.base import clock
from portal.base.models import User
from stores.domain.bounds import Limits
from stores.models import Bounds, Role, SpecialDay, Store
from stores.selectors.rules import weeks_of
from stores.services.bounds import set_bounds
from tests.home.conftest import Street, make_ready
from tests.models_registry.conftest import World, tokyo

PAGE = "/stores/asakusa/"


@pytest.fixture
def morning(street: Street, at_the_shop: World) -> World:
    make_ready(at_the_shop)
    return at_the_shop


@pytest.fixture
def owner(morning: World, street: Street, sign_in: Callable[..., Client]) -> Client:
    return sign_in("olga", Role.OWNER, store=street.asakusa)


def test_open_late_is_shown_with_its_price_before_anything_is_written(owner: Client) -> None:
    page = owner.post(f"{PAGE}stay-open/", {"until": "20:00"}).content.decode()
    assert "Open late until 20:00" in page
    assert "＋$4.00" in page
    assert '<input type="hidden" name="until" value="20:00">' in page
    assert not Override.objects.exists()


def test_sheet_alone_comes_to_the_page_that_asks_for_it(owner: Client) -> None:
    answer = owner.post(f"{PAGE}stay-open/", {"until": "20:00"}, headers={"HX-Request": "true"})
    assert answer.content.decode().lstrip().startswith("<section")
    refused = owner.post(f"{PAGE}stay-open/", {"until": "noonish"}, headers={"HX-Request": "true"})
    assert "is not a time" in refused.content.decode()


def test_sheet_seen_before_midnight_is_shown_again_after_it(owner: Client, morning: World) -> None:
    morning.at = tokyo(6, 23, 59)
    seen = owner.post(f"{PAGE}closed-tomorrow/").content.decode()
    assert '<input type="hidden" name="seen_on" value="2026-11-06">' in seen
    morning.at = tokyo(7, 0, 1)
    again = owner.post(f"{PAGE}closed-tomorrow/", {"save": "1", "seen_on": "2026-11-06"}).content.decode()
    assert "Closed on Sun, Nov 8" in again
    assert not SpecialDay.objects.exists()
    owner.post(f"{PAGE}closed-tomorrow/", {"save": "1", "seen_on": "2026-11-07"})
    assert SpecialDay.objects.get().on.isoformat() == "2026-11-08"


def test_preview_asks_a_bounded_number_of_queries(owner: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        owner.post(f"{PAGE}stay-open/", {"until": "20:00"}, headers={"HX-Request": "true"})
    assert len(queries) <= 32


def test_saved_edit_is_undone_from_the_page_until_ten_minutes_are_over(owner: Client, morning: World) -> None:
    owner.post(f"{PAGE}close-early/", {"until": "17:00", "save": "1"})
    edit = StoreEdit.objects.get()
    page = owner.get(PAGE).content.decode()
    assert "Closed early at 17:00" in page
    assert "can be undone for 10 minutes" in page
    assert SpecialDay.objects.get().hours == [[420, 1020]]

    answer = owner.post(f"{PAGE}edits/{edit.pk}/undo/", follow=True).content.decode()
    assert "Undone. Everything is as it was." in answer
    assert not SpecialDay.objects.exists()
    assert (
        "It was undone already." in owner.post(f"{PAGE}edits/{edit.pk}/undo/", follow=True).content.decode()
    )

    owner.post(f"{PAGE}closed-tomorrow/", {"save": "1"})
    morning.at += timedelta(minutes=10)
    assert "can be undone" not in owner.get(PAGE).content.decode()


def test_edit_of_another_store_is_not_undone_through_ones_own(owner: Client, street: Street) -> None:
    foreign = StoreEdit.objects.create(store=street.umeda, kind="WEEK", said="x", at=clock.now())
    assert owner.post(f"{PAGE}edits/{foreign.pk}/undo/").status_code == 404


def test_week_is_shown_with_its_price_and_can_be_typed_again(owner: Client, street: Street) -> None:
    data = {"open_buffer_minutes": "30", "close_buffer_minutes": "30"}
    data |= {f"opens-{day}": "7:00" for day in range(7)} | {f"closes-{day}": "20:00" for day in range(7)}
    page = owner.post(f"{PAGE}hours/", data).content.decode()
    assert "＋$116.00" in page  # an hour on each of the 29 days left, today's among them
    assert "＋$121.75" in page  # 4 USD on 30.4375 days
    assert 'name="closes-6" value="20:00"' in page
    again = owner.post(f"{PAGE}hours/", data | {"edit": "1"}).content.decode()
    assert 'value="20:00"' in again
    assert weeks_of([street.asakusa.pk])[street.asakusa.pk][0] == ((420, 1140),)
    owner.post(f"{PAGE}hours/", data | {"save": "1"})
    assert weeks_of([street.asakusa.pk])[street.asakusa.pk][0] == ((420, 1200),)
    assert "can be undone for 10 minutes" in owner.get(f"{PAGE}hours/").content.decode()


def test_owner_outside_the_bounds_is_told_the_bound_and_whom_to_ask(owner: Client, morning: World) -> None:
    hanako = User.objects.create_user("hanako", first_name="Hanako")
    limits = Limits(latest_closing_minute=22 * 60)
    set_bounds(area=None, store=None, limits=limits, author=hanako, at=morning.at)
    refused = owner.post(f"{PAGE}stay-open/", {"until": "22:30"})
    assert refused.status_code == 422
    assert "Headquarters allows closing at 22:00 at the latest. Ask Hanako for more." in (
        refused.content.decode()
    )
    assert owner.post(f"{PAGE}stay-open/", {"until": "22:30", "save": "1"}).status_code == 422
    assert not Override.objects.exists()


def test_owner_who_may_not_override_is_told_whom_to_ask(owner: Client, morning: World) -> None:
    hanako = User.objects.create_user("hanako", first_name="Hanako")
    set_bounds(area=None, store=None, limits=Limits(may_override=False), author=hanako, at=morning.at)
    for name, data in (("stay-open", {"until": "20:00"}), ("run-now", {}),
                       ("keep-stopped", {"until": "2026-11-02T15:00"})):  # fmt: skip
        page = owner.post(f"{PAGE}{name}/", data)
        assert page.status_code == 422, name
        assert "Ask Hanako." in page.content.decode(), name
    assert not Override.objects.exists()


def test_headquarters_sets_bounds_and_sees_who_lies_outside(hq: Client, morning: World) -> None:
    data = {"latest": "22:00", "hours": "80", "may_override": "yes", "ask_from_trays": "5"}
    assert hq.post("/bounds/", data).status_code == 302
    row = Bounds.objects.get()
    said = (row.latest_closing_minute, row.most_open_minutes, row.may_override, row.ask_from_trays)
    assert said == (1320, 4800, True, 5)
    page = hq.get(f"/bounds/?row={row.pk}").content.decode()
    assert "open 84 h a week, allowed 80 h" in page
    assert 'value="22:00"' in page
    both = hq.post("/bounds/", {"area": Store.objects.first().area_id, "store": "asakusa"})
    assert "not both" in both.content.decode()


def test_headquarters_sets_renews_and_lifts_a_guard_that_the_store_page_shows(
    hq: Client, owner: Client, morning: World
) -> None:
    data = {"kind": "RUN", "store": "asakusa", "until": "2026-11-08", "why": "Televised tasting."}
    assert hq.post("/guards/", data).status_code == 302
    guard = Guard.objects.get()
    assert guard.ends_at == tokyo(9, 0)
    page = owner.get(PAGE).content.decode()
    assert "Never stop" in page
    assert "Televised tasting." in page
    hq.post(f"/guards/{guard.pk}/", {"until": "2026-11-10"})
    assert Guard.objects.get().ends_at == tokyo(11, 0)
    too_long = hq.post(f"/guards/{guard.pk}/", {"until": "2027-11-10"}, follow=True)
    assert "at most 90 days" in too_long.content.decode()
    hq.post(f"/guards/{guard.pk}/", {"lift": "1"})
    assert "Televised tasting." not in owner.get(PAGE).content.decode()


def test_guard_without_a_scope_is_refused_with_a_sentence(hq: Client, morning: World) -> None:
    page = hq.post("/guards/", {"kind": "RUN", "until": "2026-11-08", "why": "Because."}).content.decode()
    assert "A guard is for one store or for one deployment." in page


def test_word_of_headquarters_stays_where_overriding_is_its_own(owner: Client, morning: World) -> None:
    hanako = User.objects.create_user("hanako", is_superuser=True)
    store = Store.objects.get(code="asakusa")
    order = OverrideOrder(OverrideKind.RUN, morning.at, morning.at + timedelta(hours=2), store=store)
    made = set_override(order=order, author=hanako, at=morning.at)
    set_bounds(area=None, store=None, limits=Limits(may_override=False), author=hanako, at=morning.at)
    page = owner.post(f"{PAGE}overrides/{made.pk}/take-back/", follow=True).content.decode()
    assert "Headquarters decides here" in page
    made.refresh_from_db()
    assert made.cancelled_at is None
