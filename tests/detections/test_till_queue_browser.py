"""The till in a real Chromium when something is in the way: no network, no model, no pass, a reload."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session

from detections.gateways.in_memory_eyes import InMemoryEyes
from detections.models import Correction, Detection
from detections.services.detect import Tools
from detections.services.waiting import analyse_waiting
from detections.wiring import PICTURES
from models_registry.domain.ports import Throttled
from models_registry.domain.status import VersionStatus
from models_registry.models import ModelVersion
from portal.base.models import User
from tests.browser.conftest import chromium
from tests.detections.conftest import ANPAN, MELON, set_status
from tests.detections.till_window import (
    SIZES,
    clerk,
    confirm,
    hand_in,
    open_till,
    sold,
    tray,
    until_sent,
)
from tests.models_registry.conftest import World

__all__ = ["chromium", "clerk", "open_till", "tray"]

pytestmark = pytest.mark.browser


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

    rows = Detection.objects.prefetch_related("corrections")
    assert sorted([sold(each) for each in row.corrections.all()] for row in rows) == [[[ANPAN]], [[MELON]]]


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


def test_photo_of_a_tablet_whose_clock_is_off_is_taken_all_the_same(
    open_till: Callable[..., Any], tray: Path, world: World
) -> None:
    """The page's clock is Chromium's, months away from the world's."""
    page = open_till()
    page.context.set_offline(True)
    hand_in(page, tray)
    page.context.set_offline(False)
    page.wait_for_selector(".t-target.t-sure")

    assert abs(Detection.objects.get().taken_at - world.at) < timedelta(minutes=2)


def test_tray_that_was_stuck_follows_as_soon_as_another_goes_through(
    open_till: Callable[..., Any], tray: Path
) -> None:
    page = open_till()
    page.route("**/api/v1/detections?*", lambda route: route.abort("connectionreset"))
    hand_in(page, tray)
    page.click(f".t-tile[data-label={ANPAN}]")
    confirm(page)
    page.wait_for_selector("#waiting >> text=送信待ち：1件")

    page.unroute_all()
    hand_in(page, tray)
    until_sent(page, left=1)

    assert sold(Correction.objects.get()) == [ANPAN]


def test_sale_that_is_never_accepted_stays_with_its_reason_until_it_is_deleted(
    open_till: Callable[..., Any], tray: Path
) -> None:
    """As when the photo was deleted on the server in between."""
    page = open_till()
    hand_in(page, tray)
    page.wait_for_selector(".t-target.t-sure")
    Detection.objects.all().delete()
    confirm(page)

    page.click("#waiting >> text=受け付けられません：1件")
    page.wait_for_selector("#kept >> text=この店舗にその写真はありません。")
    page.click("#kept >> text=削除")
    until_sent(page)
    page.wait_for_selector("#waiting", state="hidden")
