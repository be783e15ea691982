"""Eyes over HTTP: what Rekognition Local answers arrives whole, and its errors as ours."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from detections.api import registers
from detections.domain.ports import NotReady, PictureRefusedByAws
from detections.gateways.rekognition import AwsEyes
from detections.models import DetectedLabel, Detection
from models_registry.domain.ports import ResourceNotFound, Throttled, Unanswered
from models_registry.gateways.aws import Account
from models_registry.models import ModelVersion
from rekognition_local.server import serve
from rekognition_local.settings import ClockMode, Quotas, Settings
from tests.detections.conftest import Register
from tests.rekognition_local.local import BUCKET, FIXED, Local
from tests.rekognition_local.trays import LABELS, fill_bucket, jpeg, tray

GONE = "arn:aws:rekognition:ap-northeast-1:123456789012:project/nobody/version/v1/1700000000000"


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    """A Rekognition Local whose one model has learnt three shapes and runs."""
    folder = tmp_path_factory.mktemp("eyes")
    fill_bucket(folder / "s3" / BUCKET)
    settings = Settings(
        data_dir=folder / "data", buckets=folder / "s3", port=0, clock=ClockMode.MANUAL, durations=FIXED,
        quotas=Quotas().without_tps(), control=True,
    )  # fmt: skip
    with serve(settings) as server:
        local = Local(server, folder / "s3")
        yield local
        local.close()


@pytest.fixture(scope="module")
def running(local: Local) -> str:
    arn = local.trained_version()
    local.run(arn)
    return arn


@pytest.fixture
def aws_eyes(local: Local) -> AwsEyes:
    local.faults()
    return AwsEyes(Account("ap-northeast-1", endpoint_url=local.url))


def test_every_raw_box_arrives_with_its_place(aws_eyes: AwsEyes, local: Local, running: str) -> None:
    photo = jpeg(tray(1234)[0])

    seen = aws_eyes.detect(running, photo, min_confidence=0)

    told = local.see(running, photo, MinConfidence=0)
    assert [(each.label, each.confidence) for each in seen.labels] == [
        (each["Name"], each["Confidence"]) for each in told
    ]
    first, box = seen.labels[0].box, told[0]["Geometry"]["BoundingBox"]
    assert first is not None
    assert (first.left, first.top, first.width, first.height) == tuple(
        box[side] for side in ("Left", "Top", "Width", "Height")
    )
    assert seen.milliseconds > 0


def test_model_that_does_not_run_is_not_ready(aws_eyes: AwsEyes, local: Local, running: str) -> None:
    with pytest.raises(NotReady):
        aws_eyes.detect(local.version("v7"), jpeg(tray(1)[0]), min_confidence=0)


def test_model_that_is_gone_is_not_found(aws_eyes: AwsEyes) -> None:
    with pytest.raises(ResourceNotFound):
        aws_eyes.detect(GONE, jpeg(tray(1)[0]), min_confidence=0)


def test_picture_that_aws_cannot_read_is_its_refusal(aws_eyes: AwsEyes, running: str) -> None:
    with pytest.raises(PictureRefusedByAws):
        aws_eyes.detect(running, b"GIF89a not for AWS", min_confidence=0)


@pytest.mark.parametrize(("kind", "error"), [("throttle", Throttled), ("internal", Unanswered)])
def test_fault_of_aws_is_asked_once_and_told(
    aws_eyes: AwsEyes, local: Local, running: str, kind: str, error: type[Exception]
) -> None:
    local.faults({"operation": "DetectCustomLabels", "kind": kind, "count": 1})

    with pytest.raises(error):
        aws_eyes.detect(running, jpeg(tray(1)[0]), min_confidence=0)
    assert aws_eyes.detect(running, jpeg(tray(1)[0]), min_confidence=50).labels


def test_nobody_at_the_address_is_no_answer() -> None:
    nobody = AwsEyes(Account("ap-northeast-1", endpoint_url="http://127.0.0.1:9"))

    with pytest.raises(Unanswered):
        nobody.detect(GONE, b"", min_confidence=0)


def test_register_learns_what_lies_on_an_unseen_tray(
    asakusa: Register,
    aws_eyes: AwsEyes,
    running: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From the photo through the API, a trained model and its assumed thresholds to the register."""
    monkeypatch.setattr(registers, "open_eyes", lambda connection: aws_eyes)
    ModelVersion.objects.update(arn=running)

    answer = asakusa.send(jpeg(tray(1234)[0])).json()

    told = [each["label"] for each in answer["accepted"]]
    told += [place["candidates"][0]["label"] for kind in ("near_misses", "ask") for place in answer[kind]]
    assert sorted(told) == sorted(LABELS)
    assert DetectedLabel.objects.filter(detection=Detection.objects.get()).count() >= 3
