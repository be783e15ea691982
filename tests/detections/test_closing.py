"""Owners are asked before their model stops under running trays; no answer, and the plan holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from detections.domain.closing import Answer, CannotAnswer, How
from detections.models import CloseQuestion, Detection
from detections.selectors.closing import closings_to_ask
from detections.services.close_mail import read_link, sign_link, tell_owners
from detections.services.closing import answer_question, ask_before_close
from models_registry.models import Override, StoreEdit
from models_registry.services.drafts import InvalidClosing
from models_registry.services.late_closing import stay_open
from portal.base import clock
from portal.base.models import User
from stores.domain.bounds import Limits, OutOfBounds
from stores.models import Membership, Role, Store
from stores.selectors.rules import weeks_of
from stores.services.bounds import set_bounds
from tests.models_registry.conftest import World, area, bakery, tokyo, world

__all__ = ["area", "bakery", "world"]

Bakery = Callable[..., Store]


class Picky(EmailBackend):
    """A mail server that does not take one mailbox."""

    def send_messages(self, messages: Any) -> int:
        if messages[0].to == ["bad@example.com"]:
            raise SMTPRecipientsRefused({"bad@example.com": (550, b"no such mailbox")})
        return super().send_messages(messages)


SEVEN_PM = tokyo(6, 19)
"""Friday 6 November, closing time: the model stops at half past seven."""


@pytest.fixture
def asakusa(world: World, bakery: Bakery) -> Store:
    store = bakery("asakusa")
    world.deployment("asakusa", store)
    return store


@pytest.fixture
def olga(asakusa: Store) -> User:
    person = User.objects.create_user("olga", email="olga@example.com", language="en")
    Membership.objects.create(user=person, role=Role.OWNER, store=asakusa)
    return person


def trays(store: Store, count: int, *, at: datetime = SEVEN_PM, source: str = "REGISTER") -> None:
    for number in range(count):
        taken_at = at - timedelta(minutes=number)
        Detection.objects.create(
            store=store, at=at, taken_at=taken_at, outcome="AWS_DOWN", source=source, picture_key=""
        )


def ask(at: datetime = SEVEN_PM) -> int:
    return ask_before_close(at=at, from_trays=3)


def answer(said: Answer, person: User, at: datetime = SEVEN_PM) -> CloseQuestion:
    return answer_question(
        question=CloseQuestion.objects.latest("id"), answer=said, author=person, how=How.PAGE, at=at
    )


def test_store_is_asked_once_half_an_hour_before_its_stop(asakusa: Store) -> None:
    trays(asakusa, 3, at=SEVEN_PM - timedelta(minutes=1))
    assert ask(SEVEN_PM - timedelta(minutes=1)) == 0
    trays(asakusa, 3)
    assert [ask(), ask(), ask(SEVEN_PM + timedelta(minutes=1))] == [1, 0, 0]
    made = CloseQuestion.objects.get()
    assert (made.stop_at, made.trays, made.opens_on) == (tokyo(6, 19, 30), 6, date(2026, 11, 6))


@pytest.mark.parametrize(("count", "source"), [(2, "REGISTER"), (0, "TILL"), (9, "IMPORT")])
def test_store_without_enough_trays_of_today_is_not_asked(asakusa: Store, count: int, source: str) -> None:
    trays(asakusa, count, source=source)
    assert ask() == 0


def test_bounds_say_from_how_many_trays(asakusa: Store) -> None:
    hanako = User.objects.create_user("hanako")
    set_bounds(area=None, store=asakusa, limits=Limits(ask_from_trays=1), author=hanako, at=SEVEN_PM)
    trays(asakusa, 1)
    assert ask() == 1


def test_neighbour_that_keeps_the_model_running_leaves_nothing_to_ask(world: World, bakery: Bakery) -> None:
    asakusa, ueno = bakery("asakusa"), bakery("ueno", {day: [(420, 1320)] for day in range(7)})
    world.deployment("shared", asakusa, ueno)
    trays(asakusa, 5)
    assert ask() == 0


def test_model_that_nobody_may_stop_leaves_nothing_to_ask(asakusa: Store) -> None:
    Store.objects.update(control="START_ONLY")
    trays(asakusa, 5)
    assert ask() == 0


def test_evening_that_an_override_decides_has_no_weekday_to_change(asakusa: Store) -> None:
    stay_open(store=asakusa, until_minute=20 * 60, author=None, at=tokyo(6, 9))
    trays(asakusa, 3, at=tokyo(6, 20))
    assert ask(tokyo(6, 20)) == 1
    assert CloseQuestion.objects.get().opens_on is None


def test_hour_longer_moves_the_stop_and_the_store_is_asked_again_before_it(
    asakusa: Store, olga: User
) -> None:
    trays(asakusa, 3)
    ask()
    answer(Answer.LATER, olga)
    made = Override.objects.get()
    assert (made.ends_at, made.author) == (tokyo(6, 20, 30), olga)
    trays(asakusa, 3, at=tokyo(6, 20))
    assert ask(tokyo(6, 20)) == 1


def test_no_answer_and_as_planned_leave_the_plan_and_ask_no_more(asakusa: Store, olga: User) -> None:
    trays(asakusa, 3)
    ask()
    answer(Answer.AS_PLANNED, olga)
    assert not Override.objects.exists()
    assert not StoreEdit.objects.exists()
    Override.objects.create(store=asakusa, kind="RUN", starts_at=SEVEN_PM, ends_at=tokyo(6, 20, 30))
    trays(asakusa, 3, at=tokyo(6, 20))
    assert ask(tokyo(6, 20)) == 0


def test_always_later_writes_the_weekday_and_can_be_undone(asakusa: Store, olga: User) -> None:
    trays(asakusa, 3)
    ask()
    answer(Answer.ALWAYS, olga)
    week = weeks_of([asakusa.pk])[asakusa.pk]
    assert (week[3], week[4], week[5]) == (((420, 1140),), ((420, 1200),), ((420, 1140),))
    assert StoreEdit.objects.get().kind == "WEEK"


def test_always_later_moves_the_closing_that_was_asked_about(world: World, bakery: Bakery) -> None:
    siesta = bakery("asakusa", {day: [(420, 840), (1080, 1320)] for day in range(7)})
    world.deployment("asakusa", siesta)
    trays(siesta, 3, at=tokyo(6, 14))
    assert ask(tokyo(6, 14)) == 1
    answer(Answer.ALWAYS, User.objects.create_user("olga"), at=tokyo(6, 14))
    assert weeks_of([siesta.pk])[siesta.pk][4] == ((420, 900), (1080, 1320))


def test_always_later_is_refused_when_the_week_was_changed_after_the_ask(asakusa: Store, olga: User) -> None:
    trays(asakusa, 3)
    ask()
    asakusa.opening_hours.filter(weekday=4).delete()
    with pytest.raises(InvalidClosing, match="changed meanwhile"):
        answer(Answer.ALWAYS, olga)
    assert CloseQuestion.objects.get().answer == ""


def test_first_answer_counts(asakusa: Store, olga: User) -> None:
    trays(asakusa, 3)
    ask()
    answer(Answer.AS_PLANNED, olga)
    with pytest.raises(CannotAnswer, match="answered already"):
        answer(Answer.LATER, olga)
    assert not Override.objects.exists()


def test_answer_after_the_stop_is_refused(asakusa: Store, olga: User) -> None:
    trays(asakusa, 3)
    ask()
    with pytest.raises(CannotAnswer, match="too late"):
        answer(Answer.LATER, olga, at=tokyo(6, 19, 30))


def test_answer_outside_the_bounds_leaves_the_question_open(asakusa: Store, olga: User) -> None:
    hanako = User.objects.create_user("hanako")
    limits = Limits(latest_closing_minute=19 * 60 + 30)
    set_bounds(area=None, store=None, limits=limits, author=hanako, at=SEVEN_PM)
    trays(asakusa, 3)
    ask()
    with pytest.raises(OutOfBounds, match="Ask hanako"):
        answer(Answer.LATER, olga)
    assert CloseQuestion.objects.get().answer == ""


def test_queries_do_not_grow_with_the_stores(world: World, bakery: Bakery) -> None:
    for number in range(5):
        store = bakery(f"store-{number}")
        world.deployment(f"model-{number}", store)
        trays(store, 3)
    with CaptureQueriesContext(connection) as queries:
        assert len(closings_to_ask(at=SEVEN_PM, from_trays=3)) == 5
    assert len(queries) <= 15


class TestTheMail:
    def test_owners_get_it_once_in_their_language_with_links_that_open(
        self, asakusa: Store, olga: User
    ) -> None:
        trays(asakusa, 3)
        ask()
        question = CloseQuestion.objects.get()
        assert [tell_owners(question, at=SEVEN_PM), tell_owners(question, at=SEVEN_PM)] == [1, 0]
        (sent,) = mail.outbox
        assert sent.to == ["olga@example.com"]
        assert sent.subject == "Asakusa: trays are still coming. Stay open longer?"
        assert "stops at 19:30 JST as planned; 3 trays came" in sent.body
        assert "Always an hour later on Friday:" in sent.body
        assert sent.body.count("/close/") == 3

    def test_japanese_owner_reads_japanese(self, asakusa: Store, olga: User) -> None:
        User.objects.update(language="ja")
        trays(asakusa, 3)
        ask()
        tell_owners(CloseQuestion.objects.get(), at=SEVEN_PM)
        assert "金曜日" in mail.outbox[0].body
        assert "Stay open" not in mail.outbox[0].subject

    def test_server_that_is_down_is_tried_again(self, asakusa: Store, olga: User, settings) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
        trays(asakusa, 3)
        ask()
        assert tell_owners(CloseQuestion.objects.get(), at=SEVEN_PM) == 0
        assert CloseQuestion.objects.get().told_at is None

    def test_refused_mailbox_keeps_nobody_else_from_one_mail(
        self, asakusa: Store, olga: User, settings
    ) -> None:
        bad = User.objects.create_user("bad", email="bad@example.com")
        Membership.objects.create(user=bad, role=Role.OWNER, store=asakusa)
        settings.EMAIL_BACKEND = "tests.detections.test_closing.Picky"
        trays(asakusa, 3)
        ask()
        question = CloseQuestion.objects.get()
        assert [tell_owners(question, at=SEVEN_PM), tell_owners(question, at=SEVEN_PM)] == [1, 0]
        assert [each.to for each in mail.outbox] == [["olga@example.com"]]


class TestTheLink:
    @pytest.fixture
    def address(self, asakusa: Store, olga: User, monkeypatch: pytest.MonkeyPatch) -> str:
        monkeypatch.setattr(clock, "now", lambda: SEVEN_PM)
        trays(asakusa, 3)
        ask()
        return f"/close/{sign_link(CloseQuestion.objects.get(), olga, How.MAIL)}/"

    def test_opening_it_shows_the_price_and_changes_nothing(self, address: str) -> None:
        page = Client().get(f"{address}?answer=LATER").content.decode()
        assert "3 trays came in 15 minutes" in page
        assert "This month ＋$4.00, in a normal month ±$0.00" in page
        assert "＋$17.39" in page  # a normal month has 4.348 Fridays
        assert CloseQuestion.objects.get().answer == ""

    def test_pressing_answers_without_a_sign_in(self, address: str, olga: User) -> None:
        answered = Client().post(address, {"answer": "LATER"})
        made = CloseQuestion.objects.get()
        assert (answered.status_code, made.answer, made.answered_by, made.how) == (200, "LATER", olga, "MAIL")
        again = Client().post(address, {"answer": "AS_PLANNED"})
        assert again.status_code == 409
        assert "This was answered already." in again.content.decode()

    def test_link_is_dead_after_the_stop(self, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(clock, "now", lambda: tokyo(6, 19, 31))
        assert Client().post(address, {"answer": "LATER"}).status_code == 409
        assert "It is too late" in Client().get(address).content.decode()

    def test_link_of_who_may_no_longer_answer_opens_nothing(self, address: str) -> None:
        Membership.objects.all().delete()
        assert Client().get(address).status_code == 404

    def test_forged_link_opens_nothing(self, address: str) -> None:
        assert read_link(address[7:-2]) is None
        assert Client().get("/close/forged/").status_code == 404

    def test_card_on_the_store_page_leads_there(self, address: str, olga: User) -> None:
        client = Client(headers={"accept-language": "en"})
        client.force_login(olga)
        page = client.get("/stores/asakusa/").content.decode()
        assert "The model stops at" in page
        assert "?answer=ALWAYS" in page
