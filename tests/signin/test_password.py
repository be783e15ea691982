"""Signing in and out with a password, waiting after wrong ones, and setting a new one."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import NoReverseMatch, reverse

from portal.base import clock
from portal.base.lockout import unlock
from portal.base.models import User
from tests.signin.conftest import PASSWORD, enter, is_in, mails_at_once

Capture = Callable[..., Any]
NEW = "spelt-after-midnight"


@pytest.mark.parametrize("name", ["hanako", "HANAKO", "hanako@pan.example", "Hanako@PAN.example", " hanako "])
def test_person_comes_in_by_name_or_address(door: Client, hanako: User, name: str) -> None:
    answer = enter(door, name, next="/why/")
    assert (answer.status_code, answer["Location"]) == (302, "/why/")
    assert is_in(door)


def test_address_elsewhere_is_not_followed_after_the_sign_in(door: Client, hanako: User) -> None:
    assert enter(door, next="https://evil.example/")["Location"] == "/start/"


def test_sign_out_is_by_a_button_and_leads_back_to_the_door(inside: Client) -> None:
    assert inside.get("/logout/").status_code == 405
    assert inside.post("/logout/")["Location"] == "/login/"
    assert not is_in(inside)


@pytest.mark.parametrize("name", ["hanako", "hanako@pan.example", "nobody", "nobody@pan.example"])
def test_wrong_password_and_unknown_name_get_the_same_answer(door: Client, hanako: User, name: str) -> None:
    answer = enter(door, name, "wrong-password")
    assert answer.status_code == 200
    assert "The name or the password is not right." in answer.content.decode()


def test_deactivated_person_is_told_so_after_the_right_password_only(door: Client, hanako: User) -> None:
    User.objects.update(is_active=False)
    assert "not right" in enter(door, password="wrong-password").content.decode()
    assert enter(door)["Location"] == "/login/closed/"
    assert "Headquarters has switched it off" in door.get("/login/closed/").content.decode()


def wrong_tries(door: Client, count: int, name: str = "hanako") -> str:
    said = ""
    for _ in range(count):
        said = enter(door, name, "wrong-password").content.decode()
    return said


@pytest.mark.parametrize("name", ["hanako", "nobody"])
def test_after_five_wrong_passwords_a_name_waits_and_is_told_how_long(
    door: Client, hanako: User, name: str
) -> None:
    assert "Too many" not in wrong_tries(door, 5, name)
    assert "Please try again in 15 minutes" in wrong_tries(door, 1, name)
    assert "Please try again in 15 minutes" in enter(door, name).content.decode()
    in_japanese = Client(headers={"accept-language": "ja"})
    assert "あと15分" in enter(in_japanese, name).content.decode()


def test_wait_is_over_when_it_was_said_to_be(door: Client, hanako: User) -> None:
    with time_machine.travel(clock.now(), tick=False) as travel:
        wrong_tries(door, 5)
        travel.shift(timedelta(minutes=14, seconds=30))
        assert "in 1 minute," in enter(door).content.decode()
        travel.shift(timedelta(seconds=31))
        assert enter(door).status_code == 302


def test_address_waits_after_many_names(door: Client, hanako: User, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"login": "", "login_failed": "3/10m/ip,5/15m/key"}
    for name in ("akira", "beniko", "chiyo"):
        wrong_tries(door, 1, name)
    assert "Please try again in 10 minutes" in enter(door).content.decode()
    assert enter(Client(REMOTE_ADDR="192.0.2.7")).status_code == 302


def test_headquarters_lets_a_person_try_again_at_once(door: Client, hanako: User) -> None:
    wrong_tries(door, 6)
    wrong_tries(door, 6, "hanako@pan.example")
    unlock(user=hanako)
    assert enter(door, "hanako@pan.example").status_code == 302


def test_superuser_unlocks_in_the_list_of_people(door: Client, hanako: User) -> None:
    wrong_tries(door, 6)
    root = Client()
    root.force_login(User.objects.create_superuser("root"))
    asked = {"action": "unlock_sign_in", "_selected_action": [hanako.pk]}
    assert root.post("/admin/base/user/", asked).status_code == 302
    assert enter(door).status_code == 302


def ask_reset(door: Client, address: str, capture: Capture) -> Any:
    with mails_at_once(capture):
        return door.post("/password/", {"email": address})


def link_in(message: mail.EmailMessage) -> str:
    found = re.search(r"http://localhost:8000(/password/\S+)", str(message.body))
    assert found is not None
    return found[1]


def test_forgotten_password_is_set_anew_by_mail_and_lifts_the_wait(
    door: Client, hanako: User, django_capture_on_commit_callbacks: Capture
) -> None:
    wrong_tries(door, 6)
    answer = ask_reset(door, "hanako@PAN.example", django_capture_on_commit_callbacks)
    assert answer["Location"] == "/password/sent/"
    (message,) = mail.outbox
    assert (message.to, message.subject) == (["hanako@pan.example"], "Kamado：新しいパスワードの設定")
    form = door.get(link_in(message))["Location"]
    weak = door.post(form, {"password1": "short", "password2": "short"}).content.decode()
    assert "at least 10 characters" in weak
    assert door.post(form, {"password1": NEW, "password2": NEW})["Location"] == "/login/"
    assert "Your password is changed" in door.get("/login/").content.decode()
    assert enter(door, password=NEW).status_code == 302
    again = Client(headers={"accept-language": "en"}).get(link_in(message))
    assert "has been used, or is too old" in again.content.decode()


@pytest.mark.parametrize("address", ["nobody@pan.example", "gone@pan.example"])
def test_unknown_and_deactivated_addresses_get_the_same_answer_and_no_mail(
    door: Client, hanako: User, address: str, django_capture_on_commit_callbacks: Capture
) -> None:
    User.objects.create_user("gone", "gone@pan.example", is_active=False)
    known = ask_reset(door, "hanako@pan.example", django_capture_on_commit_callbacks)
    mail.outbox.clear()
    answer = ask_reset(door, address, django_capture_on_commit_callbacks)
    assert (answer.status_code, answer["Location"]) == (known.status_code, known["Location"])
    assert mail.outbox == []


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("kneaded", "at least 10 characters"),
        ("qwertyuiop", "too common"),
        ("hanako@pan1", "too similar to the"),
    ],
)
def test_weak_password_is_refused_with_a_sentence(inside: Client, password: str, why: str) -> None:
    typed = {"oldpassword": PASSWORD, "password1": password, "password2": password}
    assert why in inside.post("/account/password/", typed).content.decode()


def test_new_password_ends_the_other_sessions_and_is_told_by_mail(
    inside: Client, django_capture_on_commit_callbacks: Capture
) -> None:
    elsewhere = Client()
    enter(elsewhere)
    typed = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    with mails_at_once(django_capture_on_commit_callbacks):
        assert inside.post("/account/password/", typed)["Location"] == "/account/"
    assert is_in(inside)
    assert not is_in(elsewhere)
    (message,) = mail.outbox
    assert "パスワードを変更しました" in message.subject
    assert "WindowsのChrome" in str(message.body)


def test_wrong_current_password_changes_nothing(inside: Client, hanako: User) -> None:
    typed = {"oldpassword": "wrong-password", "password1": NEW, "password2": NEW}
    assert "The current password is not right." in inside.post("/account/password/", typed).content.decode()
    hanako.refresh_from_db()
    assert hanako.check_password(PASSWORD)


def test_doors_of_the_admin_lead_to_the_one_door(door: Client, hanako: User) -> None:
    assert (
        door.get("/admin/login/?next=/admin/stores/store/")["Location"]
        == "/login/?next=%2Fadmin%2Fstores%2Fstore%2F"
    )
    enter(door)
    assert door.get("/admin/login/").status_code == 403
    User.objects.update(is_staff=True)
    assert door.get("/admin/password_change/")["Location"] == "/account/password/"
    assert door.post("/admin/logout/")["Location"] == "/login/"
    assert not is_in(door)


@pytest.mark.parametrize("name", ["account_signup", "account_email", "socialaccount_signup", "mfa_index"])
def test_what_nobody_needs_has_no_address(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)
