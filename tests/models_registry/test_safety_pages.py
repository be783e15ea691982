"""Where a person reads that a model is armed, or why not; and what a connection needs for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from models_registry import admin
from models_registry.domain.schedules import SchedulerDenied
from models_registry.models import Connection, Deployment
from stores.models import Role, Store
from tests.models_registry.conftest import World, tokyo

Bakery = Callable[..., Store]
ROLE = "arn:aws:iam::123456789012:role/kamado-scheduler"
FIELDS = {
    "name": "Osaka", "region": "ap-northeast-3", "max_running_models": 2, "max_inference_units": 5,
    "control_plane_tps": 5, "safety_stop": "REQUIRED", "safety_margin_minutes": 20,
    "schedule_group": "kamado", "scheduler_role_arn": ROLE, "is_active": "on",
}  # fmt: skip


@pytest.fixture
def asakusa(at_the_desk: World, bakery: Bakery) -> Deployment:
    at_the_desk.connection.safety_stop, at_the_desk.connection.scheduler_role_arn = "REQUIRED", ROLE
    at_the_desk.connection.save()
    return at_the_desk.deployment("asakusa", bakery("asakusa"))


def page_of(client: Client, made: Deployment) -> str:
    return client.get(reverse("deployment", args=[made.pk])).content.decode()


def test_deployment_page_says_until_when_it_is_armed_in_both_languages(
    at_the_desk: World, asakusa: Deployment, hq: Client
) -> None:
    at_the_desk.tick(tokyo(2, 6))
    assert "Armed with the next start, 20 minutes past its planned end" in page_of(hq, asakusa)
    at_the_desk.ticks(tokyo(2, 8), seconds=600)
    assert "Armed until" in page_of(hq, asakusa)
    assert "19:50" in page_of(hq, asakusa)
    answer = hq.get(reverse("deployment", args=[asakusa.pk]), headers={"accept-language": "ja"})
    assert "安全停止 " in answer.content.decode()


def test_deployment_page_says_why_it_is_not_armed(
    at_the_desk: World, bakery: Bakery, asakusa: Deployment, hq: Client
) -> None:
    kept = at_the_desk.deployment("kept", bakery("kept", control="START_ONLY"))
    at_the_desk.tick(tokyo(2, 6, 29))
    at_the_desk.scheduler.fail_next = [SchedulerDenied("AccessDeniedException: not you")]
    at_the_desk.ticks(tokyo(2, 6, 30, 5), seconds=5)
    said = page_of(hq, asakusa)
    assert "Not armed: AWS does not take the schedule" in said
    assert "AccessDeniedException: not you" in said
    assert "The safety stop cannot be armed" in said
    at_the_desk.ticks(tokyo(2, 8), seconds=60)
    assert "Not armed: a store lets nobody stop it" in page_of(hq, kept)
    Connection.objects.update(safety_stop="OFF")
    assert "Not armed: the AWS connection has no safety stop" in page_of(hq, kept)


def test_local_rekognition_has_no_scheduler_and_says_so(
    at_the_desk: World, bakery: Bakery, hq: Client, settings: object
) -> None:
    settings.AWS_ENDPOINT_URL_REKOGNITION = "http://127.0.0.1:9"  # type: ignore[attr-defined]
    made = at_the_desk.deployment("asakusa", bakery("asakusa"))
    at_the_desk.tick(tokyo(2, 6))
    assert "Rekognition has no EventBridge Scheduler" in page_of(hq, made)


def test_owner_reads_the_safety_stop_on_the_page_of_the_store(
    at_the_desk: World, asakusa: Deployment, sign_in: Callable[..., Client]
) -> None:
    at_the_desk.ticks(tokyo(2, 8), seconds=600)
    owner = sign_in("kenichi", Role.OWNER, store=Store.objects.get())
    said = owner.get(reverse("store", args=["asakusa"])).content.decode()
    assert "Armed until" in said


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"scheduler_role_arn": ""}, "A safety stop needs the role"),
        ({"role_arn": "arn:aws:iam::210987654321:role/portal"}, "Name a role of the latter"),
        ({"scheduler_role_arn": ROLE.replace("aws", "aws-cn", 1)}, "The partition aws-cn does not belong"),
        ({"region": "cn-north-1"}, "The partition aws does not belong to the region cn-north-1"),
        ({"dead_letter_arn": "arn:aws:sqs:eu-west-1:123456789012:dead"}, "The queue is in eu-west-1"),
        ({"schedule_group": "two words"}, "Enter a valid value"),
        ({"schedule_group": ""}, "This field is required"),
        ({"safety_margin_minutes": 2}, "greater than or equal to 5"),
    ],
)
def test_connection_says_what_its_safety_stop_lacks(
    world: World, hq: Client, changed: dict[str, object], said: str
) -> None:
    answer = hq.post(reverse("admin:models_registry_connection_add"), {**FIELDS, **changed})
    assert answer.status_code == 200
    assert said in answer.content.decode().replace("&quot;", '"')
    assert Connection.objects.count() == 1


def test_new_connection_with_a_role_requires_the_safety_stop_unless_told_otherwise(
    world: World, hq: Client
) -> None:
    add = reverse("admin:models_registry_connection_add")
    assert hq.post(add, {**FIELDS, "safety_stop": "OFF"}).status_code == 302
    assert Connection.objects.get(name="Osaka").safety_stop == "REQUIRED"
    hq.post(add, {**FIELDS, "name": "Nara", "safety_stop": "WANTED"})
    assert Connection.objects.get(name="Nara").safety_stop == "WANTED"
    hq.post(add, {**FIELDS, "name": "Kobe", "safety_stop": "OFF", "scheduler_role_arn": ""})
    assert Connection.objects.get(name="Kobe").safety_stop == "OFF"


def test_group_is_not_changed_while_models_are_armed_in_it(
    at_the_desk: World, asakusa: Deployment, hq: Client
) -> None:
    at_the_desk.ticks(tokyo(2, 8), seconds=600)
    change = reverse("admin:models_registry_connection_change", args=[at_the_desk.connection.pk])
    values = {**FIELDS, "name": "Main", "region": "ap-northeast-1", "schedule_group": "other"}
    assert "Models are armed in the old place" in hq.post(change, values).content.decode()
    assert hq.post(change, {**values, "schedule_group": "kamado", "safety_stop": "OFF"}).status_code == 302
    at_the_desk.tick(tokyo(2, 8, 0, 5))
    assert hq.post(change, values).status_code == 302


def test_safety_stop_of_a_connection_is_tried_on_demand(
    at_the_desk: World, asakusa: Deployment, hq: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admin, "open_scheduler", lambda connection: at_the_desk.scheduler)
    asked = {"action": "try_safety_stop", "_selected_action": [at_the_desk.connection.pk]}
    listed = reverse("admin:models_registry_connection_changelist")
    assert "can be armed." in hq.post(listed, asked, follow=True).content.decode()
    assert [call for call, _ in at_the_desk.scheduler.calls] == ["put", "remove"]
    at_the_desk.scheduler.fail_next = [SchedulerDenied("AccessDeniedException: not you")]
    assert "AccessDeniedException: not you" in hq.post(listed, asked, follow=True).content.decode()
    assert Connection.objects.get().safety_error_code == "scheduler_denied"
