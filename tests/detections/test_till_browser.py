"""The till in a real Chromium: photo, correct, confirm, next."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from detections.domain.places import RawLabel
from detections.gateways.in_memory_eyes import InMemoryEyes
from detections.models import Correction, Detection
from tests.browser.conftest import chromium
from tests.detections.conftest import ANPAN, ARTICLE, MELON, YAKISOBA
from tests.detections.till_window import (
    OVERFLOW,
    PHONE,
    SIZES,
    TARGETS,
    clerk,
    confirm,
    hand_in,
    open_till,
    sold,
    tray,
    until_sent,
)

__all__ = ["chromium", "clerk", "open_till", "tray"]

pytestmark = pytest.mark.browser
COMPUTED = """async ([name, ...given]) => (await import("/static/kamado/till/geometry.js"))[name](...given)"""
SQUARE = {"width": 440, "height": 440}


def box(left: float, top: float, width: float, height: float) -> dict[str, float]:
    return {"left": left, "top": top, "width": width, "height": height}


GEOMETRY: list[tuple[list[Any], dict[str, Any]]] = [
    (["visible", box(-0.1, 0.9, 0.3, 0.3)], box(0, 0.9, 0.2, 0.1)),
    (["touchable", box(0.4, 0.4, 0.2, 0.2), SQUARE], box(0.4, 0.4, 0.2, 0.2)),
    (["touchable", box(0.5, 0.5, 0, 0), SQUARE], box(0.45, 0.45, 0.1, 0.1)),
    (["touchable", box(0.98, 0, 0.02, 0.02), SQUARE], box(0.9, 0, 0.1, 0.1)),
    (["touchable", box(0, 0, 0.1, 0.1), {"width": 30, "height": 440}], box(0, 0, 1, 0.1)),
    (["shrunk", 4000, 3000, 1600], {"width": 1600, "height": 1200}),
    (["shrunk", 3, 9000, 1600], {"width": 1, "height": 1600}),
    (["shrunk", 640, 480, 1600], {"width": 640, "height": 480}),
    (
        ["cropped", box(0.25, 0.5, 0.5, 0.5), 0],
        {"size": "200% 200%", "position": "50% 100%", "width": 0.5, "height": 0.5},
    ),
    (
        ["cropped", box(0, 0, 1, 1)],
        {"size": "100% 100%", "position": "0% 0%", "width": 1, "height": 1},
    ),
]


@SIZES
def test_article_is_played_at_the_till(
    open_till: Callable[..., Any], tray: Path, size: dict[str, int]
) -> None:
    """One bread is sure, two are near misses; a tap adds one, the other is named anew."""
    page = open_till(size)
    assert page.evaluate(TARGETS) == []
    hand_in(page, tray)
    assert page.inner_text("#total") == "￥180"
    assert page.locator(".t-target.t-sure").count() == 1
    assert page.locator(".t-target.t-near").count() == 2

    page.click(f".t-target[aria-label*={ANPAN}]")
    page.click(f".t-target[aria-label*={ANPAN}]")
    page.fill("#chooser .t-search", "noodle")
    page.click(f"#chooser .t-tile[data-label={YAKISOBA}]")
    assert page.inner_text("#total") == "￥380"
    assert page.evaluate(TARGETS) == []
    assert page.evaluate(OVERFLOW) == 0
    confirm(page)
    page.wait_for_selector("#last >> text=確定しました：￥380（2点）")
    until_sent(page)

    row = Detection.objects.get()
    assert (row.source, row.register, row.width, row.height) == (Detection.Source.TILL, "chika", 1600, 1200)
    made = Correction.objects.get()
    assert (sold(made), made.differs) == (sorted([MELON, YAKISOBA]), True)
    box = next(each["box"] for each in made.items if each["label"] == YAKISOBA)
    assert box == {"left": 0.3, "top": 0.6, "width": 0.3, "height": 0.3}


def test_tray_cannot_be_sold_before_the_doubtful_bread_is_chosen(
    open_till: Callable[..., Any], tray: Path, eyes: InMemoryEyes
) -> None:
    place = ARTICLE[1].box
    eyes.labels = (RawLabel(MELON, 95, place), RawLabel(ANPAN, 93, place))
    page = open_till()
    hand_in(page, tray)

    page.click("#confirm")
    assert page.inner_text("#confirm") == "あと1つ選ぶ"
    assert page.locator("#ready").is_hidden()
    page.click(f".t-question .t-candidate[data-label={MELON}]")
    confirm(page)
    until_sent(page)

    assert sold(Correction.objects.get()) == [MELON]


def test_items_are_counted_up_and_down_by_hand(open_till: Callable[..., Any], tray: Path) -> None:
    page = open_till()
    hand_in(page, tray)
    page.click("#add")
    page.click(f"#chooser .t-tile[data-label={ANPAN}]")
    page.click(f".t-item[data-label={ANPAN}] button >> nth=1")
    page.click(f".t-item[data-label={MELON}] button >> nth=0")
    assert page.inner_text("#total") == "￥340"
    confirm(page)
    until_sent(page)

    assert sold(Correction.objects.get()) == [ANPAN, ANPAN]


def test_picture_that_is_none_is_told_and_another_may_be_taken(
    open_till: Callable[..., Any], tray: Path, tmp_path: Path
) -> None:
    page = open_till()
    nonsense = tmp_path / "tray.heic"
    nonsense.write_bytes(b"nonsense")
    hand_in(page, nonsense)
    page.wait_for_selector("#notice >> text=この写真は使えません")
    hand_in(page, tray)
    page.wait_for_selector(".t-target.t-sure")
    confirm(page)
    until_sent(page)

    assert [row.outcome for row in Detection.objects.order_by("id")] == ["PICTURE_REFUSED", "ANSWERED"]


def test_photo_without_breads_says_so_and_the_tray_is_rung_up_by_hand(
    open_till: Callable[..., Any], tray: Path, eyes: InMemoryEyes
) -> None:
    eyes.labels = ()
    page = open_till(PHONE)
    hand_in(page, tray)
    page.wait_for_selector("#notice >> text=写真にパンが見つかりません")
    page.click(f".t-tile[data-label={ANPAN}]")
    confirm(page)
    until_sent(page)

    assert sold(Correction.objects.get()) == [ANPAN]


def test_sale_without_a_photo_is_only_added_up(open_till: Callable[..., Any]) -> None:
    page = open_till()
    page.click("#hand")
    page.click(f".t-tile[data-label={MELON}]")
    page.click(f".t-tile[data-label={MELON}]")
    page.click(".t-minus")
    confirm(page)

    assert page.inner_text("#last") == "合計のみ・記録なし：￥180（1点）"
    assert not Detection.objects.exists()


def test_tray_is_not_discarded_by_one_tap(open_till: Callable[..., Any], tray: Path) -> None:
    page = open_till(PHONE)
    hand_in(page, tray)
    page.click("#discard")
    assert page.inner_text("#discard") == "やめる？"
    assert page.locator("#tray").is_visible()

    page.click("#discard")
    page.wait_for_selector("#ready:not([hidden])")
    until_sent(page)

    assert not Correction.objects.exists()


def test_places_on_the_photo_are_computed(chromium: Any, live_server: Any) -> None:
    page = chromium.new_page(base_url=live_server.url)
    page.goto("/healthz")
    found = [page.evaluate(COMPUTED, asked) for asked, _expected in GEOMETRY]
    page.close()

    assert [rounded(each) for each in found] == [rounded(expected) for _asked, expected in GEOMETRY]


def rounded(found: dict[str, Any]) -> dict[str, Any]:
    return {name: value if isinstance(value, str) else round(value, 6) for name, value in found.items()}
