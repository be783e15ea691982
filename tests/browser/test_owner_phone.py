"""An owner with one thumb, in Japanese, at 390 px: three taps, the price before saving, and back again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.test import Client

from models_registry.models import Override
from portal.base.models import User
from stores.models import Membership, Role, Store
from stores.services.hours import replace_week
from tests.browser.conftest import PHONE

pytestmark = pytest.mark.browser

SMALL = """() => [...document.querySelectorAll(
  ".k-dock-tap, .k-sheet:target :is(button, summary, .k-sheet-close), .k-preview .k-button, .k-undo button")]
  .filter(each => each.offsetParent !== null || getComputedStyle(each).position === "fixed")
  .map(each => [each.textContent.trim(), each.getBoundingClientRect()])
  .filter(([, box]) => box.height && (box.height < 44 || box.width < 44)).map(([text]) => text)"""


@pytest.fixture
def owner(asakusa: Store) -> User:
    """The owner of a bakery that opened an hour ago and closes in another."""
    minute = datetime.now(ZoneInfo(asakusa.timezone))
    now = minute.hour * 60 + minute.minute
    replace_week(store=asakusa, weekly=(((max(0, now - 60), now + 60),),) * 7)
    person = User.objects.create_user("olga")
    Membership.objects.create(user=person, role=Role.OWNER, store=asakusa)
    return person


def signed_in(context: Any, address: str, owner: User) -> Any:
    """Open the store's page as its owner, in Japanese, as a phone that signed in before."""
    client = Client()
    client.force_login(owner)
    cookies = {
        settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value,
        settings.LANGUAGE_COOKIE_NAME: "ja",
    }
    context.add_cookies([{"name": name, "value": value, "url": address} for name, value in cookies.items()])
    page = context.new_page()
    page.goto(f"{address}/stores/asakusa/")
    page.wait_for_selector(".k-dock")
    return page


@pytest.fixture
def phone(open_page: Callable[..., Any], live_server: Any, owner: User) -> Any:
    page = open_page(PHONE)
    return signed_in(page.context, live_server.url, owner)


def test_owner_opens_late_in_three_taps_sees_the_cost_and_takes_it_back(phone: Any) -> None:
    phone.click(".k-dock >> text=遅くまで営業")
    assert phone.evaluate(SMALL) == []
    phone.click("#open-late .k-offer >> nth=1")
    phone.wait_for_selector(".k-preview >> text=今月の増減")
    assert "$" in phone.locator(".k-change-big").inner_text()
    assert phone.locator(".k-preview dd >> text=＋1 時間").count() == 2  # open, and the model running
    assert not Override.objects.exists()
    assert phone.evaluate(SMALL) == []
    save = phone.locator(".k-preview >> text=保存")
    assert save.bounding_box()["y"] > PHONE["height"] / 2  # within reach of the thumb
    save.click()
    phone.wait_for_selector(".k-undo >> text=元に戻す")
    assert Override.objects.get().cancelled_at is None

    assert phone.evaluate(SMALL) == []
    phone.click(".k-undo >> text=元に戻す")
    phone.wait_for_selector("text=元に戻しました")
    assert Override.objects.get().cancelled_at is not None
    assert phone.locator(".k-undo").count() == 0


def test_owner_without_scripts_does_the_same(chromium: Any, live_server: Any, owner: User) -> None:
    context = chromium.new_context(
        viewport=PHONE, locale="ja-JP", base_url=live_server.url, java_script_enabled=False
    )
    page = signed_in(context, live_server.url, owner)
    page.click(".k-dock >> text=遅くまで営業")
    page.click("#open-late .k-offer >> nth=0")
    page.click(".k-preview >> text=保存")
    page.wait_for_selector(".k-undo")
    assert Override.objects.count() == 1
    context.close()
