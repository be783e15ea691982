"""A store's keys on their page: who may, made and shown once, rotated with an overlap, revoked."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from detections.domain.keys import digest, parts_of
from detections.models import ApiKey
from detections.services.keys import make_key
from portal.base import clock
from stores.models import Role, Store
from tests.models_registry.conftest import World, tokyo

SignIn = Callable[..., Client]
SHOWN = re.compile(r"kmd_[A-Za-z0-9]{10}_[A-Za-z0-9_-]{43}")
KEYS = "/stores/ginza/keys/"


@pytest.fixture
def ginza(bakery: Callable[..., Store], world: World, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Ginza on a Monday at nine."""
    world.at = tokyo(2, 9)
    monkeypatch.setattr(clock, "now", lambda: world.at)
    return bakery("ginza")


def till(store: Store) -> ApiKey:
    return make_key(store=store, name="till 1", author=None).key


def test_only_those_who_control_a_store_open_its_keys(
    ginza: Store, bakery: Callable[..., Store], sign_in: SignIn
) -> None:
    shibuya, key = bakery("shibuya"), till(ginza)
    assert Client().get(KEYS).status_code == 302
    assert sign_in("vera", Role.VIEWER, store=ginza).get(KEYS).status_code == 403
    assert sign_in("owari", Role.OWNER, store=ginza).get(KEYS).status_code == 403
    assert sign_in("shin", Role.OWNER, store=shibuya).get(KEYS).status_code == 404
    assert sign_in("aki", Role.AREA_MANAGER, area=ginza.area).get(KEYS).status_code == 200
    viewer = sign_in("vic", Role.VIEWER, store=ginza)
    for change in ("", f"{key.pk}/rotate/", f"{key.pk}/revoke/"):
        assert viewer.post(KEYS + change, {"name": "x", "per_minute": 1, "overlap": 0}).status_code == 403
    assert ApiKey.objects.get().revoked_at is None


def test_empty_page_says_what_a_key_is_for(ginza: Store, hq: Client) -> None:
    assert "Make one for each register" in hq.get(KEYS).content.decode()


def test_key_is_shown_once_and_only_its_digest_is_kept(ginza: Store, hq: Client) -> None:
    answer = hq.post(KEYS, {"name": "till 2", "per_minute": 30})
    [text] = set(SHOWN.findall(answer.content.decode()))
    assert answer.status_code == 200
    assert "no-store" in answer.headers["cache-control"]
    assert "it is not shown again" in answer.content.decode()
    made, parts = ApiKey.objects.get(), parts_of(text)
    assert parts is not None
    assert (made.store, made.name, made.requests_per_minute) == (ginza, "till 2", 30)
    assert (made.prefix, made.secret_digest) == (parts[0], digest(parts[1]))
    assert made.author is not None
    page = hq.get(KEYS).content.decode()
    assert not SHOWN.search(page)
    assert f"kmd_{made.prefix}_…" in page


@pytest.mark.parametrize("wrong", [{"name": ""}, {"per_minute": "0"}, {"per_minute": "100001"}])
def test_refusal_makes_no_key_and_keeps_what_was_typed(
    ginza: Store, hq: Client, wrong: dict[str, str]
) -> None:
    page = hq.post(KEYS, {"name": "till 7", "per_minute": "77", **wrong}).content.decode()
    assert 'class="rg-error" role="alert"' in page
    assert ('value="77"' in page) or ('value="till 7"' in page)
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize("hours", [0, 1, 24, 168])
def test_old_key_works_on_for_the_overlap_when_rotated(
    ginza: Store, hq: Client, world: World, hours: int
) -> None:
    old = till(ginza)
    answer = hq.post(f"{KEYS}{old.pk}/rotate/", {"overlap": hours})
    [text] = set(SHOWN.findall(answer.content.decode()))
    old.refresh_from_db()
    successor = ApiKey.objects.get(replaces=old)
    assert old.expires_at == world.at + timedelta(hours=hours)
    assert text.startswith(f"kmd_{successor.prefix}_")
    assert "no-store" in answer.headers["cache-control"]


def test_overlap_is_one_of_four(ginza: Store, hq: Client) -> None:
    old = till(ginza)
    page = hq.post(f"{KEYS}{old.pk}/rotate/", {"overlap": 9999}).content.decode()
    assert "9999 is not one of the available choices" in page
    assert ApiKey.objects.count() == 1


def test_revoked_key_works_no_longer(ginza: Store, hq: Client, world: World) -> None:
    key = till(ginza)
    page = hq.post(f"{KEYS}{key.pk}/revoke/", follow=True).content.decode()
    key.refresh_from_db()
    assert key.revoked_at == world.at
    assert page.count("“till 1” is revoked.") == 1
    assert "Keys that work no longer" in page
    assert "was revoked before" in hq.post(f"{KEYS}{key.pk}/revoke/", follow=True).content.decode()


def test_revoked_key_has_no_successor(ginza: Store, hq: Client) -> None:
    key = till(ginza)
    hq.post(f"{KEYS}{key.pk}/revoke/")
    page = hq.post(f"{KEYS}{key.pk}/rotate/", {"overlap": 1}).content.decode()
    assert "This key works no longer. Make a new one." in page
    assert ApiKey.objects.count() == 1


@pytest.mark.parametrize("change", ["rotate", "revoke"])
def test_key_of_another_store_is_not_found(
    ginza: Store, bakery: Callable[..., Store], hq: Client, change: str
) -> None:
    other = till(bakery("shibuya"))
    assert hq.post(f"{KEYS}{other.pk}/{change}/", {"overlap": 0}).status_code == 404
    assert hq.get(f"{KEYS}{other.pk}/{change}/").status_code == 405
    other.refresh_from_db()
    assert (other.revoked_at, other.expires_at) == (None, None)
