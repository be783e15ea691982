"""Owners answer by a link in a mail, and are asked until they do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import translation

from stores.domain.bounds import Limits
from stores.domain.hours import SpecialKind
from stores.models import HolidayAsk, HolidayLink, SpecialDay, Store
from stores.services.bounds import set_bounds
from stores.services.holiday_asks import ask_owners, due_asks
from stores.services.holiday_links import LINK_DAYS, link_for, revoke_link, token_of
from stores.services.special_days import DayFacts, Scope, set_special_day
from stores.tasks import ask_about_holidays
from tests.stores.conftest import MORNING, Cast, signed_in

NEW_YEAR = date(2027, 1, 1)
NOON = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clean(settings: Any) -> Iterator[None]:
    settings.PUBLIC_URL = "https://kamado.example.com"
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def owner_with_mail(cast: Cast) -> Cast:
    cast.owari.email, cast.owari.language = "owari@example.com", "ja"
    cast.owari.save()
    return cast


def link_address(store: Store, at: datetime = NOON) -> str:
    return reverse("holiday-answer", args=[token_of(link_for(store=store, at=at))])


def open_at(
    at: datetime, address: str, data: dict[str, Any] | None = None, client: Client | None = None
) -> Any:
    client = client or Client(headers={"accept-language": "en"})
    with time_machine.travel(at, tick=False):
        return client.get(address) if data is None else client.post(address, data)


class TestTheLink:
    def test_page_shows_usual_hours_and_saves_answers_without_signing_in(self, cast: Cast) -> None:
        address = link_address(cast.ginza)
        page = open_at(NOON, address)
        assert page.status_code == 200
        assert "Usually 07:00–20:00" in page.content.decode()
        assert page["Referrer-Policy"] == "same-origin"
        assert "no-store" in page["Cache-Control"]
        data = {
            "kind-2027-01-01": "CLOSED",
            "kind-2027-01-11": "HOURS", "opens-2027-01-11": "10", "closes-2027-01-11": "15:00",
            "kind-2027-02-11": "AS_USUAL",
        }  # fmt: skip
        assert open_at(NOON, address, data).status_code == 302
        rows = SpecialDay.objects.order_by("on").values_list("store", "kind", "hours", "source")
        assert list(rows) == [
            (cast.ginza.pk, "CLOSED", [], "HOLIDAY"),
            (cast.ginza.pk, "HOURS", [[600, 900]], "HOLIDAY"),
            (cast.ginza.pk, "AS_USUAL", [], "HOLIDAY"),
        ]
        link = HolidayLink.objects.get()
        assert (link.opened_at, link.answered_at) == (NOON, NOON)

    def test_area_answer_is_shown_and_only_a_different_one_is_written(self, cast: Cast) -> None:
        facts = DayFacts(NEW_YEAR, SpecialKind.CLOSED)
        set_special_day(scope=Scope(area=cast.ginza.area), facts=facts, author=None, at=NOON)
        address = link_address(cast.ginza)
        assert "Now: Closed" in re.sub(r"\s+", " ", open_at(NOON, address).content.decode())
        open_at(NOON, address, {"kind-2027-01-01": "CLOSED"})
        assert not SpecialDay.objects.filter(store=cast.ginza).exists()
        open_at(NOON, address, {"kind-2027-01-01": "AS_USUAL"})
        assert SpecialDay.objects.get(store=cast.ginza).kind == "AS_USUAL"

    def test_hours_that_cannot_stand_are_said_and_nothing_is_saved(self, cast: Cast) -> None:
        data = {
            "kind-2027-01-01": "HOURS",
            "opens-2027-01-01": "soon",
            "closes-2027-01-01": "9",
            "kind-2027-01-11": "CLOSED",
        }
        page = open_at(NOON, link_address(cast.ginza), data).content.decode()
        assert "“soon” is not a time" in page
        assert not SpecialDay.objects.exists()

    def test_hours_outside_the_bounds_are_said_and_nothing_is_saved(self, cast: Cast) -> None:
        limits = Limits(latest_closing_minute=21 * 60)
        set_bounds(area=None, store=None, limits=limits, author=cast.hanako, at=NOON)
        data = {"kind-2027-01-01": "HOURS", "opens-2027-01-01": "10", "closes-2027-01-01": "23:00"}
        page = open_at(NOON, link_address(cast.ginza), data).content.decode()
        assert "allows closing at 21:00" in page
        assert not SpecialDay.objects.exists()

    def test_old_revoked_and_forged_links_say_what_to_do(self, cast: Cast) -> None:
        address = link_address(cast.ginza)
        late = open_at(NOON + timedelta(days=LINK_DAYS), address)
        assert (late.status_code, "too old" in late.content.decode()) == (410, True)
        revoke_link(store=cast.ginza, at=NOON)
        dead = open_at(NOON, address, {"kind-2027-01-01": "CLOSED"})
        assert (dead.status_code, "was replaced" in dead.content.decode()) == (410, True)
        assert link_address(cast.ginza) != address
        assert open_at(NOON, address).status_code == 410
        forged = open_at(NOON, reverse("holiday-answer", args=["WzEsImEiXQ:x:y"]))
        assert (forged.status_code, "not complete" in forged.content.decode()) == (404, True)
        assert not SpecialDay.objects.exists()

    def test_link_stays_the_same_while_it_works(self, cast: Cast) -> None:
        assert link_address(cast.ginza) == link_address(cast.ginza, NOON + timedelta(days=30))
        assert HolidayLink.objects.get().expires_at == NOON + timedelta(days=30 + LINK_DAYS)

    def test_too_many_tries_have_to_wait(self, cast: Cast) -> None:
        address, client = link_address(cast.ginza), Client(headers={"accept-language": "en"})
        codes = {open_at(NOON, address, {}, client).status_code for _ in range(30)}
        assert codes == {302}
        assert open_at(NOON, address, {}, client).status_code == 429

    def test_link_reaches_no_other_store_and_needs_a_csrf_token(self, cast: Cast) -> None:
        address = link_address(cast.ginza)
        strict = Client(enforce_csrf_checks=True)
        assert open_at(NOON, address, {"kind-2027-01-01": "CLOSED"}, strict).status_code == 403
        open_at(NOON, address, {"kind-2027-01-01": "CLOSED", "store": cast.umeda.pk})
        assert set(SpecialDay.objects.values_list("store", flat=True)) == {cast.ginza.pk}

    def test_headquarters_shows_and_revokes_links(self, owner_with_mail: Cast) -> None:
        client = signed_in(owner_with_mail.hanako)
        page = client.get(reverse("holiday-asked")).content.decode()
        assert "owari@example.com" in page
        assert "Nobody to ask" in page
        shown = client.post(reverse("holiday-link", args=["JP-001"])).content.decode()
        assert "https://kamado.example.com/holidays/answer/" in shown
        client.post(reverse("holiday-link", args=["JP-001"]), {"revoke": "1"})
        assert HolidayLink.objects.get().revoked_at is not None
        assert (
            signed_in(owner_with_mail.makoto).post(reverse("holiday-link", args=["JP-001"])).status_code
            == 403
        )


class TestAsking:
    def ask(self, at: datetime) -> Any:
        return ask_owners(stores=Store.objects.all(), at=at)

    def test_owner_is_asked_in_their_language_with_a_link_that_works(self, owner_with_mail: Cast) -> None:
        assert self.ask(NOON).sent == 1
        message = mail.outbox[0]
        assert (message.to, message.subject) == (
            ["owari@example.com"],
            "【Kamado】Ginza：祝日の営業をお知らせください",
        )
        assert "元日" in message.body
        address = re.search(r"https://kamado\.example\.com(/\S+)", message.body)
        assert address is not None
        assert open_at(NOON, address[1]).status_code == 200
        ask = HolidayAsk.objects.get()
        assert (ask.state, ask.dates, ask.asked_on) == ("SENT", ["2027-01-01"], date(2026, 11, 24))

    def test_asked_three_times_then_silence_after_the_answer(self, owner_with_mail: Cast) -> None:
        for day in range(45):
            for hour in (0, 3, 6):
                self.ask(MORNING + timedelta(days=day, hours=hour))
        new_year = [
            ask.asked_on for ask in HolidayAsk.objects.order_by("asked_on") if "2027-01-01" in ask.dates
        ]
        assert date(2026, 12, 18) in new_year
        assert date(2026, 12, 27) in new_year
        assert len(new_year) == len(set(new_year)) <= 5  # other holidays' mails name it too
        facts, later = DayFacts(date(2027, 1, 11), SpecialKind.CLOSED), MORNING + timedelta(days=45)
        set_special_day(scope=Scope(owner_with_mail.ginza), facts=facts, author=None, at=later)
        assert due_asks(Store.objects.all(), at=later) == []

    def test_nobody_is_asked_at_night_or_of_another_role(self, owner_with_mail: Cast) -> None:
        assert self.ask(datetime(2026, 11, 24, 13, 0, tzinfo=UTC)).sent == 0
        owner_with_mail.miru.email = "miru@example.com"
        owner_with_mail.miru.save()
        self.ask(NOON)
        assert {message.to[0] for message in mail.outbox} == {"owari@example.com"}

    def test_mail_that_the_server_refuses_is_tried_again_the_same_day(
        self, owner_with_mail: Cast, settings: Any
    ) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
        assert self.ask(NOON).failed == 1
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        assert self.ask(NOON + timedelta(minutes=30)).sent == 1
        assert self.ask(NOON + timedelta(hours=1)).sent == 0
        assert HolidayAsk.objects.get().state == "SENT"

    def test_mail_cut_off_by_a_crash_is_not_sent_twice(self, owner_with_mail: Cast) -> None:
        self.ask(NOON)
        HolidayAsk.objects.update(state=HolidayAsk.State.SENDING)
        assert self.ask(NOON + timedelta(minutes=30)).sent == 0

    def test_task_reads_the_clock_and_the_cell_tells_who_was_asked(self, owner_with_mail: Cast) -> None:
        with time_machine.travel(NOON, tick=False), translation.override("en"):
            ask_about_holidays()
            cell = reverse("holiday-cell", args=["2027-01-01", owner_with_mail.ginza.area_id])
            assert "owari@example.com" in signed_in(owner_with_mail.hanako).get(cell).content.decode()
