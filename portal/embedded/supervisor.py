"""Keeps processes running: whoever dies is started again, more and more slowly when it keeps dying."""

import os
import shutil
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from portal.embedded import processes
from portal.embedded.folder import PROJECT, StateFolder
from portal.embedded.problems import CannotStart
from portal.embedded.sharing import Service, starting

LOOK_SECONDS = 0.5
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
# Whoever lived this long before dying is started again at once.
STEADY_SECONDS = 30.0
STOP_SECONDS = 8.0
TIGHT_BYTES = 16 * 1024 * 1024

Say = Callable[[str], None]


class Restartable(Protocol):
    @property
    def title(self) -> str: ...

    @property
    def log(self) -> Path: ...

    def is_alive(self) -> bool: ...

    def last_words(self) -> str: ...

    def restart(self) -> None: ...


@dataclass
class Program:
    """A child of ours that ends with us, even when we are killed."""

    folder: StateFolder
    name: str
    title: str
    command: processes.Command
    pid: int = 0

    @property
    def log(self) -> Path:
        return self.folder.log_of(self.name)

    def start(self) -> None:
        surroundings = processes.Surroundings(self.log, last_signal=signal.SIGTERM)
        self.pid = processes.spawn(self.command, surroundings, folder=PROJECT)

    def restart(self) -> None:
        """Start it again, after clearing away what its predecessor left running."""
        processes.kill_group(self.pid)
        self.start()

    def is_alive(self) -> bool:
        return bool(self.pid) and processes.is_alive(self.pid)

    def last_words(self) -> str:
        """Quote its log if it gave up by itself; one that was killed had no time to complain."""
        status = processes.exit_status(self.pid)
        return processes.last_complaint(self.log) if status and status > 0 else ""


@dataclass
class SharedService:
    """An embedded service that other processes may use, too."""

    folder: StateFolder
    service: Service

    @property
    def title(self) -> str:
        return self.service.title

    @property
    def log(self) -> Path:
        return self.folder.log_of(self.service.name)

    def is_alive(self) -> bool:
        return self.service.is_alive()

    def last_words(self) -> str:
        return ""

    def restart(self) -> None:
        with starting(self.folder, self.service.name):
            self.service.start()


@dataclass
class Watch:
    """One process under watch and how patient we are with it. Instants are of the monotonic clock."""

    process: Restartable
    pause_seconds: float = FIRST_PAUSE_SECONDS
    started_at: float = field(default_factory=time.monotonic)
    restart_at: float | None = None

    def look(self, now: float, say: Say) -> None:
        """Notice a death, or start the dead again when its pause is over."""
        if self.restart_at is None:
            if not self.process.is_alive():
                self._plan_restart(now, say)
        elif now >= self.restart_at:
            self._restart(now, say)

    def _plan_restart(self, now: float, say: Say) -> None:
        if now - self.started_at >= STEADY_SECONDS:
            self.pause_seconds = FIRST_PAUSE_SECONDS
        say(f"{self.process.title} died{self._likely_cause()}; starting it again in {self.pause_seconds:g} s")
        self.restart_at = now + self.pause_seconds
        self.pause_seconds = min(self.pause_seconds * 2, LONGEST_PAUSE_SECONDS)

    def _restart(self, now: float, say: Say) -> None:
        try:
            self.process.restart()
        except (CannotStart, OSError) as problem:
            say(f"{problem}; trying again in {self.pause_seconds:g} s")
            self.restart_at = now + self.pause_seconds
            self.pause_seconds = min(self.pause_seconds * 2, LONGEST_PAUSE_SECONDS)
            return
        say(f"{self.process.title} is up again")
        self.started_at, self.restart_at = now, None

    def _likely_cause(self) -> str:
        if shutil.disk_usage(self.process.log.parent).free < TIGHT_BYTES:
            return " (the disk is full)"
        words = self.process.last_words()
        return f" ({words}; see {self.process.log})" if words else ""


def watch(processes_to_watch: Sequence[Restartable], say: Say) -> None:
    """Keep everything running until interrupted."""
    watches = [Watch(process) for process in processes_to_watch]
    while True:
        for each in watches:
            each.look(time.monotonic(), say)
            processes.keep_small(each.process.log)
        time.sleep(LOOK_SECONDS)


def stop_all(programs: Sequence[Program]) -> None:
    """Ask all programs to end, wait for them together, and kill what is left of them."""
    running = [program for program in programs if program.is_alive()]
    for program in running:
        os.kill(program.pid, signal.SIGTERM)
    processes.wait_until(lambda: not any(program.is_alive() for program in running), STOP_SECONDS)
    for program in programs:
        if program.pid:
            processes.kill_group(program.pid)
