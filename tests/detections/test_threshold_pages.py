"""Thresholds on their page: who may, what is shown, published, refused and used again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from detections.models import ThresholdSet
from detections.services.thresholds import SetDraft, publish_set
from models_registry.models import Deployment, LabelMetrics
from stores.models import Role
from tests.detections.conftest import ANPAN, MELON, YAKISOBA, Register
from tests.models_registry.conftest import World

SignIn = Callable[..., Client]


@pytest.fixture
def bread(asakusa: Register) -> Deployment:
    """Asakusa's deployment; メロンパン has enough test images, the others few."""
    made = Deployment.objects.get(name="asakusa")
    LabelMetrics.objects.filter(version=made.live_version).update(test_images=12, f1_score=0.913)
    LabelMetrics.objects.filter(version=made.live_version, label=MELON).update(test_images=80)
    return made


def address(deployment: Deployment) -> str:
    return f"/deployments/{deployment.pk}/thresholds/"


def typed(seen: int = 0, **fields: object) -> dict[str, object]:
    """What the form sends: empty labels, the usual bands, a reason."""
    usual = {"fallback": 50, "near_miss_band": 25, "ask_band": 1, "suppresses_duplicates": "on"}
    return {**usual, "reason": "Melon bread twice", "seen": seen, **fields}


def of(label: str, percent: object) -> dict[str, object]:
    return {f"of:{label}": percent}


def published(deployment: Deployment) -> ThresholdSet:
    found = ThresholdSet.objects.filter(deployment=deployment).order_by("-number").first()
    assert found is not None
    return found


def test_only_headquarters_opens_thresholds(bread: Deployment, asakusa: Register, sign_in: SignIn) -> None:
    assert Client().get(address(bread)).status_code == 302
    viewer = sign_in("vera", Role.VIEWER, store=asakusa.store)
    assert viewer.get(address(bread)).status_code == 403
    assert viewer.post(address(bread), typed()).status_code == 403
    assert viewer.post(f"{address(bread)}1/roll-back/", {"seen": 0}).status_code == 403
    hq = sign_in("hanako", Role.HQ)
    assert hq.get(address(bread)).status_code == 200
    assert hq.get("/deployments/999/thresholds/").status_code == 404


def test_page_shows_every_label_with_its_figures(bread: Deployment, hq: Client) -> None:
    page = hq.get(address(bread)).content.decode()
    for said in (MELON, ANPAN, YAKISOBA, "86.2 %", "0.913", "80", "No set is published yet"):
        assert said in page
    assert page.count('<span class="rg-chip rg-chip-warn">few images</span>') == 2
    assert page.count('<span class="rg-chip rg-chip-warn">low</span>') == 1
    assert "Kamado does this, not AWS" in page


def test_published_set_is_in_force(bread: Deployment, hq: Client) -> None:
    answer = hq.post(address(bread), typed(**of(MELON, "91.5"), **of(ANPAN, "")), follow=True)
    made = published(bread)
    assert (made.number, made.thresholds, made.reason) == (1, {MELON: 91.5}, "Melon bread twice")
    assert made.author is not None
    assert (made.author.username, made.version) == ("hanako", bread.live_version)
    page = answer.content.decode()
    assert page.count("Set 1 is in force.") == 1
    assert 'value="91.5"' in page
    assert f"{MELON}: AWS&#x27;s assumed → 91.5 %" in page


def test_zero_is_a_threshold_and_empty_is_none(bread: Deployment, hq: Client) -> None:
    hq.post(address(bread), typed(**of(MELON, "0"), **of(ANPAN, "")))
    assert published(bread).thresholds == {MELON: 0}


def test_duplicates_switch_can_be_off(bread: Deployment, hq: Client) -> None:
    sent = typed()
    del sent["suppresses_duplicates"]
    page = hq.post(address(bread), sent, follow=True).content.decode()
    assert not published(bread).suppresses_duplicates
    assert "one bread, one box: on → off" in page


@pytest.mark.parametrize(
    "wrong", [of(MELON, "101"), of(MELON, "-1"), of(MELON, "nan"), {"reason": " "}, {"fallback": ""}]
)
def test_refusal_keeps_what_was_typed(bread: Deployment, hq: Client, wrong: dict[str, object]) -> None:
    page = hq.post(address(bread), typed(**{**of(ANPAN, "77.25"), **wrong})).content.decode()
    assert 'class="rg-error" role="alert"' in page
    assert "Nothing is published yet" in page
    assert 'value="77.25"' in page
    assert not ThresholdSet.objects.exists()


def test_newer_set_is_not_overwritten_unseen(bread: Deployment, hq: Client) -> None:
    hq.post(address(bread), typed())
    page = hq.post(address(bread), typed(seen=0, **of(MELON, "92.75"))).content.decode()
    assert "Set 1 was published after you opened this page" in page
    assert 'value="92.75"' in page
    assert 'name="seen" value="1"' in page
    assert published(bread).number == 1


def test_set_published_between_reading_and_writing_is_not_overwritten(bread: Deployment, hq: Client) -> None:
    hq.post(address(bread), typed())
    waiting = [lambda: publish_set(deployment=bread, draft=SetDraft(), reason="First", author=None)]

    def overtake(execute: Callable[..., object], sql: str, *rest: object) -> object:
        """Publish another set just before the page begins to write."""
        if sql.startswith("SAVEPOINT") and waiting:
            waiting.pop()()
        return execute(sql, *rest)

    with connection.execute_wrapper(overtake):
        page = hq.post(address(bread), typed(seen=1)).content.decode()
    assert "Set 2 was published after you opened this page" in page
    assert published(bread).reason == "First"


def test_older_set_is_used_again_under_a_new_number(bread: Deployment, hq: Client) -> None:
    hq.post(address(bread), typed(**of(MELON, "91"), fallback=60))
    hq.post(address(bread), typed(1, **of(MELON, "70"), fallback=60))
    page = hq.post(f"{address(bread)}1/roll-back/", {"seen": 2}, follow=True).content.decode()
    made = published(bread)
    assert (made.number, made.thresholds, made.reason) == (3, {MELON: 91}, "Back to set 1")
    assert "Set 3 is in force." in page
    assert f"{MELON}: 70 % → 91 %" in page


def test_second_press_of_use_again_is_refused(bread: Deployment, hq: Client) -> None:
    hq.post(address(bread), typed())
    hq.post(address(bread), typed(1))
    for _ in range(2):
        page = hq.post(f"{address(bread)}1/roll-back/", {"seen": 2}).content.decode()
    assert "Set 3 was published after you opened this page" in page
    assert published(bread).number == 3


def test_unknown_set_is_not_found(bread: Deployment, hq: Client) -> None:
    assert hq.post(f"{address(bread)}9/roll-back/", {"seen": 0}).status_code == 404
    assert hq.get(f"{address(bread)}9/roll-back/").status_code == 405


def test_deployment_without_a_version_can_publish_a_fallback(world: World, hq: Client) -> None:
    made = Deployment.objects.create(name="Empty", connection=world.connection)
    assert "has no live version" in hq.get(address(made)).content.decode()
    hq.post(address(made), typed(fallback=80))
    assert (published(made).fallback, published(made).version) == (80, None)


def test_version_without_evaluation_says_so(world: World, hq: Client) -> None:
    page = hq.get(address(world.deployment("fresh"))).content.decode()
    assert "No evaluation of the live version was read" in page


def test_label_of_the_set_stays_when_the_version_lacks_it(bread: Deployment, hq: Client) -> None:
    hq.post(address(bread), typed(**of(MELON, "91")))
    LabelMetrics.objects.filter(label=MELON).delete()
    hq.post(address(bread), typed(1, **of(MELON, "90")))
    assert published(bread).thresholds == {MELON: 90}


def test_page_asks_as_often_for_many_sets_as_for_one(bread: Deployment, hq: Client) -> None:
    hq.post(address(bread), typed(), follow=True)
    with CaptureQueriesContext(connection) as one:
        hq.get(address(bread))
    for seen in range(1, 5):
        hq.post(address(bread), typed(seen), follow=True)
    with CaptureQueriesContext(connection) as many:
        hq.get(address(bread))
    assert len(many) == len(one) <= 12
