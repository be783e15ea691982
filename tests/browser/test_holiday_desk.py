"""On a phone, in Japanese: headquarters decides for an area, an owner answers by link, an analyst cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from portal.base.models import User
from stores.models import Membership, Role, SpecialDay, Store
from stores.services.holiday_links import link_for, token_of
from tests.browser.conftest import PHONE

pytestmark = pytest.mark.browser


@pytest.fixture
def open_phone(chromium: Any, live_server: Any) -> Iterator[Callable[[User | None], Any]]:
    contexts = []

    def build(person: User | None) -> Any:
        context = chromium.new_context(viewport=PHONE, locale="ja-JP", base_url=live_server.url)
        contexts.append(context)
        if person is not None:
            client = Client()
            client.force_login(person)
            value = client.cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": value, "url": live_server.url}])
        return context.new_page()

    yield build
    for context in contexts:
        context.close()


@pytest.fixture
def japanese_bakery(asakusa: Store) -> Store:
    cache.clear()
    Store.objects.filter(pk=asakusa.pk).update(country="JP")
    return asakusa


def overflow(page: Any) -> int:
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def test_headquarters_decides_a_holiday_for_an_area_and_takes_it_back(
    open_phone: Callable[..., Any], japanese_bakery: Store, headquarters: User
) -> None:
    page = open_phone(headquarters)
    page.goto("/holidays/")
    assert overflow(page) == 0
    page.locator("td input[name=pick]").first.check()
    page.locator(".st-decide >> text=休業").click()
    page.click("text=決定する")
    page.wait_for_selector("text=件のエリアの祝日")
    day = SpecialDay.objects.get()
    assert (day.area, day.kind, day.source) == (japanese_bakery.area, "CLOSED", "HOLIDAY")
    page.locator(".st-card button:has-text('元に戻す')").first.click()
    page.wait_for_selector("text=元に戻しました")
    assert not SpecialDay.objects.exists()


def test_analyst_reaches_neither_the_desk_nor_the_hours(
    open_phone: Callable[..., Any], japanese_bakery: Store
) -> None:
    analyst = User.objects.create_user("ana")
    Membership.objects.create(user=analyst, role=Role.ANALYST, store=japanese_bakery)
    page = open_phone(analyst)
    for address, status in (
        ("/holidays/", 403),
        ("/stores/asakusa/hours/", 403),
        ("/stores/asakusa/special-days/", 403),
        ("/stores/elsewhere/hours/", 404),
    ):
        answer = page.goto(address)
        assert answer.status == status
        assert page.locator("main h1").count() == 1
        assert page.locator("main .k-button[href='/']").is_visible()
        assert overflow(page) == 0


def test_owner_answers_by_link_without_signing_in(
    open_phone: Callable[..., Any], japanese_bakery: Store
) -> None:
    link = link_for(store=japanese_bakery, at=datetime.now(UTC))
    page = open_phone(None)
    page.goto(reverse("holiday-answer", args=[token_of(link)]))
    assert overflow(page) == 0
    page.locator("fieldset >> text=時間を変更").first.click()
    page.locator("fieldset .st-time").nth(0).fill("10")
    page.locator("fieldset .st-time").nth(1).fill("15")
    page.click("text=保存する")
    page.wait_for_selector("text=保存しました")
    assert SpecialDay.objects.get().hours == [[600, 900]]
