"""The files of deploy/ fit together: units, containers and document say the same."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import UnixStreamServer

import pytest
import yaml

from portal.embedded.folder import PROJECT

DEPLOY = PROJECT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("kamado*.service"))
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))


def command_of(unit: str) -> list[str]:
    """Return what a unit starts, as words, without where its programs lie."""
    text = (DEPLOY / "systemd" / unit).read_text(encoding="utf-8").replace("\\\n", " ")
    words = shlex.split(re.search(r"^ExecStart=(.*)$", text, re.MULTILINE)[1])
    return [words[0].rpartition("/")[2], *words[1:]]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    for unit in [*UNITS, DEPLOY / "systemd" / "kamado.target"]:
        text = re.sub(r"/opt/kamado/current/\S+", "/bin/true", unit.read_text(encoding="utf-8"))
        (tmp_path / unit.name).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *tmp_path.iterdir()], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_every_unit_comes_back_and_may_touch_its_own_folder_only(unit: Path) -> None:
    lines = set(unit.read_text(encoding="utf-8").splitlines())
    assert {"Restart=always", "StartLimitIntervalSec=0", "ProtectSystem=strict", "User=kamado"} <= lines


def test_workers_are_given_longer_than_their_longest_common_task() -> None:
    text = (DEPLOY / "systemd" / "kamado-worker@.service").read_text(encoding="utf-8")
    assert int(re.search(r"^TimeoutStopSec=(\d+)$", text, re.MULTILINE)[1]) > 300


def test_containers_run_what_the_units_run() -> None:
    services = COMPOSE["services"]
    without_name = [word for word in command_of("kamado-worker@.service") if "%" not in word]
    without_name.remove("--hostname")
    assert services["worker-1"]["command"].split() == without_name == services["worker-2"]["command"].split()
    assert services["beat"]["command"].split() == command_of("kamado-beat.service")
    image = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    started = yaml.safe_load(re.search(r"^CMD (\[.*\])", image, re.MULTILINE)[1])
    assert _without_bind(started) == _without_bind(command_of("kamado-web@.service"))


def _without_bind(words: list[str]) -> list[str]:
    at = words.index("--bind")
    return words[:at] + words[at + 2 :]


def test_proxy_knows_the_web_processes_of_the_units_and_of_the_containers() -> None:
    upstream = (DEPLOY / "nginx" / "upstream-compose.conf").read_text(encoding="utf-8")
    named = set(re.findall(r"server (web-\d)", upstream))
    assert named == {name for name in COMPOSE["services"] if name.startswith("web-")}
    enabled = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
    sockets = (DEPLOY / "nginx" / "upstream.conf").read_text(encoding="utf-8")
    for name in re.findall(r"unix:/run/kamado/web-(\d)\.sock", sockets):
        assert f"kamado-web@{name}" in enabled


@pytest.mark.parametrize("chapter", ["install", "upgrade", "backup", "restore"])
def test_following_does_nothing_unless_asked(chapter: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "KAMADO_BARE_MACHINE"}
    done = subprocess.run(
        [DEPLOY / "follow", PROJECT / "docs" / "operations.md", chapter],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "Nothing was done." in done.stderr
    assert "kamado" in done.stdout, "it shows what it would do"


class Readyz(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response_only(200)
        self.end_headers()

    def address_string(self) -> str:
        return "unix"

    def log_message(self, *parts: object) -> None:
        """Say nothing."""


@pytest.fixture
def sockets(tmp_path: Path) -> Iterator[Path]:
    """A folder in which web-1 is ready and web-2 has no process."""
    server = UnixStreamServer(str(tmp_path / "web-1.gunicorn"), Readyz)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield tmp_path
    server.shutdown()
    server.server_close()


def door(sockets: Path, act: str, name: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "KAMADO_SOCKETS": str(sockets), "KAMADO_READY_SECONDS": "1"}
    return subprocess.run([DEPLOY / "door", act, name], env=environment, capture_output=True, text=True)


def reaches(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as line:
        return line.connect_ex(str(path)) == 0


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_door_opens_for_who_is_ready_and_closes_before_the_end(sockets: Path) -> None:
    assert door(sockets, "open", "web-1").returncode == 0
    assert reaches(sockets / "web-1.sock")
    assert door(sockets, "close", "web-1").returncode == 0
    assert not reaches(sockets / "web-1.sock")
    assert reaches(sockets / "web-1.gunicorn"), "what is under way goes on"


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_door_stays_closed_for_who_is_not_ready(sockets: Path) -> None:
    done = door(sockets, "open", "web-2")
    assert done.returncode == 1
    assert "web-2 is not ready after 1 seconds" in done.stderr
    assert not (sockets / "web-2.sock").exists()
