"""What HQ is told of safety stops: not armed, carried out, not carried out, edited, another portal."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.utils import translation

from alerts.domain.sentences import SENTENCES
from alerts.models import Alert
from alerts.wording import sentence_of
from models_registry.domain.safety import safety_schedule, stop_instant
from models_registry.domain.schedules import (
    GroupMissing,
    ScheduleQuota,
    SchedulerDenied,
    SchedulerError,
    SchedulerUnanswered,
)
from models_registry.models import Connection, Deployment
from tests.alerts.conftest import Bakery, look, open_kinds
from tests.models_registry.conftest import World, tokyo

ROLE = "arn:aws:iam::123456789012:role/kamado-scheduler"


@pytest.fixture
def asakusa(world: World, bakery: Bakery) -> Deployment:
    world.connection.safety_stop, world.connection.scheduler_role_arn = "WANTED", ROLE
    world.connection.save()
    return world.deployment("asakusa", bakery("asakusa"))


def only(kind: str) -> Alert:
    return Alert.objects.get(kind=kind, ended_at=None)


@pytest.mark.parametrize("kind", [SchedulerDenied, GroupMissing, ScheduleQuota, SchedulerUnanswered])
def test_account_that_cannot_be_armed_rings_after_a_minute_until_it_can(
    world: World, asakusa: Deployment, kind: type[SchedulerError]
) -> None:
    world.tick(tokyo(2, 6, 29))
    world.scheduler.fail_next = [kind("AWS said no")] * 3
    world.tick(tokyo(2, 6, 30))
    look(world)
    assert open_kinds() == []
    world.tick(tokyo(2, 6, 31))
    look(world)
    assert open_kinds() == ["UNARMED"]
    alert = only("UNARMED")
    english = SENTENCES[f"UNARMED:{kind.code}"] % {"group": "kamado"}
    with translation.override("en"):
        assert sentence_of(alert, now=world.at) == english
    with translation.override("ja"):
        assert sentence_of(alert, now=world.at) != english
    world.ticks(tokyo(2, 6, 36), seconds=60)
    look(world)
    assert open_kinds() == []


def test_model_that_aws_stopped_by_itself_is_told_of(world: World, asakusa: Deployment) -> None:
    world.ticks(tokyo(2, 8), seconds=600)
    world.at = tokyo(2, 19, 50)
    (made,) = world.scheduler.schedules.values()
    assert stop_instant(made) == world.at
    world.rekognition.stop_version(made.version_arn)
    world.scheduler.schedules.clear()
    world.tick(tokyo(2, 21))
    look(world)
    assert open_kinds() == ["SAFETY_FIRED"]
    alert = only("SAFETY_FIRED")
    assert alert.version == asakusa.live_version
    assert "19:50" in sentence_of(alert, now=world.at)


def test_schedule_that_aws_did_not_carry_out_is_told_of(world: World, asakusa: Deployment) -> None:
    world.ticks(tokyo(2, 8), seconds=600)
    world.tick(tokyo(2, 21))
    look(world)
    assert only("SAFETY_CHANGED").cause == "MISSED"


def test_edit_by_hand_is_told_of(world: World, asakusa: Deployment) -> None:
    world.ticks(tokyo(2, 8), seconds=600)
    ((name, made),) = world.scheduler.schedules.items()
    world.scheduler.schedules[name] = replace(made, is_enabled=False)
    world.sweep()
    look(world)
    assert only("SAFETY_CHANGED").cause == "EDITED"


def test_another_portal_in_the_group_is_told_of_until_it_leaves(world: World, asakusa: Deployment) -> None:
    world.ticks(tokyo(2, 8), seconds=600)
    arn = asakusa.live_version.arn  # type: ignore[union-attr]
    theirs = safety_schedule("99999999-0000-0000-0000-000000000000", arn, tokyo(2, 12))
    world.scheduler.put(theirs)
    world.sweep()
    look(world)
    alert = only("SAFETY_CHANGED")
    assert (alert.cause, alert.connection) == ("TWO_PORTALS", Connection.objects.get())
    assert "99999999" in sentence_of(alert, now=world.at)
    world.scheduler.remove(theirs.name)
    world.sweep()
    look(world)
    assert open_kinds() == []
