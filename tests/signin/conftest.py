"""The people who stand at the door, and a cache of their own in which wrong tries are counted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as kept
from django.core.cache import cache
from django.test import Client

from portal.base.models import User
from portal.celery import app
from stores.models import Membership, Role

PASSWORD = "rye-before-dawn"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Version/18.1 Mobile Safari/604.1"


@pytest.fixture(autouse=True, scope="session")
def static_folder() -> None:
    """WhiteNoise warns of a folder that `up` makes and tests do not need."""
    Path(kept.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.fixture(autouse=True)
def own_cache(settings: Any) -> Iterator[None]:
    """Count wrong tries in this process: other tests clear the one Redis of all at any moment."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def hanako(db: None) -> User:
    person = User.objects.create_user(
        "hanako", "Hanako@Pan.example", PASSWORD, first_name="花子", last_name="山田", language="ja"
    )
    Membership.objects.create(user=person, role=Role.HQ)
    return person


@pytest.fixture
def door() -> Client:
    """A browser in front of the door, in English."""
    return Client(headers={"accept-language": "en", "user-agent": CHROME})


def enter(door: Client, name: str = "hanako", password: str = PASSWORD, **more: str) -> Any:
    return door.post("/login/", {"username": name, "password": password, **more})


@contextmanager
def mails_at_once(capture: Any) -> Iterator[None]:
    """Do here what is left to the worker, once the requests of this block are done."""
    app.conf.task_always_eager = True
    try:
        with capture(execute=True):
            yield
    finally:
        app.conf.task_always_eager = False


def is_in(door: Client) -> bool:
    return door.get("/").status_code == 200


@pytest.fixture
def inside(door: Client, hanako: User) -> Client:
    """Hanako, just signed in."""
    assert enter(door).status_code == 302
    return door
