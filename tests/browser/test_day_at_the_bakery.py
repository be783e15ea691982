"""A person signs in, looks at the board, keeps the bakery open late and takes it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from models_registry.models import Override
from portal.base.models import User
from stores.models import Store
from tests.browser.conftest import DESK, PASSWORD, PHONE

pytestmark = pytest.mark.browser


def sign_in(page: Any) -> None:
    page.goto("/")
    page.fill("input[name=username]", "hanako")
    page.fill("input[name=password]", PASSWORD)
    page.click("#login-form button[type=submit]")
    page.wait_for_selector("#board")


def overflow(page: Any) -> int:
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def test_open_late_is_pressed_on_the_phone_and_taken_back(
    open_page: Callable[..., Any], asakusa: Store, headquarters: User
) -> None:
    page = open_page(PHONE)
    sign_in(page)
    page.click("text=Asakusa")
    page.click(".k-dock >> text=Open late")
    page.click("#open-late .k-offer >> nth=1")
    page.click(".k-preview >> text=Save")
    page.wait_for_selector("#overrides >> text=Kept ready")
    made = Override.objects.get()
    assert made.why.startswith("Open late until")
    page.click("text=Take back")
    page.wait_for_selector("text=Taken back.")
    assert page.locator("#overrides >> text=Kept ready").count() == 0


def test_no_page_scrolls_sideways_on_the_phone(
    open_page: Callable[..., Any], asakusa: Store, headquarters: User
) -> None:
    page = open_page(PHONE)
    page.goto("/login/")
    assert overflow(page) == 0
    sign_in(page)
    for address in ("/", "/stores/asakusa/", "/why/?store=asakusa"):
        page.goto(address)
        assert overflow(page) == 0, address


def test_board_filters_and_refreshes_without_losing_the_place(
    open_page: Callable[..., Any], asakusa: Store, headquarters: User
) -> None:
    page = open_page(DESK)
    sign_in(page)
    page.fill("#id_q", "nobody")
    page.wait_for_selector("text=No store matches these filters.")
    assert page.url.endswith("q=nobody&area=&state=&sort=") or "q=nobody" in page.url
    page.fill("#id_q", "asa")
    page.wait_for_selector("#board >> text=Asakusa")
    page.focus("#board th a")
    with page.expect_response(lambda answer: "q=asa" in answer.url, timeout=8_000):
        pass
    page.wait_for_selector("#board >> text=Asakusa")
    assert page.input_value("#id_q") == "asa"
    assert page.evaluate("document.activeElement.textContent") == "Asakusa"
