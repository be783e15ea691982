"""kill -9 while something goes on: nothing is lost, and nothing half done is called complete."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.rekognition_local.local import BUCKET, OPENING, Local
from tests.rekognition_local.test_process import Process
from tests.rekognition_local.trays import fill_bucket, jpeg, tray

pytestmark = [pytest.mark.drill, pytest.mark.processes]

SPANS = ["--start-seconds", "600", "--stop-seconds", "60", "--training-seconds", "3600"]
OPTIONS = ["--control", "--clock", "manual", "--start-at", OPENING, "--no-tps-limits", *SPANS]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Process]]:
    """Start a server on the same data directory and buckets; every one left over is killed at the end."""
    fill_bucket(tmp_path / "s3" / BUCKET)
    started: list[Process] = []

    def call() -> Process:
        started.append(Process(tmp_path / "data", "--buckets", str(tmp_path / "s3"), *OPTIONS))
        return started[-1]

    yield call
    for process in started:
        process.end(signal.SIGKILL)


def children_of(pid: int, module: str) -> list[int]:
    """Living processes of a module that this process has started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int(folder.joinpath("stat").read_text().rpartition(")")[2].split()[1])
            words = folder.joinpath("cmdline").read_bytes()
        except OSError:
            continue
        if parent == pid and module.encode() in words:
            found.append(int(folder.name))
    return found


def until(is_so: Callable[[], bool]) -> None:
    for _ in range(600):
        if is_so():
            return
        time.sleep(0.05)
    pytest.fail("It never became so.")


def training_child(server: Process) -> int:
    until(lambda: bool(children_of(server.pid, "training.worker")))
    return children_of(server.pid, "training.worker")[0]


def test_training_is_done_again_after_the_server_was_killed(start: Callable[[], Process]) -> None:
    server = start()
    arn = server.local.train()
    child = training_child(server)
    server.end(signal.SIGKILL)
    until(lambda: not Path(f"/proc/{child}").exists() or _is_zombie(child))

    again = start().local
    assert again.get("work")["jobs"][0]["attempt"] == 2
    assert again.status(arn) == "TRAINING_IN_PROGRESS"
    again.wait()
    again.advance(3600)

    assert again.status(arn) == "TRAINING_COMPLETED"
    assert again.describe(arn)["EvaluationResult"]["F1Score"] > 0.5
    assert list(server.data_dir.joinpath("training").iterdir()) == []


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_training_whose_process_is_killed_fails_and_says_so(start: Callable[[], Process]) -> None:
    server = start()
    arn = server.local.train()
    os.kill(training_child(server), signal.SIGKILL)
    server.local.wait()
    server.local.advance(3600)

    description = server.local.describe(arn)

    assert description["Status"] == "TRAINING_FAILED"
    assert "ended too early" in description["StatusMessage"]
    assert "EvaluationResult" not in description


def test_training_that_kills_its_server_again_and_again_is_given_up(start: Callable[[], Process]) -> None:
    server = start()
    arn = server.local.train()
    for _ in range(3):
        training_child(server)
        server.end(signal.SIGKILL)
        server = start()
    server.local.wait()
    server.local.advance(3600)

    assert server.local.status(arn) == "TRAINING_FAILED"


def test_running_model_sees_again_after_the_server_was_killed(start: Callable[[], Process]) -> None:
    server = start()
    arn = server.local.trained_version()
    server.local.run(arn)
    picture = jpeg(tray(50)[0])
    before = server.local.see(arn, picture, MinConfidence=0)
    asking = threading.Thread(target=_ask_until_gone, args=(server.local, arn, picture))
    asking.start()
    server.end(signal.SIGKILL)
    asking.join()

    again = start().local

    assert again.status(arn) == "RUNNING"
    assert again.see(arn, picture, MinConfidence=0) == before != []


def _ask_until_gone(local: Local, arn: str, picture: bytes) -> None:
    while True:
        try:
            local.see(arn, picture)
        except (BotoCoreError, ClientError):
            return


def test_picture_is_shown_to_another_process_when_its_first_one_is_killed(
    start: Callable[[], Process],
) -> None:
    server = start()
    arn = server.local.trained_version()
    server.local.run(arn)
    picture = jpeg(np.random.default_rng(0).integers(0, 255, (900, 1200, 3), dtype=np.uint8))
    expected = server.local.see(arn, picture, MinConfidence=0)
    answers: list[object] = []
    asking = threading.Thread(target=lambda: answers.append(server.local.see(arn, picture, MinConfidence=0)))
    asking.start()
    for child in children_of(server.pid, "seeing.worker"):
        os.kill(child, signal.SIGKILL)
    asking.join()

    assert answers == [expected]
