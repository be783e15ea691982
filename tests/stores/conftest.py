"""The cast: Kanto's two bakeries and Kansai's one, and the people around them. Everybody speaks English."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from portal.base.models import User
from portal.embedded.messages import compile_one
from stores.models import Area, Membership, Role, Store
from stores.services.hours import replace_week

MORNING = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
"""Nine in the morning of Tuesday 24 November 2026 in Tokyo."""


@dataclass(frozen=True)
class Cast:
    """Stores and people by name."""

    ginza: Store
    shinjuku: Store
    umeda: Store
    hanako: User  # headquarters
    makoto: User  # manages Kanto
    owari: User  # owns Ginza
    miru: User  # looks at Ginza
    kenji: User  # manages Kansai


@pytest.fixture(autouse=True, scope="session")
def app_catalogue() -> None:
    """Compile the app's own translations, before the first of them is looked up."""
    for source in settings.BASE_DIR.glob("stores/locale/*/LC_MESSAGES/*.po"):
        compile_one(source, source.with_suffix(".mo"))


@pytest.fixture(autouse=True, scope="session")
def static_folder() -> None:
    """WhiteNoise warns of a folder that only `collectstatic` makes."""
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def cast(db: None) -> Cast:
    kanto, kansai = Area.objects.create(name="Kanto"), Area.objects.create(name="Kansai")

    def store(code: str, name: str, area: Area) -> Store:
        return Store.objects.create(code=code, name=name, area=area, timezone="Asia/Tokyo", country="JP")

    def person(name: str, role: Role, **scope: object) -> User:
        user = User.objects.create_user(username=name, is_staff=role is Role.HQ)
        Membership.objects.create(user=user, role=role, **scope)
        return user

    ginza = store("JP-001", "Ginza", kanto)
    replace_week(store=ginza, weekly=[((420, 1200),)] * 6 + [()])
    return Cast(
        ginza=ginza,
        shinjuku=store("JP-002", "Shinjuku", kanto),
        umeda=store("JP-101", "Umeda", kansai),
        hanako=person("hanako", Role.HQ),
        makoto=person("makoto", Role.AREA_MANAGER, area=kanto),
        owari=person("owari", Role.OWNER, store=ginza),
        miru=person("miru", Role.VIEWER, store=ginza),
        kenji=person("kenji", Role.AREA_MANAGER, area=kansai),
    )


def signed_in(user: User, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(user)
    return client
