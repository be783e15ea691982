"""Carrying out what outlasts its call: reading manifests, training.

Nothing slow happens under the service's lock. Each kind of job has a hand. `prepare` does the slow part on a
thread, without lock or transaction, and may be killed at any instant: it must leave nothing behind that a
second try would stumble over. `finish` writes the outcome in one transaction, together with the removal of
the job, so that an outcome is there once or not at all.
"""

import logging
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from threading import Condition, RLock
from typing import Any, Protocol

from rekognition_local.clock import Clock
from rekognition_local.storage.jobs import Job
from rekognition_local.storage.store import Store

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
_AT_ONCE = 4
_SERVICE_ISSUE = "Rekognition Local has a bug; see its log."


class JobFailed(Exception):
    """The job ends without success for good; message and code are shown on the resource.

    `code` is CLIENT_ERROR, or SERVICE_ERROR when nothing in the request was wrong.
    """

    def __init__(self, message: str, *, code: str = "CLIENT_ERROR") -> None:
        super().__init__(message)
        self.message, self.code = message, code


class Stopping(Exception):
    """The server ends; the job stays written down for the next one."""


class Hand(Protocol):
    def prepare(self, job: Job) -> Any:
        """Do the slow part. Raises JobFailed, or Stopping when `stop` was called."""

    def finish(self, store: Store, job: Job, outcome: Any, *, at_ms: int) -> None: ...

    def give_up(self, store: Store, job: Job, failure: JobFailed, *, at_ms: int) -> None: ...

    def progress(self, job_id: int) -> float | None:
        """How far `prepare` has come, 0-1; None when the kind does not say."""

    def stop(self) -> None:
        """Let go of whatever runs now, and begin nothing more."""

    def drop(self) -> None:
        """Let go of whatever runs now: its jobs are forgotten."""


class Desk:
    """Begins what is written down as a job and writes down what came of it."""

    def __init__(self, store: Store, lock: RLock, clock: Clock, hands: Mapping[str, Hand]) -> None:
        self._store, self._lock, self._clock, self._hands = store, lock, clock, hands
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="rekognition-local-job")
        self._begun: dict[int, Job] = {}
        self._is_idle = Condition()
        self._is_closed = False

    def begin_waiting(self) -> None:
        """Begin every job that is not going on yet. Call it after a commit that may have added one."""
        with self._transaction():
            if self._is_closed:
                return
            jobs = self._store.jobs.waiting(but=self._begun.keys())
            for job in jobs:
                self._store.jobs.note_attempt(job.id)
            jobs = [replace(job, attempts=job.attempts + 1) for job in jobs]
            self._begun.update((job.id, job) for job in jobs)
        for job in jobs:
            self._threads.submit(self._carry_out, job)

    def wait(self, seconds: float, *, kinds: Collection[str] | None = None) -> bool:
        """Wait until no job of these kinds (of any, without) goes on; False when that takes longer.

        The caller must not hold the lock.
        """

        def is_idle() -> bool:
            return not any(kinds is None or job.kind in kinds for job in list(self._begun.values()))

        with self._is_idle:
            return self._is_idle.wait_for(is_idle, seconds)

    def going_on(self) -> list[tuple[Job, float | None]]:
        """Every job begun and not ended, with its progress."""
        return [(job, self._hands[job.kind].progress(job.id)) for job in list(self._begun.values())]

    def drop(self) -> None:
        """Let go of jobs whose removal the caller is about to commit."""
        for hand in self._hands.values():
            hand.drop()

    def close(self) -> None:
        self._is_closed = True
        for hand in self._hands.values():
            hand.stop()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _carry_out(self, job: Job) -> None:
        hand = self._hands[job.kind]
        try:
            if job.attempts > MAX_ATTEMPTS:
                raise JobFailed(f"The work was interrupted {MAX_ATTEMPTS} times and is given up.")
            outcome = hand.prepare(job)
        except Stopping:
            return
        except JobFailed as failure:
            self._end(job, hand, None, failure)
        except Exception:
            # The outermost edge of this thread: the resource says so, the cause goes to the log in full.
            log.exception("A job failed: %s of %s", job.kind, job.subject_arn)
            self._end(job, hand, None, JobFailed(_SERVICE_ISSUE, code="SERVICE_ERROR"))
        else:
            self._end(job, hand, outcome, None)

    def _end(self, job: Job, hand: Hand, outcome: Any, failure: JobFailed | None) -> None:
        try:
            with self._transaction():
                if not self._is_closed and self._store.jobs.is_there(job.id):
                    at_ms = self._clock.now_ms()
                    self._store.jobs.remove(job.id)
                    if failure is None:
                        hand.finish(self._store, job, outcome, at_ms=at_ms)
                    else:
                        hand.give_up(self._store, job, failure, at_ms=at_ms)
        finally:
            with self._is_idle:
                self._begun.pop(job.id, None)
                self._is_idle.notify_all()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock, self._store.database.transaction():
            yield
