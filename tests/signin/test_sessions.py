"""Where a person is signed in: listed, ended, noted sparingly, and over at once for who is deactivated."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client

from portal.base import clock
from portal.base.models import User
from portal.base.sessions import end_sessions, live_sessions
from portal.home.signin.browsers import browser_of
from portal.home.tasks import forget_old_sessions
from tests.signin.conftest import CHROME, IPHONE, PASSWORD, enter, is_in

EDGE = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 Chrome/131.0 Safari/537.36 Edg/131.0"
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"
PIXEL = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/131.0 Mobile Safari/537.36"


@pytest.mark.parametrize(
    ("header", "name", "system"),
    [
        (CHROME, "Chrome", "Windows"),
        (IPHONE, "Safari", "iPhone"),
        (EDGE, "Edge", "Mac"),
        (FIREFOX, "Firefox", "Linux"),
        (PIXEL, "Chrome", "Android"),
        ("curl/8.5.0", "", ""),
        ("", "", ""),
    ],
)
def test_browser_is_named(header: str, name: str, system: str) -> None:
    browser = browser_of(header)
    assert (browser.name, browser.system) == (name, system)


@pytest.fixture
def phone(hanako: User) -> Client:
    client = Client(headers={"accept-language": "en", "user-agent": IPHONE}, REMOTE_ADDR="192.0.2.7")
    enter(client)
    return client


def test_sessions_are_listed_with_browser_and_place_and_this_one_marked(
    inside: Client, phone: Client
) -> None:
    said = inside.get("/account/").content.decode()
    assert said.index("Chrome on Windows") < said.index("This session") < said.index("Safari on iPhone")
    assert "192.0.2.7" in said


def test_one_session_is_ended(inside: Client, phone: Client) -> None:
    pk = UserSession.objects.get(ip="192.0.2.7").pk
    assert inside.post(f"/account/sessions/{pk}/end/").status_code == 302
    assert is_in(inside)
    assert not is_in(phone)
    assert inside.post(f"/account/sessions/{pk}/end/").status_code == 404


def test_all_other_sessions_are_ended(inside: Client, phone: Client) -> None:
    answer = inside.post("/account/sessions/end/", follow=True)
    assert "1 session has ended." in answer.content.decode()
    assert is_in(inside)
    assert not is_in(phone)


def test_session_of_somebody_else_is_not_mine_to_end(inside: Client) -> None:
    User.objects.create_user("taro", password=PASSWORD)
    taro = Client()
    enter(taro, "taro")
    pk = UserSession.objects.get(user__username="taro").pk
    assert inside.post(f"/account/sessions/{pk}/end/").status_code == 404
    assert is_in(taro)


def test_deactivated_person_is_out_at_once_and_stays_out(inside: Client, hanako: User) -> None:
    User.objects.update(is_active=False)
    assert inside.get("/")["Location"].startswith("/login/")
    assert end_sessions(user=hanako) == 1
    User.objects.update(is_active=True)
    assert not is_in(inside)


def test_session_whose_password_was_changed_elsewhere_is_not_listed(inside: Client, hanako: User) -> None:
    assert len(live_sessions(hanako, at=clock.now())) == 1
    hanako.set_password("spelt-after-midnight")
    hanako.save(update_fields=["password"])
    assert live_sessions(hanako, at=clock.now()) == []


def test_person_switched_off_in_the_list_of_people_has_no_session_left(inside: Client, hanako: User) -> None:
    root = Client()
    root.force_login(User.objects.create_superuser("root"))
    form = root.get(f"/admin/base/user/{hanako.pk}/change/").context["adminform"].form
    typed = {name: value for name, value in form.initial.items() if isinstance(value, str)}
    assert root.post(f"/admin/base/user/{hanako.pk}/change/", typed).status_code == 302
    hanako.refresh_from_db()
    assert not hanako.is_active
    assert not UserSession.objects.filter(user=hanako).exists()


def test_sessions_that_are_over_are_forgotten(inside: Client, phone: Client) -> None:
    Session.objects.filter(session_key=phone.session.session_key).update(expire_date=clock.now())
    forget_old_sessions()
    assert Session.objects.count() == UserSession.objects.count() == 1
    assert is_in(inside)


def test_pages_stay_open_while_redis_is_away(inside: Client, settings: Any) -> None:
    away = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:9/0"}
    settings.CACHES = {"default": away}
    assert inside.get("/account/").status_code == 200
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}


def test_last_use_is_noted_at_most_once_in_five_minutes(
    inside: Client, django_assert_num_queries: Any
) -> None:
    inside.get("/why/")
    with django_assert_num_queries(2):  # the session and the person
        inside.get("/login/")
    before = UserSession.objects.get().last_seen_at
    with time_machine.travel(clock.now() + timedelta(minutes=6)):
        inside.get("/login/", REMOTE_ADDR="192.0.2.9")
    row = UserSession.objects.get()
    assert row.last_seen_at - before > timedelta(minutes=5)
    assert row.ip == "192.0.2.9"


def test_name_and_language_of_mails_are_changed(inside: Client, hanako: User) -> None:
    typed = {"last_name": "鈴木", "first_name": "花子", "language": "en"}
    assert inside.post("/account/", typed).status_code == 302
    hanako.refresh_from_db()
    assert (hanako.last_name, hanako.language) == ("鈴木", "en")
