"""What the simulator found becomes the next set, over what is in force, unless somebody was quicker."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from detections.models import ThresholdSet
from detections.services.thresholds import SetDraft, publish_set
from models_registry.models import Deployment
from stores.models import Role
from tests.detections.conftest import ANPAN, MELON, Register

SignIn = Callable[..., Client]


@pytest.fixture
def bread(asakusa: Register) -> Deployment:
    return Deployment.objects.get(name="asakusa")


def send(client: Client, deployment: Deployment, moved: object, **changed: object) -> Any:
    usual = {"seen": 0, "version": deployment.live_version_id, "reason": "Fewer questions"}
    body = {**usual, "thresholds": json.dumps(moved), **changed}
    return client.post(
        f"/deployments/{deployment.pk}/thresholds/simulated/", body, headers={"accept-language": "en"}
    )


def test_moved_thresholds_are_laid_over_the_set_in_force(bread: Deployment, hq: Client) -> None:
    first = SetDraft({MELON: 90.0, "クロワッサン": 70.0}, fallback=61.0, ask_band=2.0, same_place=0.4)
    publish_set(deployment=bread, draft=first, reason="First", author=None)
    answer = send(hq, bread, {MELON: 92.5, ANPAN: 80}, seen=1)
    assert answer.json() == {"next": f"/deployments/{bread.pk}/thresholds/"}
    made = ThresholdSet.objects.get(number=2)
    assert made.thresholds == {MELON: 92.5, "クロワッサン": 70.0, ANPAN: 80.0}
    assert (made.fallback, made.ask_band, made.same_place, made.reason) == (61, 2, 0.4, "Fewer questions")
    assert made.author is not None
    assert made.author.username == "hanako"
    assert "Set 2 is in force." in hq.get(answer.json()["next"]).content.decode()


def test_first_set_has_only_what_was_moved(bread: Deployment, hq: Client) -> None:
    send(hq, bread, {MELON: 92.5})
    assert ThresholdSet.objects.get().thresholds == {MELON: 92.5}


def test_newer_set_is_not_overwritten_unseen(bread: Deployment, hq: Client) -> None:
    publish_set(deployment=bread, draft=SetDraft(), reason="First", author=None)
    answer = send(hq, bread, {MELON: 92.5})
    assert answer.status_code == 409
    assert "Set 1 was published after you opened this page" in answer.json()["error"]
    assert send(hq, bread, {MELON: 92.5}, seen=answer.json()["seen"]).status_code == 200


def test_set_for_a_version_that_serves_no_more_is_refused(bread: Deployment, hq: Client) -> None:
    answer = send(hq, bread, {MELON: 92.5}, version=999_999)
    assert "serves another version by now" in answer.json()["error"]
    assert not ThresholdSet.objects.exists()


@pytest.mark.parametrize("wrong", [{}, [], "x", None, {MELON: "90"}, {MELON: True}, {"": 5}, {"a" * 256: 5}])
def test_what_is_no_set_is_refused(bread: Deployment, hq: Client, wrong: object) -> None:
    assert send(hq, bread, wrong).status_code == 409
    assert not ThresholdSet.objects.exists()


@pytest.mark.parametrize("text", ["", "{", f'{{"{MELON}": NaN}}', f'{{"{MELON}": 101}}'])
def test_figures_that_are_no_percentages_are_refused(bread: Deployment, hq: Client, text: str) -> None:
    assert send(hq, bread, {}, thresholds=text).status_code == 409
    assert not ThresholdSet.objects.exists()


def test_reason_is_needed(bread: Deployment, hq: Client) -> None:
    assert "Say why" in send(hq, bread, {MELON: 92.5}, reason=" ").json()["error"]


def test_only_headquarters_publishes(bread: Deployment, asakusa: Register, sign_in: SignIn) -> None:
    analyst = sign_in("aki", Role.ANALYST)
    assert send(analyst, bread, {MELON: 92.5}).status_code == 403
    assert not ThresholdSet.objects.exists()
