"""Thresholds are moved and published on the page; cases are gone through by keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from detections.models import Detection, ThresholdSet
from detections.services.thresholds import SetDraft, publish_set
from models_registry.models import Deployment
from portal.base.models import User
from tests.browser.conftest import DESK, PHONE, chromium, static_folder
from tests.detections.conftest import MELON
from tests.detections.test_evaluation_page import aki, photos

__all__ = ["aki", "chromium", "photos", "static_folder"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
MOVE = """([place, value]) => {
  const slider = document.querySelector(`[data-slider="${place}"]`);
  slider.value = value;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
}"""


@pytest.fixture
def open_scores(chromium: Any, live_server: Any, hq: Client) -> Iterator[Callable[..., Any]]:
    wrong: list[str] = []
    contexts = []

    def build(path: str, size: dict[str, int] = DESK, locale: str = "en-GB") -> Any:
        context = chromium.new_context(viewport=size, locale=locale, base_url=live_server.url)
        contexts.append(context)
        signed_in = Client()
        signed_in.force_login(User.objects.get(username="hanako"))
        cookie = signed_in.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda asked: _note(asked.url, live_server.url, wrong))
        page.goto(path)
        return page

    yield build
    for context in contexts:
        context.close()
    assert wrong == []


def _note(url: str, home: str, wrong: list[str]) -> None:
    if not url.startswith((home, "data:", "blob:")):
        wrong.append(f"A request left the host: {url}")


def row_of(page: Any, label: str) -> int:
    names = page.locator("[data-row] .e-name a").all_inner_texts()
    return [name.strip() for name in names].index(label)


def test_thresholds_are_simulated_and_published(
    photos: list[Detection], open_scores: Callable[..., Any]
) -> None:
    deployment = Deployment.objects.get(name="asakusa")
    page = open_scores(f"/versions/{photos[0].version_id}/reviewed/")
    place = row_of(page, MELON)
    page.evaluate(MOVE, [place, "90"])
    row = page.locator(f'[data-row="{place}"]')
    assert row.locator("[data-recall]").inner_text() == "0.000"
    assert f"{MELON} 86.2 → 90.0" in page.locator("#changed").inner_text()

    page.fill("#publish input[name=reason]", "Melon bread twice")
    publish_set(deployment=deployment, draft=SetDraft(), reason="Somebody else", author=None)
    page.click("#publish button")
    page.wait_for_selector("#refused:not([hidden])")
    assert "Set 1 was published" in page.locator("#refused").inner_text()
    page.click("#publish button")
    page.wait_for_url(f"**/deployments/{deployment.pk}/thresholds/")
    made = ThresholdSet.objects.get(number=2)
    assert (made.thresholds, made.reason) == ({MELON: 90.0}, "Melon bread twice")


def test_cases_are_gone_through_by_arrow_keys(
    photos: list[Detection], open_scores: Callable[..., Any]
) -> None:
    page = open_scores(f"/versions/{photos[0].version_id}/reviewed/cases/?as=one")
    for key, expected in (("ArrowRight", "2 / 3"), ("ArrowRight", "3 / 3"), ("ArrowLeft", "2 / 3")):
        page.keyboard.press(key)
        page.wait_for_function("text => document.body.innerText.includes(text)", arg=expected)


@pytest.mark.parametrize("locale", ["en-GB", "ja-JP"])
def test_pages_fit_a_phone(photos: list[Detection], open_scores: Callable[..., Any], locale: str) -> None:
    start = f"/versions/{photos[0].version_id}/reviewed/"
    page = open_scores(start, PHONE, locale)
    for path in (start, f"{start}cases/", f"{start}cases/?as=crops", f"{start}cases/?as=one"):
        page.goto(path)
        assert page.evaluate(OVERFLOW) <= 0, path
