"""axe-core finds no serious and no critical fault on any page, in either theme.

The pages are every address of the portal that answers headquarters' GET with HTML, so a new one is looked at
without being listed here.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from portal.base.models import User
from stores.models import DayChange, Store
from stores.services.calendar_feeds import add_feed
from stores.services.holiday_links import link_for, token_of
from tests.browser.conftest import DESK
from tests.home.test_completeness import ROUTES, photo_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

# Filtered in the page: the whole answer is megabytes.
GRAVE_FAULTS = """async options => (await axe.run(options)).violations
    .filter(each => ["serious", "critical"].includes(each.impact))
    .flatMap(each => each.nodes.slice(0, 3).map(
        node => `${each.id}, ${each.impact}: ${node.html.slice(0, 160)}`))"""
SAID_ELSEWHERE = {"set_language", "logout"}


@pytest.fixture
def addresses(asakusa: Store, headquarters: User) -> list[str]:
    """Every page with something on it, as headquarters opens it."""
    cache.clear()
    at = datetime.now(UTC)
    Store.objects.filter(pk=asakusa.pk).update(country="JP")
    photo = photo_in(asakusa)
    add_feed(user=headquarters, store=asakusa, area=None, has_ready=True, at=at)
    DayChange.objects.create(kind="HOLIDAYS", author=headquarters, made_at=at)
    client = Client(headers={"accept-language": "ja"})
    client.force_login(headquarters)
    deployment = asakusa.assignment.deployment
    version = deployment.live_version
    keys = {deployment.pk, version.pk, version.project_id, photo.pk, asakusa.area_id}
    found = [
        address
        for name, route in ROUTES.items()
        if name not in SAID_ELSEWHERE and (address := page_at(client, route, sorted(keys)))
    ]
    cell = next(iter(client.get(reverse("holidays")).context["board"].cells))
    found.append(reverse("holiday-cell", args=[cell.on.isoformat(), cell.area_id]))
    found.append(reverse("holiday-answer", args=[token_of(link_for(store=asakusa, at=at))]))
    return [*found, "/nowhere/"]


def page_at(client: Client, route: str, keys: list[int]) -> str | None:
    """Return the first address of a route that answers with HTML, or None."""
    plain = re.sub(r"<(str|anything):\w+>", "asakusa", route)
    places = len(re.findall(r"<int:\w+>", plain))
    for chosen in itertools.product(keys, repeat=places):
        values = iter(chosen)
        address = re.sub(r"<int:\w+>", lambda _, left=values: str(next(left)), plain)
        answer = client.get(address)
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
            return address if b"<html" in answer.content else None
    return None


@pytest.fixture
def window(chromium: Any, live_server: Any, headquarters: User) -> Iterator[Any]:
    context = chromium.new_context(
        viewport=DESK, locale="ja-JP", base_url=live_server.url, color_scheme="light", reduced_motion="reduce"
    )
    client = Client()
    client.force_login(headquarters)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    context.add_cookies([cookie])
    yield context.new_page()
    context.close()


def faults(page: Any, address: str, theme: str, options: dict[str, Any]) -> list[str]:
    """Return the grave faults of a page into which axe-core was put."""
    found = page.evaluate(GRAVE_FAULTS, {"resultTypes": ["violations"], **options})
    return [f"{address} [{theme}] {fault}" for fault in found]


def test_no_page_has_a_serious_fault_in_either_theme(addresses: list[str], window: Any) -> None:
    axe, wrong = Axe().axe_script, list[str]()
    for address in addresses:
        window.goto(address, wait_until="load")
        window.evaluate(axe)
        wrong += faults(window, address, "light", {})
        window.evaluate("document.documentElement.classList.add('dark')")
        wrong += faults(window, address, "dark", {"runOnly": ["color-contrast"]})
    assert len(addresses) > 50
    assert not wrong, "\n".join(wrong)
