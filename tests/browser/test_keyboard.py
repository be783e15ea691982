"""The main ways are open to the keyboard: nothing needs a pointer, and the focus is always seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from portal.base.models import User
from stores.models import SpecialDay, Store
from tests.browser.conftest import DESK

pytestmark = pytest.mark.browser

HAS_OUTLINE = """() => {
  const style = getComputedStyle(document.activeElement);
  return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1 || style.boxShadow !== "none";
}"""


@pytest.fixture
def window(chromium: Any, live_server: Any, headquarters: User, asakusa: Store) -> Iterator[Any]:
    Store.objects.filter(pk=asakusa.pk).update(country="JP")
    context = chromium.new_context(viewport=DESK, locale="ja-JP", base_url=live_server.url)
    client = Client()
    client.force_login(headquarters)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    context.add_cookies([cookie])
    yield context.new_page()
    context.close()


def tab_to(page: Any, selector: str, most: int = 40) -> None:
    """Press Tab until an element has the focus, and is seen to have it."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            assert page.evaluate(HAS_OUTLINE), selector
            return
    raise AssertionError(f"{most} tabs do not reach {selector}")


def test_first_tab_leads_past_the_sidebar(window: Any) -> None:
    window.goto("/holidays/")
    tab_to(window, ".k-skip", most=1)
    window.keyboard.press("Enter")
    tab_to(window, "#content a", most=1)


def test_holiday_is_decided_without_a_pointer(window: Any) -> None:
    window.goto("/holidays/")
    tab_to(window, ".k-skip", most=1)
    window.keyboard.press("Enter")
    tab_to(window, "[data-pick-all]")
    window.keyboard.press("Space")
    tab_to(window, "input[name=kind]")
    window.keyboard.press("ArrowUp")
    window.keyboard.press("ArrowDown")
    tab_to(window, ".st-decide button[type=submit]")
    window.keyboard.press("Enter")
    window.wait_for_selector("text=件のエリアの祝日")
    assert SpecialDay.objects.count() == 1


def test_special_day_is_set_without_a_pointer(window: Any) -> None:
    window.goto("/stores/asakusa/special-days/?on=2030-01-01")
    tab_to(window, ".k-skip", most=1)
    window.keyboard.press("Enter")
    tab_to(window, "input[name=kind]")
    tab_to(window, "#id_note")
    window.keyboard.type("Stocktaking")
    window.keyboard.press("Enter")
    window.wait_for_selector(".k-confirm")
    if not window.evaluate("document.activeElement.name === 'save'"):
        tab_to(window, ".k-confirm button[name=save]")
    window.keyboard.press("Enter")
    window.wait_for_selector("text=Stocktaking")
    assert SpecialDay.objects.get().note == "Stocktaking"
