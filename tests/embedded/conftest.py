"""Machines of their own for the tests that start and kill real processes."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.embedded.machine import Machine

if sys.platform != "linux":
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(scope="session")
def first_machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine whose very first command was `tick`, after an initdb that was killed half-way."""
    machine = Machine(tmp_path_factory.mktemp("first") / "home")
    half = machine.home / "postgres.new-1"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    finished = machine.manage("tick")
    assert finished.returncode == 0, finished.stderr
    yield machine
    machine.clear()


@pytest.fixture(scope="module")
def new_machine(
    tmp_path_factory: pytest.TempPathFactory, first_machine: Machine
) -> Iterator[Callable[..., Machine]]:
    """Make machines with a copy of the first one's state folder, and clear them away at the end."""
    machines = []

    def make(name: str = "home") -> Machine:
        machine = Machine(tmp_path_factory.mktemp("machine") / name)
        subprocess.run(["cp", "-a", first_machine.home, machine.home], check=True)
        machines.append(machine)
        return machine

    yield make
    for machine in machines:
        machine.clear()


@pytest.fixture
def bare_machine(tmp_path: Path) -> Iterator[Machine]:
    """A machine on which nothing has ever run."""
    machine = Machine(tmp_path / "home")
    yield machine
    machine.clear()
