"""Machines of their own for the tests that start and kill real processes."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.embedded.machine import Machine
from tests.services import HOME_VARIABLE

if sys.platform != "linux":
    collect_ignore_glob = ["test_*.py"]


def new_folder() -> Path:
    """Make a folder that goes with this test run.

    Not pytest's own: there each new pytest of the same user takes away the right to pass, which the server
    needs when root runs the tests.
    """
    folder = Path(tempfile.mkdtemp(prefix="machine-", dir=os.environ[HOME_VARIABLE]))
    folder.chmod(0o711)
    return folder


@pytest.fixture(scope="session")
def first_machine() -> Iterator[Machine]:
    """A machine whose very first command was `tick`, after an initdb that was killed half-way."""
    machine = Machine(new_folder() / "home")
    half = machine.home / "postgres.new-1"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    finished = machine.manage("tick", patience=400)
    assert finished.returncode == 0, finished.stderr
    yield machine
    machine.clear()


@pytest.fixture(scope="module")
def new_machine(first_machine: Machine) -> Iterator[Callable[..., Machine]]:
    """Make machines with a copy of the first one's state folder, and clear them away at the end."""
    machines = []

    def make(name: str = "home") -> Machine:
        machine = Machine(new_folder() / name)
        subprocess.run(["cp", "-a", first_machine.home, machine.home], check=True)
        machines.append(machine)
        return machine

    yield make
    for machine in machines:
        machine.clear()


@pytest.fixture
def bare_machine() -> Iterator[Machine]:
    """A machine on which nothing has ever run."""
    machine = Machine(new_folder() / "home")
    yield machine
    machine.clear()
