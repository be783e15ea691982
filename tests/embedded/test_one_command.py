"""`manage.py <command>` with nothing named in the environment."""

import os
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from portal.embedded.entry import NEED_NOTHING, command_in
from portal.embedded.folder import PROJECT, StateFolder
from portal.embedded.postgres import SOCKET
from tests.embedded.machine import Machine, is_one_sentence, let_go

# The first of them waits for the first machine: initdb and every migration.
pytestmark = [pytest.mark.processes, pytest.mark.timeout(500)]

# Runs until stopped, or makes a whole chain: each has a test of its own.
LONG = {"up", "demo", "watch"}


@pytest.fixture(scope="module")
def machine(new_machine) -> Machine:
    """Shared by this module's tests: each leaves nothing running on it."""
    return new_machine()


def our_commands() -> list[str]:
    files = [path for depth in ("*", "*/*") for path in PROJECT.glob(f"{depth}/management/commands/*.py")]
    return sorted({path.stem for path in files if not path.stem.startswith("_")})


def test_first_command_makes_and_migrates_everything(first_machine):
    assert (first_machine.home / "secret_key").stat().st_mode & 0o777 == 0o600
    assert first_machine.manage("migrate", "--check").returncode == 0
    assert not first_machine.running()


def test_killed_initdb_leaves_nothing_that_matters(first_machine):
    assert not list(first_machine.home.glob("postgres.new-*"))
    let_go(first_machine.hold())


@pytest.mark.parametrize(
    "words", [[], ["help"], ["check", "--help"], ["up", "-h"], ["--version"], ["version"]]
)
def test_asking_for_help_needs_nothing(words):
    assert command_in(["manage.py", *words]) in NEED_NOTHING


def test_help_starts_nothing(bare_machine):
    assert bare_machine.manage("check", "--help").returncode == 0
    assert not bare_machine.home.exists()


@pytest.mark.parametrize("command", sorted(set(our_commands()) - LONG))
def test_command_alone_answers_and_leaves_nothing(machine, command):
    finished = machine.manage(command)
    assert finished.returncode in {0, 1, 2}
    assert "Traceback" not in finished.stderr
    assert not machine.running()


def test_two_folders_run_side_by_side_even_with_a_long_path(machine, new_machine):
    other = new_machine(f"竈 {'oven' * 30}")
    holders = [machine.hold(), other.hold()]
    for holder in holders:
        let_go(holder)
    assert not machine.running()
    assert not other.running()
    assert not StateFolder(other.home).socket_folder("postgres", SOCKET).parent.exists()


def test_server_stays_until_its_last_user_leaves(machine):
    first, second = machine.hold(), machine.hold()
    assert len(machine.running("bin/postgres", "-D")) == 1
    let_go(first)
    let_go(machine.hold())
    assert machine.running("bin/postgres", "-D")
    let_go(second)
    assert not machine.running()


def test_two_at_once_share_one_server(machine):
    with ThreadPoolExecutor(2) as pool:
        holders = list(pool.map(lambda _: machine.hold(), range(2)))
    assert len(machine.running("bin/postgres", "-D")) == 1
    for holder in holders:
        let_go(holder)
    assert not machine.running()


def test_server_of_a_killed_command_is_stopped_by_the_next_one(machine):
    holder = machine.hold()
    holder.kill()
    holder.communicate()
    assert machine.running("bin/postgres", "-D")
    let_go(machine.hold())
    assert not machine.running()


def test_command_ended_by_sigterm_stops_its_server(machine):
    holder = machine.hold()
    holder.terminate()
    holder.communicate()
    assert holder.returncode == 128 + signal.SIGTERM
    assert not machine.running()


def test_killed_server_starts_again(machine):
    holder = machine.hold()
    machine.kill("bin/postgres", "-D")
    holder.communicate()
    assert (machine.home / "postgres" / "postmaster.pid").exists()
    let_go(machine.hold())


def test_recycled_pid_does_not_keep_the_server_down(machine):
    stale = machine.home / "postgres" / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{machine.home}/postgres\n0\n5432\n\n\n0 0\nready\n")
    let_go(machine.hold())


def test_unwritable_folder_is_one_sentence(bare_machine):
    bare_machine.home.write_text("a file where the folder should be")
    finished = bare_machine.manage("check")
    assert is_one_sentence(finished)
    assert "KAMADO_HOME" in finished.stderr


@pytest.mark.parametrize("command", ["check", "tick", "up"])
def test_bad_setting_is_one_sentence(machine, command):
    finished = machine.manage(command, KAMADO_TICK_SECONDS="often")
    assert is_one_sentence(finished)
    assert "KAMADO_TICK_SECONDS" in finished.stderr
    assert not machine.running()


def test_unknown_model_service_is_one_sentence(machine):
    finished = machine.manage("tick", KAMADO_REKOGNITION="azure")
    assert is_one_sentence(finished)
    assert "KAMADO_REKOGNITION" in finished.stderr
    assert not machine.running()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_ordinary_user_needs_no_root(bare_machine):
    try:
        subprocess.run([sys.executable, "-c", ""], user="nobody", cwd="/", check=True)
    except PermissionError:
        pytest.skip("this Python is in a folder that others cannot enter")
    bare_machine.home.mkdir()
    shutil.chown(bare_machine.home, "nobody")
    finished = subprocess.run(
        [sys.executable, PROJECT / "manage.py", "check"],
        env=bare_machine.environment(),
        user="nobody",
        group="nogroup",
        extra_groups=[],
        check=False,
    )
    assert finished.returncode == 0
    assert (bare_machine.home / "postgres").owner() == "nobody"
    assert not bare_machine.running()
