"""Authenticator apps and recovery codes, who must have a second factor, and what happens when it is lost."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.test import Client
from django.utils import translation

from portal.base import clock
from portal.base.audit.requests import client_address
from portal.base.models import AuditEntry, User
from portal.base.second_factors import has_second_factor, remove_second_factors, second_factors
from portal.home.audit.sentences import Telling, sentence_of
from portal.home.audit.words import names_of
from stores.models import Membership, Role
from tests.signin.conftest import PASSWORD, enter, is_in, mails_at_once


def code_of(secret: str, step: int = 0) -> str:
    """What an authenticator app shows now, or some steps of 30 seconds later."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + step))


def set_up_app(client: Client) -> str:
    """Let the signed-in person set up an app; return its secret."""
    shown = client.get("/account/app/").content.decode()
    found = re.search(r'<code class="si-secret">([A-Z2-7]+)</code>', shown)
    assert found is not None, shown
    assert 'src="data:image/svg+xml;base64,' in shown
    answer = client.post("/account/app/", {"code": code_of(found[1])})
    assert answer["Location"] == "/account/codes/"
    return found[1]


def recovery_codes(client: Client) -> list[str]:
    return re.findall(r"<li><code>(\d+)</code></li>", client.get("/account/codes/").content.decode())


def second_step(door: Client, code: str) -> Any:
    assert enter(door)["Location"] == "/login/second/"
    return door.post("/login/second/", {"code": code})


def test_app_is_asked_for_after_the_password(inside: Client, hanako: User) -> None:
    secret = set_up_app(inside)
    other = Client(headers={"accept-language": "en"})
    assert not is_in(other)
    wrong = second_step(other, "000000" if code_of(secret) != "000000" else "000001")
    assert "This code is not right." in wrong.content.decode()
    assert not is_in(other)
    assert other.post("/login/second/", {"code": code_of(secret, step=1)}).status_code == 302
    assert is_in(other)


def test_code_works_once(inside: Client, hanako: User) -> None:
    secret = set_up_app(inside)
    with time_machine.travel(time.time() + 60, tick=False):
        code = code_of(secret)
        assert second_step(Client(), code).status_code == 302
        assert second_step(Client(), code).status_code == 200


def test_recovery_code_works_once(inside: Client, hanako: User) -> None:
    set_up_app(inside)
    codes = recovery_codes(inside)
    assert len(codes) == 10
    assert second_step(Client(), codes[0]).status_code == 302
    assert second_step(Client(), codes[0]).status_code == 200
    assert second_factors(hanako).codes_left == 9
    downloaded = inside.get("/account/codes/file/").content.decode().split()
    assert downloaded == codes[1:]


def test_new_recovery_codes_take_the_place_of_the_old(inside: Client, hanako: User) -> None:
    set_up_app(inside)
    before = recovery_codes(inside)
    inside.post("/account/codes/new/")
    after = recovery_codes(inside)
    assert not set(before) & set(after)
    assert second_step(Client(), before[0]).status_code == 200


def test_after_five_wrong_codes_the_person_waits_and_is_told_how_long(inside: Client, hanako: User) -> None:
    secret = set_up_app(inside)
    other = Client(headers={"accept-language": "en"})
    enter(other)
    for _ in range(5):
        other.post("/login/second/", {"code": "not-it"})
    said = other.post("/login/second/", {"code": code_of(secret, step=1)}).content.decode()
    assert "Too many wrong codes. Please try again in 15 minutes." in said


def test_secrets_are_not_readable_in_the_database(inside: Client, hanako: User, settings: Any) -> None:
    secret = set_up_app(inside)
    app_row = Authenticator.objects.get(type=Authenticator.Type.TOTP)
    assert secret not in str(app_row.data)
    settings.SECRET_KEY = "another-key-that-cannot-read-what-the-first-has-kept"
    assert not app_row.wrap().validate_code(code_of(secret, step=1))


def test_change_of_the_sign_in_long_after_it_asks_for_the_password(inside: Client, hanako: User) -> None:
    with time_machine.travel(time.time() + 3600):
        answer = inside.get("/account/app/")
        assert answer["Location"] == "/account/confirm/?next=%2Faccount%2Fapp%2F"
        asked = answer["Location"]
        assert (
            "The password is not right."
            in inside.post(asked, {"password": "wrong-password"}).content.decode()
        )
        assert inside.post(asked, {"password": PASSWORD})["Location"] == "/account/app/"
        assert inside.get("/account/app/").status_code == 200


def test_person_without_any_proof_here_signs_in_again_for_a_change(hanako: User) -> None:
    client = Client(headers={"accept-language": "en"})
    User.objects.update(password="!")
    client.force_login(User.objects.get())
    asked = client.get("/account/app/")["Location"]
    assert asked == "/account/confirm/again/?next=%2Faccount%2Fapp%2F"
    assert "sign in once more" in client.get(asked).content.decode()
    assert client.post(asked)["Location"] == "/login/?next=%2Faccount%2Fapp%2F"
    assert not is_in(client)


def test_app_is_removed_and_told_by_mail(
    inside: Client, hanako: User, django_capture_on_commit_callbacks: Any
) -> None:
    with mails_at_once(django_capture_on_commit_callbacks):
        set_up_app(inside)
        assert inside.post("/account/app/remove/")["Location"] == "/account/"
    assert not has_second_factor(hanako)
    assert enter(Client())["Location"] == "/start/"
    assert "認証アプリが削除されました。" in [
        str(sent.subject).removeprefix("Kamado: ") for sent in mail.outbox
    ]


@pytest.mark.parametrize(
    ("asked_of", "hq_led", "viewer_led"), [("none", False, False), ("hq", True, False), ("all", True, True)]
)
def test_whoever_must_have_a_second_factor_is_led_to_it(
    hanako: User, settings: Any, asked_of: str, hq_led: bool, viewer_led: bool
) -> None:
    viewer = User.objects.create_user("vera", password=PASSWORD)
    Membership.objects.create(user=viewer, role=Role.VIEWER)
    settings.REQUIRE_SECOND_FACTOR = asked_of
    for name, is_led in (("hanako", hq_led), ("vera", viewer_led)):
        client = Client()
        enter(client, name)
        answers = [client.get("/"), client.get("/why/"), client.post("/account/sessions/end/")]
        assert [answer.headers.get("Location") == "/account/first/" for answer in answers] == [is_led] * 3


def test_everything_is_open_once_the_second_factor_is_set_up_and_the_last_one_stays(
    hanako: User, settings: Any
) -> None:
    settings.REQUIRE_SECOND_FACTOR = "hq"
    client = Client(headers={"accept-language": "en"})
    enter(client)
    assert "Headquarters asks for a second factor" in client.get("/account/first/").content.decode()
    set_up_app(client)
    assert client.get("/account/codes/").status_code == 200
    assert is_in(client)
    kept = client.post("/account/app/remove/").content.decode()
    assert "You need a second factor here." in kept
    assert has_second_factor(hanako)


def test_headquarters_takes_a_lost_second_factor_away(inside: Client, hanako: User) -> None:
    set_up_app(inside)
    assert remove_second_factors(user=hanako) == 2
    assert enter(Client())["Location"] == "/start/"


def test_trail_tells_of_second_factors_but_not_their_secrets(inside: Client, hanako: User) -> None:
    secret = set_up_app(inside)
    inside.post("/account/app/remove/")
    entries = list(AuditEntry.objects.filter(kind="mfa_authenticator").order_by("id"))
    names = names_of(entries)
    with translation.override("en"):
        said = [sentence_of(Telling(each, names, "UTC", clock.now())) for each in entries]
    assert said[0] == "山田 花子 (hanako) set up an authenticator app for hanako."
    assert said[1] == "山田 花子 (hanako) made recovery codes for hanako."
    assert "山田 花子 (hanako) removed the authenticator app of hanako." in said[2:]
    assert entries[0].ip == "127.0.0.1"
    assert secret not in str([(each.before, each.after) for each in entries])
    assert entries[0].after == {"type": "totp"}


def test_address_is_the_one_that_the_outermost_proxy_saw(settings: Any, rf: Any) -> None:
    request = rf.get("/", headers={"x-forwarded-for": "203.0.113.9, 192.0.2.7, 10.0.0.1"})
    assert client_address(request) == "127.0.0.1"
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 2
    assert client_address(request) == "192.0.2.7"
