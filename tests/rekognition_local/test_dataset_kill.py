"""kill -9 and clean ends in the middle of a dataset's change: done once, whole, by the next server."""

import json
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.rekognition_local.local import BUCKET, OPENING, Local, source
from tests.rekognition_local.test_process import Process
from tests.rekognition_local.trays import ANPAN, MELON, boxed_line, jpeg, tray, write_manifest

pytestmark = [pytest.mark.drill, pytest.mark.processes]

OPTIONS = ["--control", "--clock", "manual", "--start-at", OPENING, "--no-tps-limits"]
PICTURES = 3000
BOX = {"label": MELON, "left": 10, "top": 20, "width": 30, "height": 40}


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Process]]:
    """Start a server on the same data directory, beside a bucket with one picture under many names."""
    folder = tmp_path / "s3" / BUCKET
    (folder / "trays").mkdir(parents=True)
    picture = folder / "trays/0.jpg"
    picture.write_bytes(jpeg(tray(0)[0]))
    for number in range(1, PICTURES):
        (folder / f"trays/{number}.jpg").hardlink_to(picture)
    write_manifest(folder / "train.manifest", _lines(MELON))
    started: list[Process] = []

    def call() -> Process:
        started.append(Process(tmp_path / "data", "--buckets", str(tmp_path / "s3"), *OPTIONS))
        return started[-1]

    yield call
    for process in started:
        process.end(signal.SIGKILL)
    shutil.rmtree(tmp_path / "s3")


def _lines(label: str) -> list[dict[str, object]]:
    box = {**BOX, "label": label}
    return [boxed_line(f"s3://{BUCKET}/trays/{number}.jpg", [box]) for number in range(PICTURES)]


def _progress(local: Local) -> float | None:
    jobs = local.get("work")["jobs"]
    return jobs[0]["progress"] if jobs else None


def _until_under_way(local: Local) -> None:
    """Wait until the work has come some way, and not to its end."""
    for _ in range(2000):
        if 0.0 < (_progress(local) or 0.0) < 0.9:
            return
        time.sleep(0.002)
    pytest.fail("The work was never seen under way.")


def _until_done(local: Local) -> None:
    assert local.post("work/wait", {"seconds": 120}) == {"is_idle": True}
    local.advance(5)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_dataset_being_made_when_the_server_ends_is_made_by_the_next(
    start: Callable[[], Process], number: int
) -> None:
    killed = start()
    arn = killed.local.aws.create_dataset(
        ProjectArn=killed.local.project(), DatasetType="TRAIN", DatasetSource=source("train.manifest")
    )["DatasetArn"]
    _until_under_way(killed.local)
    killed.end(number)

    again = start().local
    again.advance(5)
    assert again.dataset_description(arn)["Status"] == "CREATE_IN_PROGRESS"
    _until_done(again)

    description = again.dataset_description(arn)
    assert description["Status"] == "CREATE_COMPLETE"
    assert description["DatasetStats"] == {
        "TotalEntries": PICTURES,
        "LabeledEntries": PICTURES,
        "TotalLabels": 1,
        "ErrorEntries": 0,
    }


def test_update_cut_off_at_any_instant_happens_once_and_whole(start: Callable[[], Process]) -> None:
    process = start()
    local = process.local
    arn = local.aws.create_dataset(
        ProjectArn=local.project(), DatasetType="TRAIN", DatasetSource=source("train.manifest")
    )["DatasetArn"]
    _until_done(local)
    content = "\n".join(json.dumps(line) for line in _lines(ANPAN)).encode()
    local.aws.update_dataset_entries(DatasetArn=arn, Changes={"GroundTruth": content})

    # The second attempt is cut off as well, at its very beginning; the third ends.
    _until_under_way(local)
    process.end(signal.SIGKILL)
    start().end(signal.SIGKILL)
    local = start().local
    _until_done(local)

    assert local.dataset_description(arn)["Status"] == "UPDATE_COMPLETE"
    labels = local.aws.list_dataset_labels(DatasetArn=arn)["DatasetLabelDescriptions"]
    assert [(label["LabelName"], label["LabelStats"]["EntryCount"]) for label in labels] == [
        (ANPAN, PICTURES)
    ]


def test_work_that_is_always_cut_off_is_given_up_in_the_end(start: Callable[[], Process]) -> None:
    process = start()
    arn = process.local.aws.create_dataset(
        ProjectArn=process.local.project(), DatasetType="TRAIN", DatasetSource=source("train.manifest")
    )["DatasetArn"]
    for _ in range(3):
        process.end(signal.SIGKILL)
        process = start()
    _until_done(process.local)

    assert process.local.dataset_description(arn)["Status"] == "CREATE_FAILED"


def test_other_calls_are_answered_quickly_while_a_dataset_is_made(start: Callable[[], Process]) -> None:
    local = start().local
    local.aws.create_dataset(
        ProjectArn=local.project(), DatasetType="TRAIN", DatasetSource=source("train.manifest")
    )
    _until_under_way(local)

    slowest = 0.0
    while _progress(local) is not None:
        before = time.monotonic()
        local.aws.describe_projects()
        slowest = max(slowest, time.monotonic() - before)

    assert slowest < 2.0
