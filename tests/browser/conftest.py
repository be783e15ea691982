"""A real Chromium in front of the portal; skipped, with the reason, where there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from models_registry.models import PriceRate
from portal.base.models import User
from stores.models import Membership, Role, Store
from tests.models_registry.conftest import World, area, bakery

__all__ = ["area", "bakery"]

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PASSWORD = "oven-before-dawn"
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


@pytest.fixture(autouse=True, scope="session")
def static_folder() -> None:
    """WhiteNoise warns of a folder that `up` makes and tests do not need."""
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip(f"no Chromium at {CHROMIUM}")
    with pytest.MonkeyPatch.context() as patched, playwright.sync_playwright() as driver:
        # Playwright's loop runs in this thread; the database is asked between its steps, never during one.
        patched.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Any, live_server: Any) -> Iterator[Callable[..., Any]]:
    """Open a window on the portal that tells what went wrong in it when the test is over."""
    wrong: list[str] = []
    contexts = []

    def build(size: dict[str, int]) -> Any:
        context = chromium.new_context(viewport=size, locale="en-GB", base_url=live_server.url)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda asked: _stays_here(asked.url, live_server.url, wrong))
        return page

    yield build
    for context in contexts:
        context.close()
    assert wrong == []


def _stays_here(url: str, home: str, wrong: list[str]) -> None:
    if not url.startswith((home, "data:", "blob:")):
        wrong.append(f"A request left the host: {url}")


@pytest.fixture
def asakusa(transactional_db: None, bakery: Callable[..., Store]) -> Store:
    """A bakery that is open until a minute before midnight, its model ready."""
    start = datetime(2020, 1, 1, tzinfo=UTC)
    PriceRate.objects.get_or_create(
        region="", kind=PriceRate.Kind.INFERENCE, valid_from=start, defaults={"usd_per_hour": Decimal(4)}
    )
    store = bakery("asakusa", {day: [(0, 1439)] for day in range(7)})
    world = World(at=datetime.now(UTC))
    world.deployment("asakusa", store)
    world.tick()
    return store


@pytest.fixture
def headquarters(transactional_db: None) -> User:
    person = User.objects.create_user("hanako", password=PASSWORD, is_staff=True)
    Membership.objects.create(user=person, role=Role.HQ)
    return person
