"""docs/operations.md followed literally on a bare Debian; then a release is rolled out: nothing fails.

The document's own blocks (deploy/follow) by the systemd, PostgreSQL, Redis and nginx of Debian. Lent from
outside: the repository, AWS (Rekognition Local behind a front that sees fast) and the network.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import ssl
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlsplit

import pytest

from portal.embedded.folder import PROJECT
from rekognition_local.server import serve
from rekognition_local.settings import Durations, Quotas, Settings, Span
from tests.deploy.bare import BareMachine, reason_against
from tests.processes.test_switch_under_load import OPEN, Front, FrontServer, Registers
from tests.rekognition_local.local import Local

A_SECOND, HOST = 20, "kamado.test"
pytestmark = [
    pytest.mark.processes,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(bool(reason_against()), reason=reason_against() or "-"),
]
RUNNING = "ModelVersion.objects.filter(status='RUNNING').count()"
SEEN = f"from models_registry.models import ModelVersion; print({RUNNING})"
COUNT = "from detections.models import Detection as D; print(D.objects.filter(outcome='ANSWERED').count())"


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Local]:
    setup = Settings(
        data_dir=tmp_path / "aws",
        port=0,
        durations=Durations(start=Span.parse("3"), stop=Span.parse("2")),
        quotas=Quotas(detect_tps=None),
        control=True,
    )
    with serve(setup) as server:
        local = Local(server)
        local.seed(2)
        yield local
        local.close()


@pytest.fixture
def front(cloud: Local) -> Iterator[str]:
    made = type("FrontOf", (Front,), {"behind": urlsplit(cloud.url).netloc})
    server = FrontServer(("127.0.0.1", 0), made)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def machine() -> Iterator[BareMachine]:
    made = BareMachine.boot()
    yield made
    made.clear()


def lend_repository(machine: BareMachine) -> None:
    """Put what is in this working tree into a repository on the machine, as one commit."""
    source = machine.root / "srv" / "kamado"
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=PROJECT, capture_output=True, check=True).stdout
    source.mkdir()
    subprocess.run(["cp", "--parents", "-a", *filter(None, names.decode().split("\0")), source], cwd=PROJECT)
    who = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
    for command in (["init", "-q"], ["add", "-A"], [*who, "commit", "-q", "-m", "as it is"]):
        subprocess.run(["git", *command], cwd=source, check=True)
    subprocess.run(["chown", "-R", "root:root", source], check=True)


def follow(machine: BareMachine, chapter: str) -> str:
    """Run a chapter of the document as it stands."""
    read = [PROJECT / "deploy" / "follow", PROJECT / "docs" / "operations.md", chapter, "--print"]
    script = subprocess.run(read, capture_output=True, text=True, check=True).stdout
    return machine.run(f"set -x\n{script}", KAMADO_SOURCE="/srv/kamado", KAMADO_HOST=HOST)


class RegistersOverTls(Registers):
    """Photos through nginx, every other one with an Idempotency-Key."""

    a_second = A_SECOND

    def __init__(self, key: str) -> None:
        self._trust = ssl._create_unverified_context()
        super().__init__(443, key)

    def _open(self) -> http.client.HTTPConnection:
        return http.client.HTTPSConnection("127.0.0.1", 443, timeout=60, context=self._trust)

    def _headers(self, number: int) -> dict[str, str]:
        mark = {"Idempotency-Key": f"tray-{number}"} if number % 2 else {}
        return super()._headers(number) | {"Host": HOST} | mark


def test_document_installs_and_upgrades_a_portal_that_loses_no_photo(
    machine: BareMachine, front: str, cloud: Local, capsys: pytest.CaptureFixture[str]
) -> None:
    lend_repository(machine)
    begun = time.monotonic()
    said = follow(machine, "install")
    installed = time.monotonic() - begun
    assert json.loads(said.strip().splitlines()[-1])["status"] == "ready"
    settings = machine.root / "etc/kamado/kamado.env"
    settings.write_text(
        f"{settings.read_text()}\nAWS_ENDPOINT_URL_REKOGNITION={front}\nAWS_ACCESS_KEY_ID=testing\nAWS_SECRET_ACCESS_KEY=testing\n"
    )
    machine.run("/opt/kamado/current/deploy/rolling-restart")
    (machine.root / "root/open.py").write_text(OPEN)
    key = machine.run("kamado shell --no-imports < /root/open.py").strip().splitlines()[-1]
    wait_until_running(machine, cloud)
    before = processes(machine)

    registers = RegistersOverTls(key)
    try:
        time.sleep(5)
        begun = time.monotonic()
        rolled = follow(machine, "upgrade")
        lasted = time.monotonic() - begun
        time.sleep(3)
    finally:
        answers = registers.end()

    assert "done: everything runs /opt/kamado/releases/" in rolled
    assert Counter((status, code_of(words)) for status, words, _ in answers) == {(200, ""): len(answers)}
    kept = machine.run(f'kamado shell --no-imports -c "{COUNT}"').strip().splitlines()[-1]
    assert int(kept) == len(answers)
    after = processes(machine)
    assert set(before) == set(after)
    assert {unit for unit in before if before[unit] == after[unit]} == set(), "every process is a new one"
    backs_up_and_comes_back(machine, photos=len(answers))
    worst = max(seconds for _, _, seconds in answers)
    cuts = quantiles((seconds for _, _, seconds in answers), n=100)
    with capsys.disabled():
        print(
            f"\ninstalled in {installed:.0f} s, upgraded in {lasted:.0f} s; {len(answers)} photos, "
            f"p50 {cuts[49] * 1000:.0f} ms, p99 {cuts[98] * 1000:.0f} ms, worst {worst:.1f} s; "
            f"load {os.getloadavg()[0]:.1f}"
        )


def code_of(words: str) -> str:
    """Return the code of a problem, or what else came instead of an answer."""
    found = re.search(r'"code": "(\w+)"', words)
    return found[1] if found else words[:200]


def wait_until_running(machine: BareMachine, cloud: Local) -> None:
    """Wait until the portal has seen its model run: before that it asks AWS for nothing."""
    deadline = time.monotonic() + 120
    while machine.run(f'kamado shell --no-imports -c "{SEEN}"').strip().splitlines()[-1] != "1":
        assert time.monotonic() < deadline, cloud.get("state")


def processes(machine: BareMachine) -> dict[str, str]:
    """Return the main process of each of our units."""
    shown = machine.run("systemctl show --property Id,MainPID,ActiveState 'kamado-*.service'")
    units = [dict(line.split("=", 1) for line in part.splitlines()) for part in shown.strip().split("\n\n")]
    assert {unit["ActiveState"] for unit in units} == {"active"}, shown
    return {unit["Id"]: unit["MainPID"] for unit in units}


def backs_up_and_comes_back(machine: BareMachine, *, photos: int) -> None:
    """Follow the chapters on backup and restore, with the database emptied in between."""
    follow(machine, "backup")
    machine.run("systemctl stop kamado.target 'kamado-*.service'; cd /; runuser -u postgres -- dropdb kamado")
    follow(machine, "restore")
    kept = machine.run(f'kamado shell --no-imports -c "{COUNT}"').strip().splitlines()[-1]
    assert int(kept) == photos
    assert set(processes(machine)) >= {"kamado-web@1.service", "kamado-worker@2.service"}
