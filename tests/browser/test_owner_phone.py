"""An owner with one thumb, in Japanese, at 390 px: three taps, the price before saving, and back again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from models_registry.models import Override
from portal.base.models import User
from stores.models import Membership, Role, Store
from tests.browser.conftest import PASSWORD, PHONE

pytestmark = pytest.mark.browser

SMALL = """() => [...document.querySelectorAll(
  ".k-dock-tap, .k-sheet:target :is(button, summary, .k-sheet-close), .k-preview .k-button, .k-undo button")]
  .filter(each => each.offsetParent !== null || getComputedStyle(each).position === "fixed")
  .map(each => [each.textContent.trim(), each.getBoundingClientRect()])
  .filter(([, box]) => box.height && (box.height < 44 || box.width < 44)).map(([text]) => text)"""


@pytest.fixture
def owner(asakusa: Store) -> User:
    person = User.objects.create_user("olga", password=PASSWORD)
    Membership.objects.create(user=person, role=Role.OWNER, store=asakusa)
    return person


@pytest.fixture
def phone(open_page: Callable[..., Any], owner: User) -> Iterator[Any]:
    page = open_page(PHONE)
    page.set_extra_http_headers({"accept-language": "ja"})
    page.goto("/login/?next=/stores/asakusa/")
    page.fill("input[name=username]", "olga")
    page.fill("input[name=password]", PASSWORD)
    page.click("#login-form button[type=submit]")
    page.wait_for_selector(".k-dock")
    return page


def test_owner_opens_late_in_three_taps_sees_the_cost_and_takes_it_back(phone: Any) -> None:
    phone.click(".k-dock >> text=遅くまで営業")
    assert phone.evaluate(SMALL) == []
    phone.click("#open-late .k-offer >> nth=1")
    phone.wait_for_selector(".k-preview >> text=今月の増減")
    assert phone.locator(".k-change-big").inner_text().startswith("＋$4.0")
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
    page = context.new_page()
    page.goto("/login/?next=/stores/asakusa/")
    page.fill("input[name=username]", "olga")
    page.fill("input[name=password]", PASSWORD)
    page.click("#login-form button[type=submit]")
    page.click(".k-dock >> text=遅くまで営業")
    page.click("#open-late .k-offer >> nth=0")
    page.click(".k-preview >> text=保存")
    page.wait_for_selector(".k-undo")
    assert Override.objects.count() == 1
    context.close()
