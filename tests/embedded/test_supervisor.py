"""How the supervisor reacts to deaths, on plain numbers."""

from pathlib import Path

import pytest

from portal.embedded.problems import CannotStart
from portal.embedded.supervisor import LONGEST_PAUSE_SECONDS, STEADY_SECONDS, Watch


class Mortal:
    """A process that lives and dies as the test says."""

    title = "The oven"
    log = Path("/tmp/oven.log")

    def __init__(self) -> None:
        self.alive = True
        self.restarts = 0
        self.words = ""
        self.problem: Exception | None = None

    def is_alive(self) -> bool:
        return self.alive

    def last_words(self) -> str:
        return self.words

    def restart(self) -> None:
        if self.problem:
            raise self.problem
        self.restarts += 1
        self.alive = True


@pytest.fixture
def oven() -> Mortal:
    return Mortal()


def test_living_process_is_left_alone(oven):
    said: list[str] = []
    Watch(oven, started_at=0).look(1, said.append)
    assert said == []
    assert oven.restarts == 0


def test_dead_process_is_started_again_after_a_pause(oven):
    said: list[str] = []
    watch = Watch(oven, started_at=0)
    oven.alive = False
    for now in (100.0, 100.4, 100.5):
        watch.look(now, said.append)
    assert said == ["The oven died; starting it again in 0.5 s", "The oven is up again"]
    assert oven.restarts == 1


def test_last_words_of_the_dead_are_passed_on(oven):
    said: list[str] = []
    oven.alive, oven.words = False, "ModuleNotFoundError: No module named 'dough'"
    Watch(oven, started_at=0).look(0, said.append)
    assert said == [
        "The oven died (ModuleNotFoundError: No module named 'dough'; see /tmp/oven.log); "
        "starting it again in 0.5 s"
    ]


def test_pauses_double_while_it_keeps_dying(oven):
    said: list[str] = []
    watch = Watch(oven, started_at=0)
    now = 0.0
    for _ in range(8):
        oven.alive = False
        watch.look(now, said.append)
        now = watch.restart_at
        watch.look(now, said.append)
    pauses = [line.split(" in ")[1] for line in said if "died" in line]
    assert pauses == ["0.5 s", "1 s", "2 s", "4 s", "8 s", "16 s", "30 s", "30 s"]


def test_steady_life_makes_the_pause_short_again(oven):
    said: list[str] = []
    watch = Watch(oven, pause_seconds=LONGEST_PAUSE_SECONDS, started_at=0)
    oven.alive = False
    watch.look(STEADY_SECONDS, said.append)
    assert said == ["The oven died; starting it again in 0.5 s"]


def test_failed_restart_is_said_and_tried_again(oven):
    said: list[str] = []
    watch = Watch(oven, started_at=0)
    oven.alive, oven.problem = False, CannotStart("The oven is cold")
    watch.look(0, said.append)
    watch.look(0.5, said.append)
    assert said[-1] == "The oven is cold; trying again in 1 s"
    oven.problem = None
    watch.look(1.5, said.append)
    assert said[-1] == "The oven is up again"
