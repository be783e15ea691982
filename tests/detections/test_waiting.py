"""Photos that wait are analysed once their model runs; lost attempts are taken up."""

from __future__ import annotations

from datetime import timedelta

import pytest

from detections.domain.ports import NotReady
from detections.gateways.in_memory_eyes import InMemoryEyes
from detections.models import DetectedLabel, Detection
from detections.services.detect import Tools
from detections.services.waiting import WaitingReport, analyse_waiting, sweep_unfinished
from detections.wiring import PICTURES
from models_registry.domain.status import VersionStatus
from models_registry.models import ModelVersion
from tests.detections.conftest import Register, jpeg, set_status
from tests.models_registry.conftest import World


@pytest.fixture
def waiting(asakusa: Register, eyes: InMemoryEyes, world: World) -> Detection:
    """A photo that was handed in while the model was off."""
    set_status(ModelVersion.objects.get(), VersionStatus.STOPPED, world)
    answer = asakusa.client.post("/api/v1/detections?wait=1", jpeg(), content_type="image/jpeg")
    return Detection.objects.get(pk=answer.json()["id"])


def analyse(world: World, eyes: InMemoryEyes) -> WaitingReport:
    return analyse_waiting(at=world.at, tools=Tools(lambda connection: eyes, PICTURES), is_time=lambda: True)


def test_photo_waits_while_the_model_is_off(waiting: Detection, eyes: InMemoryEyes, world: World) -> None:
    assert analyse(world, eyes) == WaitingReport(0, 0)
    assert eyes.calls == []


def test_photo_is_analysed_once_the_model_runs(waiting: Detection, eyes: InMemoryEyes, world: World) -> None:
    set_status(ModelVersion.objects.get(), VersionStatus.RUNNING, world)

    assert analyse(world, eyes) == WaitingReport(1, 0)
    assert analyse(world, eyes) == WaitingReport(0, 0)

    waiting.refresh_from_db()
    assert (waiting.outcome, waiting.accepted_count) == ("ANSWERED", 1)
    assert DetectedLabel.objects.count() == 3


def test_photo_waits_on_when_the_model_is_not_ready_yet(
    waiting: Detection, eyes: InMemoryEyes, world: World
) -> None:
    set_status(ModelVersion.objects.get(), VersionStatus.RUNNING, world)
    eyes.answers.append(NotReady("still loading"))

    assert analyse(world, eyes) == WaitingReport(0, 1)
    assert analyse(world, eyes) == WaitingReport(1, 0)


def test_photo_whose_picture_is_gone_ends(waiting: Detection, eyes: InMemoryEyes, world: World) -> None:
    set_status(ModelVersion.objects.get(), VersionStatus.RUNNING, world)
    PICTURES.delete([waiting.picture_key])

    assert analyse(world, eyes) == WaitingReport(0, 1)
    waiting.refresh_from_db()
    assert waiting.error_code == "picture_missing"


def test_lost_attempt_waits_again_where_its_picture_is_kept(waiting: Detection, world: World) -> None:
    Detection.objects.update(outcome="PENDING", claimed_at=world.at - timedelta(minutes=3))

    assert sweep_unfinished(at=world.at) == 1
    waiting.refresh_from_db()
    assert waiting.outcome == "WAITING"


def test_lost_attempt_without_a_picture_was_interrupted(waiting: Detection, world: World) -> None:
    Detection.objects.update(
        outcome="PENDING", claimed_at=world.at - timedelta(minutes=3), picture_key="", idempotency_key="a"
    )

    assert sweep_unfinished(at=world.at) == 1
    waiting.refresh_from_db()
    assert (waiting.outcome, waiting.idempotency_key) == ("INTERRUPTED", "")


def test_attempt_under_way_is_left_alone(waiting: Detection, world: World) -> None:
    Detection.objects.update(outcome="PENDING", claimed_at=world.at - timedelta(seconds=30))

    assert sweep_unfinished(at=world.at) == 0
