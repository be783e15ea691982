"""The till in a real Chromium: its clerk, a photo of a tray, and what a test does with the window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from detections.gateways.in_memory_eyes import InMemoryEyes
from detections.models import Correction, Product
from portal.base.models import User
from stores.models import Membership, Role
from tests.browser.conftest import PASSWORD
from tests.detections.conftest import ANPAN, MELON, YAKISOBA, Register, jpeg

TABLET, PHONE = {"width": 820, "height": 1180}, {"width": 390, "height": 844}
SIZES = pytest.mark.parametrize("size", [TABLET, PHONE], ids=["tablet", "phone"])
EXPECTED_NOISE = ("ERR_INTERNET_DISCONNECTED", "ERR_CONNECTION_RESET", "status of 4")
PRICES = {MELON: ("Melon bread", 180), ANPAN: ("Red bean bun", 170), YAKISOBA: ("Fried noodle roll", 200)}
TARGETS = """[...document.querySelectorAll("button, a, label, input:not(.t-file)")]
  .filter((each) => each.getClientRects().length && (each.offsetWidth < 44 || each.offsetHeight < 44))
  .map((each) => each.outerHTML)"""
KEPT = """async () => {
  const done = (request) => new Promise((resolve) => { request.onsuccess = () => resolve(request.result); });
  const database = await done(indexedDB.open("kamado-till", 1));
  const left = await done(database.transaction("trays").objectStore("trays").count());
  database.close();
  return left;
}"""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def tray(tmp_path: Path) -> Path:
    """A photo larger than the till sends."""
    path = tmp_path / "tray.jpg"
    path.write_bytes(jpeg(2400, 1800))
    return path


@pytest.fixture
def clerk(live_server: Any, asakusa: Register, eyes: InMemoryEyes) -> User:
    """Chika, who runs Asakusa's day, and what the bakery sells."""
    for label, (name, price) in PRICES.items():
        Product.objects.create(label=label, name_ja=label, name_en=name, price=price)
    person = User.objects.create_user("chika", password=PASSWORD)
    Membership.objects.create(user=person, role=Role.OWNER, store=asakusa.store)
    return person


@pytest.fixture
def open_till(chromium: Any, live_server: Any, clerk: User) -> Iterator[Callable[..., Any]]:
    """Open the till with Chika signed in; what went wrong in the window fails the test when it is over."""
    wrong: list[str] = []
    contexts = []

    def build(size: dict[str, int] = TABLET) -> Any:
        context = chromium.new_context(
            viewport=size, locale="ja-JP", base_url=live_server.url, has_touch=True
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", lambda said: wrong.append(said.text) if is_error(said) else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        context.add_cookies([{"name": "sessionid", "value": session_of(clerk), "url": live_server.url}])
        page.goto("/till/asakusa/")
        page.wait_for_selector("#model:not([hidden])")
        return page

    yield build
    for context in contexts:
        context.close()
    assert wrong == []


def session_of(person: User) -> str:
    client = Client()
    client.force_login(person)
    return client.cookies["sessionid"].value


def is_error(said: Any) -> bool:
    return said.type == "error" and not any(each in said.text for each in EXPECTED_NOISE)


def hand_in(page: Any, tray: Path) -> None:
    page.set_input_files("#camera", str(tray))
    page.wait_for_selector("#tray:not([hidden])")
    page.wait_for_selector("#looking", state="hidden")


def confirm(page: Any) -> None:
    page.click("#confirm")
    page.wait_for_selector("#ready:not([hidden])")


def until_sent(page: Any, *, left: int = 0) -> None:
    """Wait until no tray, or only so many, are kept on the device."""
    for _ in range(150):
        if page.evaluate(KEPT) == left:
            return
        page.wait_for_timeout(100)
    pytest.fail(f"still kept on the device: {page.evaluate(KEPT)}")


def sold(correction: Correction) -> list[str]:
    return sorted(each["label"] for each in correction.items)
