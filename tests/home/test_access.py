"""The ladder each page must climb: stranger, outsider, viewer, owner, headquarters."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from models_registry.models import Override
from stores.models import Role
from tests.home.conftest import Street

PAGES = ["/", "/why/", "/stores/asakusa/", "/why/?store=asakusa"]
ACTIONS = ["stay-open", "run-now", "keep-stopped", "control"]


@pytest.mark.parametrize("address", PAGES)
def test_stranger_is_sent_to_sign_in(street: Street, client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login/?next=")


@pytest.mark.parametrize("address", PAGES)
def test_headquarters_sees_every_page(street: Street, hq: Client, address: str) -> None:
    assert hq.get(address).status_code == 200


def test_outsider_gets_404_for_anothers_store_whatever_the_action(
    street: Street, sign_in: Callable[..., Client]
) -> None:
    outsider = sign_in("osamu", Role.OWNER, store=street.umeda)
    assert outsider.get("/stores/asakusa/").status_code == 404
    for action in ACTIONS:
        assert outsider.post(f"/stores/asakusa/{action}/", {"until": "21:30"}).status_code == 404
    assert "Asakusa" not in outsider.get("/").content.decode()
    assert "among yours" in outsider.get("/why/?store=asakusa").content.decode()


def test_viewer_sees_the_store_but_every_action_is_403(
    street: Street, sign_in: Callable[..., Client]
) -> None:
    viewer = sign_in("vera", Role.VIEWER)
    page = viewer.get("/stores/asakusa/")
    assert page.status_code == 200
    assert b"stay-open" not in page.content
    for action in ACTIONS:
        assert viewer.post(f"/stores/asakusa/{action}/", {"until": "21:30"}).status_code == 403
    assert not Override.objects.exists()


def test_owner_may_override_but_not_change_control(street: Street, sign_in: Callable[..., Client]) -> None:
    owner = sign_in("olga", Role.OWNER, store=street.asakusa)
    assert owner.post("/stores/asakusa/run-now/").status_code == 302
    assert owner.post("/stores/asakusa/control/", {"control": "HANDS_OFF"}).status_code == 403


@pytest.mark.parametrize("action", ACTIONS)
def test_actions_answer_post_only(street: Street, hq: Client, action: str) -> None:
    assert hq.get(f"/stores/asakusa/{action}/").status_code == 405


def test_page_that_is_not_there_is_404_in_words(street: Street, hq: Client) -> None:
    answer = hq.get("/stores/nowhere/")
    assert answer.status_code == 404
    assert "There is no store “nowhere” among yours." in answer.content.decode()
