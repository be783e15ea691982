"""The server as a process: starting, refusing to start, stopping, being killed."""

import json
import os
import re
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError

from rekognition_local.cli import main
from rekognition_local.server import serve
from rekognition_local.settings import Settings
from rekognition_local.storage.database import FILE_NAME
from tests.rekognition_local.local import Local

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]
FIXED_SPANS = ["--start-seconds", "600", "--stop-seconds", "60", "--delete-seconds", "5"]
MANUAL = ["--control", "--clock", "manual", "--start-at", "2026-11-23T00:00:00Z", *FIXED_SPANS]


class Process:
    """A server of its own; `url` is where it says it is."""

    def __init__(self, data_dir: Path, *options: str) -> None:
        self.data_dir = data_dir
        self._process = subprocess.Popen(
            [sys.executable, "-m", "rekognition_local", "--port", "0", "--data-dir", str(data_dir), *options],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        self.line = self._process.stdout.readline()
        self.url = self.line.split()[-1] if self.line else ""
        self.pid = self._process.pid
        self.local = Local(self)  # type: ignore[arg-type]

    def end(self, number: int) -> tuple[int, str]:
        """Send a signal and wait: exit code and what was written to stderr."""
        self.local.close()
        if self._process.poll() is None:
            self._process.send_signal(number)
        _, errors = self._process.communicate(timeout=20)
        return self._process.returncode, errors


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    started: list[Process] = []

    def call(*options: str) -> Process:
        started.append(Process(tmp_path / "data", *options))
        return started[-1]

    yield call
    for process in started:
        process.end(signal.SIGKILL)


def _refusal(*arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rekognition_local", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False, **more)


def test_ready_server_says_where_it_is(start: Callable[..., Process]) -> None:
    process = start("--control")

    assert process.line == f"Rekognition Local is ready at {process.url}\n"
    endpoint = json.loads((process.data_dir / "endpoint.json").read_text())
    assert endpoint == {"url": process.url, "pid": process.pid, "control": True}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_the_server_cleanly(start: Callable[..., Process], number: int) -> None:
    process = start()
    process.local.aws.describe_projects()

    assert process.end(number) == (0, "")
    assert not (process.data_dir / "endpoint.json").exists()


def test_killed_server_finds_everything_again(start: Callable[..., Process]) -> None:
    killed = start(*MANUAL)
    arn = killed.local.version(tags={"shop": "ginza"})
    killed.local.start(arn)
    killed.local.advance(599)
    killed.end(signal.SIGKILL)

    again = start(*MANUAL).local

    assert again.get("clock")["now"] == "2026-11-23T00:09:59.000Z"
    assert again.status(arn) == "STARTING"
    again.advance(61)
    assert again.status(arn) == "RUNNING"
    assert again.metered_minutes() == 1
    assert again.aws.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"shop": "ginza"}


def test_nothing_acknowledged_is_lost_when_the_server_is_killed_at_work(
    start: Callable[..., Process],
) -> None:
    killed = start("--no-tps-limits", "--max-projects", "100000")
    acknowledged: list[str] = []
    enough = threading.Event()

    def create_until_it_breaks() -> None:
        with suppress(BotoCoreError):
            while True:
                name = f"bread-{len(acknowledged)}"
                acknowledged.append(killed.local.aws.create_project(ProjectName=name)["ProjectArn"])
                if len(acknowledged) == 30:
                    enough.set()

    client = threading.Thread(target=create_until_it_breaks)
    client.start()
    assert enough.wait(20)
    os.kill(killed.pid, signal.SIGKILL)
    client.join()

    pages = start("--no-tps-limits").local.aws.get_paginator("describe_projects").paginate()
    found = {project["ProjectArn"] for page in pages for project in page["ProjectDescriptions"]}
    assert set(acknowledged) <= found


def test_page_token_is_good_after_a_restart(start: Callable[..., Process]) -> None:
    killed = start(*MANUAL)
    project, *_ = killed.local.seed(2)
    token = killed.local.aws.describe_project_versions(ProjectArn=project, MaxResults=1)["NextToken"]
    killed.end(signal.SIGKILL)

    page = start(*MANUAL).local.aws.describe_project_versions(ProjectArn=project, NextToken=token)

    assert len(page["ProjectVersionDescriptions"]) == 1


def test_meter_is_printed_beside_a_running_server(start: Callable[..., Process]) -> None:
    process = start(*MANUAL)
    arn = process.local.version()
    process.local.start(arn)
    process.local.advance(600 + 61)

    printed = _refusal("meter", "--data-dir", str(process.data_dir))

    assert printed.returncode == 0
    assert json.loads(printed.stdout) == process.local.get("meter")
    assert json.loads(printed.stdout)["total"]["billable_minutes"] == 2


def test_options_reach_the_service(start: Callable[..., Process]) -> None:
    state = start(
        *["--account", "210987654321", "--max-running-models", "7", "--max-inference-units", "8"],
        *["--max-training-jobs", "9", "--max-projects", "10", "--max-models-per-project", "11"],
        *["--max-images-per-dataset", "12", "--control-plane-tps", "13", "--tagging-tps", "14"],
        *["--detect-tps", "15", "--control"],
        *["--clock", "scaled", "--scale", "60"],
    ).local.get("state")

    assert state["account"] == "210987654321"
    assert list(state["quotas"].values()) == [7, 8, 9, 10, 11, 12, 13, 14, 15]
    assert (state["clock"]["mode"], state["clock"]["scale"]) == ("scaled", 60.0)


def test_full_disk_is_said_in_a_sentence(tmp_path: Path) -> None:
    def allow_small_files_only() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    refusal = _refusal(
        *["--port", "0", "--data-dir", str(tmp_path)],
        preexec_fn=allow_small_files_only,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )

    assert refusal.returncode == 2
    assert "Free some disk space" in refusal.stderr
    assert len(refusal.stderr.splitlines()) == 1


def test_port_in_use_is_said_in_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refusal = _refusal("--port", port, "--data-dir", str(tmp_path))

    assert refusal.returncode == 2
    assert refusal.stderr.startswith(f"rekognition_local: Cannot listen on 127.0.0.1 port {port}: Address")
    assert "--port" in refusal.stderr
    assert len(refusal.stderr.splitlines()) == 1


@pytest.fixture
def complaint(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run the command line in this process and expect one sentence on stderr and the exit code 2."""

    def call(*arguments: str) -> str:
        assert main([*arguments]) == 2
        written = capsys.readouterr()
        assert written.out == ""
        assert written.err.startswith("rekognition_local: ")
        assert len(written.err.splitlines()) == 1
        return written.err

    return call


def test_second_server_on_a_data_directory_is_refused(tmp_path: Path, complaint: Callable[..., str]) -> None:
    with serve(Settings(data_dir=tmp_path, port=0)) as first:
        sentence = complaint("--port", "0", "--data-dir", str(tmp_path))
        assert json.loads((tmp_path / "endpoint.json").read_text())["url"] == first.url

    assert "Another Rekognition Local is using the data directory" in sentence


def test_data_directory_that_cannot_be_made_is_said_in_a_sentence(
    tmp_path: Path, complaint: Callable[..., str]
) -> None:
    (tmp_path / "file").touch()

    sentence = complaint("--port", "0", "--data-dir", str(tmp_path / "file" / "data"))

    assert "Choose another with --data-dir" in sentence


@pytest.mark.parametrize("command", [["--port", "0"], ["meter"]], ids=["serve", "meter"])
def test_state_file_that_is_none_is_said_in_a_sentence(
    tmp_path: Path, complaint: Callable[..., str], command: list[str]
) -> None:
    (tmp_path / FILE_NAME).write_text("bread " * 1000)

    sentence = complaint(*command, "--data-dir", str(tmp_path))

    assert "cannot be used: file is not a database" in sentence


def test_state_file_of_a_later_format_is_refused(tmp_path: Path, complaint: Callable[..., str]) -> None:
    with serve(Settings(data_dir=tmp_path, port=0)):
        pass
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection:
        connection.execute("PRAGMA user_version = 99")

    assert "is of format 99" in complaint("--port", "0", "--data-dir", str(tmp_path))


def test_meter_of_an_empty_directory_is_said_in_a_sentence(
    tmp_path: Path, complaint: Callable[..., str]
) -> None:
    assert "There is no state file" in complaint("meter", "--data-dir", str(tmp_path))


def test_every_option_is_on_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs" / "rekognition-local.md").read_text(encoding="utf-8")

    with pytest.raises(SystemExit):
        main(["--help"])

    options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help"}
    assert len(options) > 15
    assert [option for option in options if f"`{option}" not in page] == []


@pytest.mark.parametrize(
    "options",
    [
        ["--start-seconds", "fast"],
        ["--start-at", "2026-11-23T00:00:00"],
        ["--account", "12"],
        ["--scale", "0"],
        ["--max-projects", "-1"],
        ["--clock", "sundial"],
    ],
)
def test_option_that_makes_no_sense_is_refused(
    tmp_path: Path, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--data-dir", str(tmp_path), *options])

    assert caught.value.code == 2
    assert options[0] in capsys.readouterr().err
