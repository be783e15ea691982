"""The till in a real Chromium: photo, correct, confirm; without network; after a reload; signed out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from detections.domain.places import RawLabel
from detections.gateways.in_memory_eyes import InMemoryEyes
from detections.models import Correction, Detection, Product
from detections.services.detect import Tools
from detections.services.waiting import analyse_waiting
from detections.wiring import PICTURES
from models_registry.domain.ports import Throttled
from models_registry.domain.status import VersionStatus
from models_registry.models import ModelVersion
from portal.base.models import User
from stores.models import Membership, Role
from tests.browser.conftest import PASSWORD, chromium
from tests.detections.conftest import ANPAN, ARTICLE, MELON, YAKISOBA, Register, jpeg, set_status
from tests.models_registry.conftest import World

__all__ = ["chromium"]

pytestmark = pytest.mark.browser
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


def until_sent(page: Any) -> None:
    """Wait until nothing is kept on the device any more."""
    for _ in range(150):
        if page.evaluate(KEPT) == 0:
            return
        page.wait_for_timeout(100)
    pytest.fail(f"still kept on the device: {page.evaluate(KEPT)}")


def sold(correction: Correction) -> list[str]:
    return sorted(each["label"] for each in correction.items)


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


@SIZES
def test_photo_taken_without_network_arrives_once_with_its_sale(
    open_till: Callable[..., Any], tray: Path, size: dict[str, int]
) -> None:
    page = open_till(size)
    page.context.set_offline(True)
    hand_in(page, tray)
    assert page.inner_text("#notice strong") == "ネットワークにつながりません"
    assert page.inner_text("#waiting") == "送信待ち：1件"
    page.click(f".t-tile[data-label={MELON}]")
    confirm(page)
    assert page.locator("#offline").is_visible()
    assert not Detection.objects.exists()

    page.context.set_offline(False)
    until_sent(page)
    page.wait_for_selector("#waiting", state="hidden")

    assert Detection.objects.get().outcome == Detection.Outcome.ANSWERED
    assert sold(Correction.objects.get()) == [MELON]


def test_queue_outlives_a_reload_without_network(
    open_till: Callable[..., Any], tray: Path, live_server: Any
) -> None:
    """The page itself comes from the device; the tray that was not confirmed comes back as it was."""
    page = open_till()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    page.wait_for_selector("#model >> text=モデル稼働中")
    page.context.set_offline(True)
    hand_in(page, tray)
    page.click(f".t-tile[data-label={ANPAN}]")
    confirm(page)
    hand_in(page, tray)
    page.click(f".t-tile[data-label={MELON}]")
    page.wait_for_selector("#total >> text=￥180")

    page.reload()
    page.wait_for_selector("#waiting >> text=送信待ち：2件")
    assert page.inner_text("#total") == "￥180"
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    confirm(page)
    until_sent(page)

    rows = Detection.objects.order_by("id").prefetch_related("corrections")
    assert [[sold(each) for each in row.corrections.all()] for row in rows] == [[[ANPAN]], [[MELON]]]


def test_answer_that_is_lost_on_the_way_is_fetched_not_made_twice(
    open_till: Callable[..., Any], tray: Path, eyes: InMemoryEyes
) -> None:
    page = open_till()
    lost: list[int] = []

    def lose(route: Any) -> None:
        lost.append(route.fetch().status)
        route.abort("connectionreset")

    page.route("**/api/v1/detections?*", lose, times=1)
    hand_in(page, tray)
    page.wait_for_selector(".t-target.t-sure")
    confirm(page)
    until_sent(page)

    assert (lost, len(eyes.calls)) == ([200], 1)
    assert Detection.objects.count() == Correction.objects.count() == 1


def test_tray_is_rung_up_by_hand_while_the_model_is_off_and_looked_at_later(
    open_till: Callable[..., Any], tray: Path, world: World, eyes: InMemoryEyes
) -> None:
    set_status(ModelVersion.objects.get(), VersionStatus.STOPPED, world)
    page = open_till()
    assert page.locator("#model >> text=モデル停止中").is_visible()
    hand_in(page, tray)
    page.wait_for_selector("#notice >> text=モデルが動いていません")
    page.wait_for_selector("#notice >> text=ごろ使えるようになります")
    page.click(f".t-tile[data-label={MELON}]")
    confirm(page)
    until_sent(page)
    assert Detection.objects.get().outcome == Detection.Outcome.WAITING
    assert sold(Correction.objects.get()) == [MELON]
    assert Correction.objects.get().differs

    set_status(ModelVersion.objects.get(), VersionStatus.RUNNING, world)
    analyse_waiting(at=world.at, tools=Tools(lambda connection: eyes, PICTURES), is_time=lambda: True)
    assert (Detection.objects.get().is_corrected, Correction.objects.get().differs) == (False, False)


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


def test_throttled_photo_is_sent_again_when_aws_allows(
    open_till: Callable[..., Any], tray: Path, eyes: InMemoryEyes
) -> None:
    eyes.answers.append(Throttled("slow down"))
    page = open_till()
    hand_in(page, tray)
    page.wait_for_selector("#notice >> text=写真が一度に多すぎます")
    page.wait_for_selector(".t-target.t-sure")
    confirm(page)
    until_sent(page)

    assert [row.outcome for row in Detection.objects.order_by("id")] == ["THROTTLED", "ANSWERED"]


def test_clerk_who_was_signed_out_loses_nothing(
    open_till: Callable[..., Any], tray: Path, clerk: User
) -> None:
    page = open_till()
    Session.objects.all().delete()
    clerk.set_password("a-new-oven-at-noon")
    clerk.save()
    hand_in(page, tray)
    page.wait_for_selector("#notice >> text=サインアウトしています")
    page.click(f".t-tile[data-label={MELON}]")
    confirm(page)

    page.click("#signed-out a")
    page.fill("input[name=username]", "chika")
    page.fill("input[name=password]", "a-new-oven-at-noon")
    page.click("#login-form button[type=submit]")
    page.wait_for_selector("#ready:not([hidden])")
    until_sent(page)

    assert sold(Correction.objects.get()) == [MELON]


def test_pass_that_has_expired_is_renewed_without_a_word(
    open_till: Callable[..., Any], tray: Path, world: World
) -> None:
    page = open_till()
    world.at += timedelta(hours=12)
    set_status(ModelVersion.objects.get(), VersionStatus.RUNNING, world)
    hand_in(page, tray)
    page.wait_for_selector(".t-target.t-sure")

    assert Detection.objects.get().outcome == Detection.Outcome.ANSWERED


def test_tray_before_the_customer_outlives_a_reload(open_till: Callable[..., Any], tray: Path) -> None:
    page = open_till()
    hand_in(page, tray)
    page.click(f".t-target[aria-label*={ANPAN}]")
    assert page.inner_text("#total") == "￥350"

    page.reload()

    page.wait_for_selector(".t-target.t-sure")
    assert page.inner_text("#total") == "￥350"
    assert page.locator(".t-target.t-near").count() == 1
    assert Detection.objects.count() == 1


def test_sale_without_a_photo_is_only_added_up(open_till: Callable[..., Any]) -> None:
    page = open_till()
    page.click("#hand")
    page.click(f".t-tile[data-label={MELON}]")
    page.click(f".t-tile[data-label={MELON}]")
    page.click(".t-minus")
    confirm(page)

    assert page.inner_text("#last") == "合計のみ・記録なし：￥180（1点）"
    assert not Detection.objects.exists()
