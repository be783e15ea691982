"""`manage.py up`: the whole product, killed and healed."""

import json
import os
import socket
from collections.abc import Iterator

import pytest

from tests.embedded.machine import Machine, is_one_sentence

pytestmark = pytest.mark.processes

PROGRAMS = {
    "web": ("gunicorn",), "worker": ("celery", "worker"), "clock": ("celery", "beat"),
    "watch": ("manage.py", "watch"),
}  # fmt: skip

SERVICES = {"PostgreSQL": ("bin/postgres", "-D"), "Redis": ("redis-server",), "Rekognition Local": ("serve",)}


@pytest.fixture(scope="module")
def up(new_machine) -> Iterator[Machine]:
    """The running product, shared by this module's tests; each leaves it healthy."""
    machine = new_machine("up")
    machine.start()
    yield machine
    machine.supervisor.terminate()
    assert machine.supervisor.wait(60) == 0


def ticks(machine: Machine) -> int:
    log = machine.home / "log" / "worker.log"
    return log.read_text().count("models_registry.tasks.tick") if log.exists() else 0


def wait_for_ticks(machine: Machine) -> None:
    """Wait until the clock, Redis and the worker have passed one more tick on."""
    before = ticks(machine)
    machine.wait(lambda: ticks(machine) > before)


def test_everything_runs_and_answers(up):
    assert up.answers()
    assert all(up.running(*words) for words in PROGRAMS.values())
    assert json.loads((up.home / "rekognition" / "endpoint.json").read_text())["pid"] in up.running()
    wait_for_ticks(up)


def test_second_copy_is_refused(up):
    finished = up.manage("up", "--port", str(up.port + 1))
    assert is_one_sentence(finished)
    assert "already runs" in finished.stderr
    assert up.answers()


def test_other_commands_join_and_leave_it_running(up):
    assert up.manage("migrate", "--check").returncode == 0
    assert up.manage("tick").returncode == 0
    assert up.answers()
    assert len(up.running("bin/postgres", "-D")) == 1
    assert len(up.running("rekognition_local")) == 1


def kill_and_wait_for_healing(machine: Machine, victims: dict[str, tuple[str, ...]]) -> None:
    healed = {title: machine.said().count(f"{title} is up again") for title in victims}
    killed = {machine.kill(*words) for words in victims.values()}
    machine.wait(
        lambda: all(machine.said().count(f"{title} is up again") > healed[title] for title in victims)
    )
    machine.wait(machine.answers)
    wait_for_ticks(machine)
    assert not killed & set(machine.running())


def test_killed_services_come_back_and_programs_reconnect(up):
    programs = {min(up.running(*words)) for words in PROGRAMS.values()}
    endpoint = json.loads((up.home / "rekognition" / "endpoint.json").read_text())
    services = {
        "Redis": ("redis-server",),
        "PostgreSQL": ("bin/postgres", "-D"),
        "Rekognition Local": ("serve",),
    }
    kill_and_wait_for_healing(up, services)
    assert programs <= set(up.running())
    assert json.loads((up.home / "rekognition" / "endpoint.json").read_text())["url"] == endpoint["url"]


def test_killed_programs_come_back(up):
    titles = {"web": "The web server", "worker": "The worker", "clock": "The clock", "watch": "The watch"}
    kill_and_wait_for_healing(up, {titles[name]: words for name, words in PROGRAMS.items()})


@pytest.mark.drill
def test_killed_supervisor_leaves_services_that_the_next_start_joins_and_stops(up):
    up.supervisor.kill()
    up.supervisor.wait()
    up.wait(lambda: not any(up.running(*words) for words in PROGRAMS.values()))
    [server] = up.running("bin/postgres", "-D")
    up.start()
    assert up.answers()
    assert list(up.running("bin/postgres", "-D")) == [server]
    up.supervisor.terminate()
    assert up.supervisor.wait(60) == 0
    assert not up.running()


def test_taken_port_is_one_sentence_before_anything_starts(bare_machine):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        finished = bare_machine.manage("up", "--port", str(taken.getsockname()[1]))
    assert is_one_sentence(finished)
    assert "--port" in finished.stderr
    assert not (bare_machine.home / "postgres").exists()


def test_impossible_port_is_refused(bare_machine):
    assert bare_machine.manage("up", "--port", "70000").returncode == 2
    assert not bare_machine.home.exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_folder_is_one_sentence(bare_machine):
    bare_machine.home.mkdir(mode=0o500)
    assert is_one_sentence(bare_machine.manage("up"))
