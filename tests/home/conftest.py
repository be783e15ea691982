"""The cast of the pages: people of every role in front of a bakery whose model follows its hours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from models_registry.models import Deployment
from portal.base import clock
from portal.base.models import User
from stores.models import Area, Membership, Role, Store
from tests.models_registry.conftest import World, area, bakery, tokyo, world

__all__ = ["area", "bakery", "world"]

Bakery = Callable[..., Store]


@dataclass(frozen=True)
class Street:
    """Asakusa in Kantō with its own model, and Umeda elsewhere."""

    asakusa: Store
    umeda: Store
    deployment: Deployment


@pytest.fixture
def street(world: World, bakery: Bakery) -> Street:
    kansai = Area.objects.create(name="Kansai")
    asakusa = bakery("asakusa")
    umeda = bakery("umeda", area=kansai)
    return Street(asakusa, umeda, world.deployment("asakusa", asakusa))


@pytest.fixture
def sign_in(db: None) -> Callable[..., Client]:
    """Sign a person in by name, with a role over the franchise, an area or a store."""

    def build(name: str, role: Role | None = None, **scope: object) -> Client:
        person = User.objects.create_user(name, is_staff=True)
        if role is not None:
            Membership.objects.create(user=person, role=role, **scope)
        client = Client(headers={"accept-language": "en"})
        client.force_login(person)
        return client

    return build


@pytest.fixture
def hq(sign_in: Callable[..., Client]) -> Client:
    return sign_in("hanako", Role.HQ)


@pytest.fixture(autouse=True, scope="session")
def static_folder() -> None:
    """WhiteNoise warns of a folder that `up` makes and tests do not need."""
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.fixture(autouse=True)
def fresh_cache() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def at_the_shop(monkeypatch: pytest.MonkeyPatch, world: World) -> World:
    """Let the pages read the world's clock."""
    monkeypatch.setattr(clock, "now", lambda: world.at)
    return world


def make_ready(world: World) -> None:
    """Bring the world to nine o'clock: lit at half past six, ready nine minutes later, looked at just now."""
    for instant in ((5, 0), (6, 30), (6, 30, 5), (6, 39), (8, 59, 55), (9, 0)):
        world.tick(tokyo(2, *instant))
