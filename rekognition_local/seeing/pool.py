"""The looking processes, shared by all models: at most one a core.

An inference unit is the right to have one picture looked at while others wait. So a second unit doubles what
a model gets through, until the cores are full. AWS names no throughput of a unit; here it is what the machine
can do.
"""

import os
import queue
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Condition, Lock, Timer
from typing import Any

from rekognition_local import children
from rekognition_local.errors import INTERNAL_SERVER_ERROR, ServiceError
from rekognition_local.seeing.messages import receive, send

WAITING_PER_UNIT = 8
"""Pictures that may wait for each unit; one more is told that the provisioned throughput is exceeded."""
_LONGEST_LOOK_SECONDS = 60
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


class Pool:
    """Starts its processes when they are first needed. Safe in many threads."""

    def __init__(self, processes: int | None = None) -> None:
        self.size = processes or max(1, len(os.sched_getaffinity(0)))
        self._idle: queue.LifoQueue[subprocess.Popen[bytes] | None] = queue.LifoQueue()
        for _ in range(self.size):
            self._idle.put(None)
        self._alive: set[subprocess.Popen[bytes]] = set()
        self._alive_lock = Lock()
        self._is_closed = False
        self._turns = Turns()

    def look(self, content: bytes, *, model: Path, arn: str, units: int) -> list[dict[str, Any]]:
        """Everything the model sees on a picture, most confident first.

        Raises ServiceError: the picture's own errors, or ProvisionedThroughputExceededException.
        """
        with self._turns.of(arn, units):
            answer = self._ask(model, content)
        if "error" in answer:
            raise ServiceError(*answer["error"])
        labels: list[dict[str, Any]] = answer["labels"]
        return labels

    def warm(self, model: Path) -> None:
        """Let one process load a model now, so that the first picture need not wait for it."""
        self._ask(model, b"")

    def close(self) -> None:
        self._is_closed = True
        with self._alive_lock:
            for process in self._alive:
                children.end(process)
            self._alive.clear()

    def _ask(self, model: Path, content: bytes) -> dict[str, Any]:
        """One answer. When its process dies, the picture is shown to another one, once."""
        for _ in range(2):
            process = self._idle.get()
            try:
                process = process if process and process.poll() is None else self._start()
                answer = _answer_of(process, model, content)
            except (EOFError, OSError):
                self._bury(process)
                process = None
            else:
                return answer
            finally:
                self._idle.put(process)
        raise ServiceError(INTERNAL_SERVER_ERROR, "The process that looks at pictures ended; try again.")

    def _start(self) -> "subprocess.Popen[bytes]":
        with self._alive_lock:
            if self._is_closed:
                raise ServiceError(INTERNAL_SERVER_ERROR, "The server is ending.")
            process = children.spawn("rekognition_local.seeing.worker", environment=_ONE_THREAD)
            self._alive.add(process)
            return process

    def _bury(self, process: "subprocess.Popen[bytes] | None") -> None:
        with self._alive_lock:
            if process in self._alive:
                self._alive.discard(process)
                children.end(process)


class Turns:
    """Who of each model's pictures is looked at and how many wait."""

    def __init__(self) -> None:
        self._present: Counter[str] = Counter()
        self._looking: Counter[str] = Counter()
        self._changed = Condition()

    @contextmanager
    def of(self, arn: str, units: int) -> Iterator[None]:
        with self._changed:
            if self._present[arn] >= units * (1 + WAITING_PER_UNIT):
                raise ServiceError(
                    "ProvisionedThroughputExceededException",
                    f"The model has {units} inference units and more requests than they can answer.",
                )
            self._present[arn] += 1
            self._changed.wait_for(lambda: self._looking[arn] < units)
            self._looking[arn] += 1
        try:
            yield
        finally:
            with self._changed:
                self._looking[arn] -= 1
                self._present[arn] -= 1
                if not self._present[arn]:
                    del self._present[arn], self._looking[arn]
                self._changed.notify_all()


def _answer_of(process: "subprocess.Popen[bytes]", model: Path, content: bytes) -> dict[str, Any]:
    to_it, from_it = children.pipes(process)
    # A picture that nothing can be made of in this time would keep the process from everybody else.
    too_long = Timer(_LONGEST_LOOK_SECONDS, process.kill)
    too_long.start()
    try:
        send(to_it, {"model": str(model)}, content)
        answer: dict[str, Any] = receive(from_it)[0]
        return answer
    finally:
        too_long.cancel()
