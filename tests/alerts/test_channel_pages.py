"""Channels, my notifications and the weekly mail, as people use them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from alerts.access import scope_of
from alerts.domain.delivering import State
from alerts.gateways.carrying import WorldCarrier
from alerts.gateways.sealing import unseal
from alerts.models import Alert, Channel, Delivery, NotificationWishes
from alerts.services.delivering import deliver
from alerts.services.digests import token_of, write_digests
from alerts.services.telling import write_messages
from models_registry.models import Deployment, StoreSpend
from portal.base.models import User
from stores.models import Area, Role, SpecialDay, Store
from tests.alerts.conftest import Bakery, look, person
from tests.alerts.test_sockets import SLACK, Ear, ear
from tests.models_registry.conftest import World, tokyo

__all__ = ["ear"]

TYPED = {
    "name": "Ops", "kind": "SLACK", "address": SLACK, "least": "WARNING", "language": "en", "is_active": "on",
}  # fmt: skip


def send_all(world: World) -> None:
    deliver(carrier=WorldCarrier(), now=lambda: world.at, is_time=lambda: True)


def test_address_of_a_new_channel_is_never_shown_again(at_the_desk: World, hq: Client) -> None:
    text = hq.post("/alerts/channels/new/", TYPED).content.decode()
    made = Channel.objects.get()
    assert unseal(made.sealed_address) == SLACK
    for address in ("/alerts/channels/", f"/alerts/channels/{made.pk}/"):
        assert "TIiajkdnlazk" not in hq.get(address).content.decode() + text


def test_webhook_shows_its_secret_once_and_a_test_goes_out(
    at_the_desk: World, hq: Client, ear: Ear, settings
) -> None:
    settings.WEBHOOKS_PRIVATE = True
    made = hq.post("/alerts/channels/new/", {**TYPED, "kind": "WEBHOOK", "address": ear.address})
    assert "whs_" in made.content.decode()
    assert made.headers["Cache-Control"] == "no-store"
    channel = Channel.objects.get()
    page = f"/alerts/channels/{channel.pk}/"
    assert "whs_" not in hq.get(page).content.decode()
    hq.post(f"{page}act/", {"act": "test"})
    assert "hx-trigger" in hq.get(page, headers={"hx-request": "true"}).content.decode()
    send_all(at_the_desk)
    assert b'"event":"TEST"' in ear.heard[0][3]
    log = hq.get(page, headers={"hx-request": "true"}).content.decode()
    assert "sent" in log
    assert "hx-trigger" not in log
    renewed = hq.post(f"{page}act/", {"act": "renew"}).content.decode()
    assert "whs_" in renewed
    hq.post(f"{page}act/", {"act": "remove"})
    assert not Channel.objects.exists()


def test_failure_is_in_the_log_and_tried_again_by_a_button(
    at_the_desk: World, hq: Client, ear: Ear, settings
) -> None:
    settings.WEBHOOKS_PRIVATE = True
    ear.status = 404
    hq.post("/alerts/channels/new/", {**TYPED, "kind": "WEBHOOK", "address": ear.address})
    page = f"/alerts/channels/{Channel.objects.get().pk}/"
    hq.post(f"{page}act/", {"act": "test"})
    send_all(at_the_desk)
    assert "It answered 404." in hq.get(page).content.decode()
    ear.status = 204
    hq.post(f"{page}again/{Delivery.objects.get().pk}/")
    send_all(at_the_desk)
    assert Delivery.objects.get().state == State.SENT


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"address": "https://10.0.0.1/", "kind": "WEBHOOK"}, "private network"),
        ({"address": "https://example.com/"}, "not of the form Slack"),
        ({"address": ""}, "required"),
    ],
)
def test_address_that_is_not_taken_says_what_is(at_the_desk: World, hq: Client, changed, expected) -> None:
    assert expected in hq.post("/alerts/channels/new/", {**TYPED, **changed}).content.decode()
    assert not Channel.objects.exists()


def test_manager_keeps_channels_of_their_area_only(
    at_the_desk: World, bakery: Bakery, sign_in: Callable[..., Client], hq: Client
) -> None:
    store = bakery("asakusa")
    kansai = Area.objects.create(name="Kansai")
    manager = sign_in("mio", Role.AREA_MANAGER, area=store.area)
    assert "Choose one of your areas" in manager.post("/alerts/channels/new/", TYPED).content.decode()
    manager.post("/alerts/channels/new/", {**TYPED, "area": kansai.pk})
    assert not Channel.objects.exists()
    manager.post("/alerts/channels/new/", {**TYPED, "area": store.area_id})
    theirs = Channel.objects.get()
    hq.post("/alerts/channels/new/", {**TYPED, "name": "All"})
    other = Channel.objects.get(name="All")
    assert [line.channel for line in manager.get("/alerts/channels/").context["lines"]] == [theirs]
    assert manager.get(f"/alerts/channels/{other.pk}/").status_code == 404
    assert sign_in("taro", Role.OWNER, store=store).get("/alerts/channels/").status_code == 403


def test_empty_address_leaves_the_old_one(at_the_desk: World, hq: Client) -> None:
    hq.post("/alerts/channels/new/", TYPED)
    made = Channel.objects.get()
    hq.post(f"/alerts/channels/{made.pk}/", {**TYPED, "name": "Night shift", "address": "", "is_active": ""})
    made.refresh_from_db()
    assert (made.name, made.is_active, unseal(made.sealed_address)) == ("Night shift", False, SLACK)


def test_wishes_are_kept_and_shown(at_the_desk: World, bakery: Bakery, sign_in) -> None:
    taro = sign_in("taro", Role.OWNER, store=bakery("asakusa"))
    assert 'value="Asia/Tokyo"' in taro.get("/alerts/settings/").content.decode()
    typed = {"least": "CRITICAL", "quiet_from": "21:30", "quiet_until": "05:00", "timezone": "Asia/Tokyo"}
    assert taro.post("/alerts/settings/", typed).status_code == 302
    kept = NotificationWishes.objects.get()
    assert (kept.least, kept.quiet_from, kept.quiet_until) == ("CRITICAL", 1290, 300)
    assert (kept.critical_breaks_quiet, kept.wants_digest) == (False, False)
    assert "21:30" in taro.get("/alerts/settings/").content.decode()
    wrong = taro.post("/alerts/settings/", {**typed, "timezone": "Tokyo"}).content.decode()
    assert "This time zone is not known" in wrong


@pytest.fixture
def week(world: World, asakusa: Deployment) -> Store:
    """Monday to Wednesday as planned, and a Thursday on which nothing ran."""
    world.at = tokyo(1, 20)
    for day in (2, 3, 4):
        for clock in ((6, 0), (6, 30), (6, 31), (6, 40), (7, 0), (12, 0), (19, 30), (19, 31), (19, 40)):
            world.tick(tokyo(day, *clock))
    store = Store.objects.get()
    StoreSpend.objects.create(
        store=store, deployment=asakusa, on=tokyo(3, 12).date(), billed_minutes=771, overhead_minutes=95,
        usd=Decimal("51.40"),
    )  # fmt: skip
    SpecialDay.objects.create(store=store, on=tokyo(11, 12).date(), kind="CLOSED", note="Renovation")
    return store


MONDAY = tokyo(9, 7)


def test_owner_reads_the_week_on_monday_at_seven(world: World, week: Store) -> None:
    person("taro", Role.OWNER, store=week)
    person("kenji", Role.ANALYST)
    assert write_digests(at=MONDAY - timedelta(minutes=1), scope_of=scope_of) == 0
    assert write_digests(at=MONDAY, scope_of=scope_of) == 1
    assert write_digests(at=MONDAY + timedelta(hours=3), scope_of=scope_of) == 0
    digest = Delivery.objects.get()
    assert digest.subject == "Kamado: your week Mon, Nov 2 – Sun, Nov 8"
    for part in (
        "3 of 7 openings (42.9 %)", "Asakusa: 4 openings without their model", "The week: $51.40",
        "Beyond the plan: 1 h 35 min", "Wed, Nov 11 Asakusa: Closed (Renovation)",
    ):  # fmt: skip
        assert part in digest.body
    assert write_digests(at=MONDAY + timedelta(days=7), scope_of=scope_of) == 1


def test_digests_that_were_cut_off_are_gone_on_with(world: World, week: Store) -> None:
    person("taro", Role.OWNER, store=week)
    person("jiro", Role.OWNER, store=week)

    def cut_off(user: User) -> Any:
        if user.username == "jiro":
            raise SystemExit
        return scope_of(user)

    with pytest.raises(SystemExit):
        write_digests(at=MONDAY, scope_of=cut_off)
    assert write_digests(at=MONDAY + timedelta(minutes=10), scope_of=scope_of) == 1
    assert sorted(Delivery.objects.values_list("user__username", flat=True)) == ["jiro", "taro"]


def test_digest_carries_a_link_that_ends_it_without_signing_in(world: World, week: Store) -> None:
    user = person("taro", Role.OWNER, store=week, language="ja")
    write_digests(at=MONDAY, scope_of=scope_of)
    world.at = MONDAY
    send_all(world)
    [sent] = mail.outbox
    assert "先週のまとめ" in sent.subject
    link = f"/alerts/digest/end/{token_of(user)}/"
    assert link in sent.body
    assert link in sent.extra_headers["List-Unsubscribe"]
    stranger = Client(enforce_csrf_checks=True)
    assert stranger.get(link).status_code == 200
    assert not NotificationWishes.objects.exists()
    stranger.post(link)
    assert write_digests(at=MONDAY + timedelta(days=7), scope_of=scope_of) == 0
    assert stranger.get(f"/alerts/digest/end/{token_of(user)}x/").status_code == 404


def test_preview_shows_the_mail_as_it_would_be(at_the_desk: World, week: Store, hq: Client) -> None:
    at_the_desk.at = MONDAY
    User.objects.filter(username="hanako").update(language="en")
    text = hq.get("/alerts/digest/").content.decode()
    assert "3 of 7 openings" in text
    assert not Delivery.objects.exists()


def test_alert_of_the_morning_reaches_the_owner_by_mail(world: World, asakusa: Deployment) -> None:
    """The whole way: a slow start, the sweep, the message, the mailbox."""
    person("taro", Role.OWNER, store=Store.objects.get(), language="ja")
    world.rekognition.start_seconds = 3_000
    world.tick(tokyo(2, 6, 30))
    world.ticks(tokyo(2, 6, 50), seconds=60)
    look(world)
    world.tick(tokyo(2, 6, 51))
    write_messages(at=world.at)
    send_all(world)
    [sent] = mail.outbox
    assert sent.subject == "重大: 開店に間に合わない – asakusa"
    assert "07:00 JST に開店しますが" in sent.body
    assert Alert.objects.get().notified_at == world.at
