"""Trays judged by keyboard alone, while the network comes and goes; touch; undo across photos."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from detections.gateways.in_memory_eyes import InMemoryEyes
from detections.models import Detection, Review, SecondOpinion
from detections.services.reviews import Decision, review
from portal.base.models import User
from stores.models import Membership, Role
from tests.browser.conftest import DESK, PHONE, chromium, static_folder
from tests.detections.conftest import ANPAN, YAKISOBA, Register, jpeg
from tests.detections.test_second_opinion import drawn_photo

__all__ = ["chromium", "static_folder"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
NOISE = ("ERR_INTERNET_DISCONNECTED", "ERR_FAILED", "ERR_CONNECTION", "status of 4")


@pytest.fixture
def aki(live_server: Any, asakusa: Register, eyes: InMemoryEyes) -> User:
    person = User.objects.create_user("aki")
    Membership.objects.create(user=person, role=Role.ANALYST, store=asakusa.store)
    return person


@pytest.fixture
def open_review(chromium: Any, live_server: Any, aki: User) -> Iterator[Callable[..., Any]]:
    wrong: list[str] = []
    contexts = []

    def build(path: str = "/review/", size: dict[str, int] = DESK, **options: Any) -> Any:
        context = chromium.new_context(viewport=size, locale="ja-JP", base_url=live_server.url, **options)
        contexts.append(context)
        signed_in = Client()
        signed_in.force_login(aki)
        cookie = signed_in.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "console",
            lambda said: (
                wrong.append(said.text)
                if said.type == "error" and not any(noise in said.text for noise in NOISE)
                else None
            ),
        )
        page.goto(path)
        if path.startswith("/review/"):
            page.wait_for_selector("body[data-ready]", state="attached")
        return page

    yield build
    for context in contexts:
        context.close()
    assert wrong == []


def send_trays(register: Register, count: int) -> list[int]:
    for number in range(count):
        assert register.send(jpeg(colour=(number, 120, 80))).status_code == 200
    return list(Detection.objects.order_by("pk").values_list("pk", flat=True))


def until_saved(page: Any) -> None:
    page.wait_for_function("!document.querySelector('#saving').classList.contains('v-open')", timeout=60_000)


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def decide(page: Any, key: str = " ") -> None:
    """Press a deciding key once the page takes one again and shows the photo."""
    page.wait_for_timeout(255)
    page.wait_for_function("document.getElementById('stage').dataset.seen")
    page.keyboard.press(key)


def test_trays_by_keyboard_while_the_network_comes_and_goes(
    asakusa: Register, open_review: Callable[..., Any]
) -> None:
    keys = send_trays(asakusa, 30)
    page = open_review()
    lost = []

    def lose_the_answer(route: Any) -> None:
        """The portal writes the decision down, and the page never hears of it."""
        route.fetch()
        lost.append(route.request.url)
        route.abort()

    for number in range(30):
        if number == 10:
            page.context.set_offline(True)
        if number == 14:
            page.context.set_offline(False)
        if number == 20:
            page.route("**/review/*/", lose_the_answer, times=2)
        if number % 10 == 3:
            press(page, "Tab", "q")
        if number % 10 == 7:
            press(page, "Tab", "Delete")
        decide(page, "6" if number % 25 == 9 else " ")
    page.wait_for_selector("#empty", state="visible")
    until_saved(page)

    reviews = list(Review.objects.order_by("id"))
    assert len(lost) == 2
    assert sorted(each.detection_id for each in reviews) == keys
    assert {each.number for each in reviews} == {1}
    said = [each.conclusion for each in reviews]
    assert said.count("CANNOT_TELL") == 1
    assert said.count("BOTH_WRONG") == 3
    assert said.count("AI_RIGHT") == 26


def test_box_is_relabelled_drawn_nudged_and_saved(asakusa: Register, open_review: Any) -> None:
    send_trays(asakusa, 1)
    page = open_review()
    press(page, "Tab", "/")
    page.fill("#wanted", "あん")
    page.press("#wanted", "Enter")
    assert page.inner_text("#chosen") == ANPAN
    press(page, "ArrowRight", "Shift+ArrowRight", "Control+ArrowDown", "n")
    stage = page.locator("#stage").bounding_box()
    middle, centre = stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 2
    page.mouse.move(middle + 40, centre + 40)
    page.mouse.down()
    page.mouse.move(middle + 120, centre + 110, steps=4)
    page.mouse.up()
    press(page, "/")
    page.fill("#wanted", "焼き")
    page.press("#wanted", "Enter")
    decide(page)
    until_saved(page)

    made = Review.objects.get()
    boxes = list(made.annotations.order_by("id").values_list("label__name", "left", "top", "width"))
    assert [each[0] for each in boxes] == [ANPAN, YAKISOBA]
    assert boxes[0][1] == pytest.approx(0.1 + 1 / 320)
    assert boxes[0][2] == pytest.approx(0.1 + 10 / 240)
    assert boxes[0][3] == pytest.approx(0.3 + 1 / 320)
    assert made.conclusion == "BOTH_WRONG"
    assert set(made.reasons) == {"WRONG_LABEL", "MISSED"}


def test_undo_and_redo_reach_decisions_on_earlier_photos(asakusa: Register, open_review: Any) -> None:
    send_trays(asakusa, 3)
    page = open_review()
    press(page, "Tab", "Delete")
    decide(page)
    decide(page)
    until_saved(page)
    page.wait_for_timeout(300)
    press(page, "Control+z")
    page.wait_for_timeout(200)
    press(page, "Control+z")
    page.wait_for_timeout(200)
    until_saved(page)
    assert Detection.objects.filter(verdict="").count() == 3
    press(page, "Control+z")
    assert page.locator("#stage .v-box").count() == 1
    press(page, "Control+Shift+z", "Control+Shift+z")
    page.wait_for_timeout(200)
    until_saved(page)
    assert list(Detection.objects.exclude(verdict="").values_list("verdict", flat=True)) == ["BOTH_WRONG"]
    assert Review.objects.count() == 5


def test_colleague_who_was_quicker_is_told_and_nothing_written_over(
    asakusa: Register, open_review: Any
) -> None:
    send_trays(asakusa, 2)
    one, other = open_review(), open_review()
    decide(one)
    until_saved(one)
    decide(other, "6")
    other.wait_for_selector("#notice >> text=もう一度見る")
    assert [each.conclusion for each in Review.objects.all()] == ["AI_RIGHT"]


def test_nobody_judges_a_picture_that_has_not_come(asakusa: Register, open_review: Any) -> None:
    send_trays(asakusa, 1)
    page = open_review("/gallery/")
    page.route("**/picture", lambda route: route.abort())
    page.goto("/review/")
    page.wait_for_selector("body[data-ready]", state="attached")
    page.keyboard.press(" ")
    page.wait_for_selector("#notice >> text=写真")
    page.unroute("**/picture")
    decide(page)
    until_saved(page)
    assert Review.objects.count() == 1


def test_decision_outlives_a_reload(asakusa: Register, open_review: Any) -> None:
    send_trays(asakusa, 2)
    page = open_review()
    page.route("**/review/*/", lambda route: route.abort())
    decide(page)
    page.on("dialog", lambda dialog: dialog.accept())
    page.unroute("**/review/*/")
    page.reload()
    page.wait_for_selector("body[data-ready]", state="attached")
    until_saved(page)
    assert Review.objects.count() == 1


def test_touch_draws_a_box_on_a_phone(asakusa: Register, open_review: Any) -> None:
    send_trays(asakusa, 1)
    page = open_review(size=PHONE, has_touch=True, is_mobile=True)
    assert page.evaluate(OVERFLOW) == 0
    page.locator("[data-act=draw]").tap()
    page.evaluate(
        """() => {
          const stage = document.getElementById("stage"), area = stage.getBoundingClientRect();
          const at = (type, x, y) => stage.dispatchEvent(new PointerEvent(type, {
            pointerId: 7, pointerType: "touch", bubbles: true, cancelable: true,
            clientX: area.x + area.width * x, clientY: area.y + area.height * y,
          }));
          stage.setPointerCapture = () => undefined;
          at("pointerdown", 0.4, 0.5); at("pointermove", 0.5, 0.55); at("pointermove", 0.6, 0.6);
          at("pointerup", 0.6, 0.6);
        }"""
    )
    assert page.locator("#stage .v-box").count() == 2
    page.locator("[data-act=accept]").tap()
    until_saved(page)
    assert Review.objects.get().annotations.count() == 2


def test_gallery_chooses_a_range_and_undoes(asakusa: Register, open_review: Any) -> None:
    send_trays(asakusa, 5)
    page = open_review("/gallery/")
    ticks = page.locator(".g-tile > input")
    ticks.nth(0).click()
    ticks.nth(3).click(modifiers=["Shift"])
    assert page.inner_text("[data-count]") == "4"
    page.click("[value=FLAG]")
    page.wait_for_selector("[formaction]")
    assert Detection.objects.filter(is_flagged=True).count() == 4
    page.click("[formaction]")
    page.wait_for_load_state()
    assert Detection.objects.filter(is_flagged=True).count() == 0


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_gallery_fits_the_window(asakusa: Register, open_review: Any, size: dict[str, int]) -> None:
    send_trays(asakusa, 3)
    for path in ("/gallery/", "/gallery/?mode=crops"):
        page = open_review(path, size=size)
        assert page.evaluate(OVERFLOW) == 0
        assert page.locator(f"text={ANPAN}").count() > 0


def test_two_who_disagree_are_settled_at_the_keyboard_and_undone(
    asakusa: Register, open_review: Any, aki: User
) -> None:
    photo = drawn_photo(asakusa)
    ben = User.objects.create_user("ben")
    review(detection=photo, by=ben, decision=Decision(uuid.uuid4(), 0, []))
    page = open_review("/review/?second=WAITING")
    assert page.locator("#stage .v-box").count() == 1
    assert "ben" not in page.inner_text("#opinions")
    decide(page)
    until_saved(page)
    photo.refresh_from_db()
    assert photo.second == "DISAGREED"

    page = open_review("/review/?second=DISAGREED")
    assert page.locator("#answers figure").count() == 2
    assert page.locator("#answers rect.v-differs").count() == 1
    assert page.locator("#stage .v-box").count() == 0
    press(page, "s")
    assert page.locator("#stage .v-box").count() == 1
    decide(page)
    until_saved(page)
    photo.refresh_from_db()
    assert (photo.second, photo.verdict) == ("SETTLED", "AI_RIGHT")

    press(page, "Control+z")
    page.wait_for_timeout(300)
    until_saved(page)
    photo.refresh_from_db()
    assert (photo.second, photo.verdict) == ("DISAGREED", "BOTH_WRONG")


def test_second_opinion_is_undone_and_given_again(asakusa: Register, open_review: Any, aki: User) -> None:
    photo = drawn_photo(asakusa)
    review(detection=photo, by=User.objects.create_user("ben"), decision=Decision(uuid.uuid4(), 0, []))
    page = open_review("/review/?second=WAITING")
    decide(page, "6")
    page.wait_for_selector("#empty", state="visible")
    press(page, "Control+z")
    page.wait_for_timeout(300)
    press(page, "Tab", "Delete")
    decide(page)
    until_saved(page)
    photo.refresh_from_db()
    assert photo.second == "AGREED"
    assert [each.conclusion for each in SecondOpinion.objects.order_by("id")] == [
        "CANNOT_TELL", "WITHDRAWN", "BOTH_WRONG",
    ]  # fmt: skip
