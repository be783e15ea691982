"""The hand that trains: one process a training, whose outcome is a file that is complete or not there."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from threading import Event, Lock, Semaphore
from typing import Any

from rekognition_local import children
from rekognition_local.settings import Settings
from rekognition_local.statuses import VersionStatus
from rekognition_local.storage.jobs import Job
from rekognition_local.storage.records import Facts, TrainedModel
from rekognition_local.storage.store import Store
from rekognition_local.training.places import job_folder
from rekognition_local.work import JobFailed, Stopping

KIND = "TRAINING"
RESULT, SPEC = "result.json", "job.json"

LinesOf = Callable[[str], list[str]]
"""The lines of a dataset, by its ARN."""


class TrainingHand:
    def __init__(self, settings: Settings, lines_of: LinesOf) -> None:
        self._settings, self._lines_of = settings, lines_of
        self._seats = Semaphore(settings.quotas.training_jobs)
        self._progress: dict[int, float] = {}
        self._processes: set[subprocess.Popen[bytes]] = set()
        self._lock, self._is_stopping = Lock(), Event()

    def prepare(self, job: Job) -> dict[str, Any]:
        """Train, unless a training that nobody wrote down has ended already. Returns its result.json."""
        folder = job_folder(self._settings.data_dir, job.spec["folder"])
        self._write_spec(job, folder)
        with self._seats:
            if not (folder / RESULT).exists():
                self._run(job, folder)
        try:
            result: dict[str, Any] = json.loads((folder / RESULT).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise JobFailed("The training process ended too early.", code="SERVICE_ERROR") from None
        return result

    def finish(self, store: Store, job: Job, outcome: dict[str, Any], *, at_ms: int) -> None:
        if "failure" in outcome:
            self._end(store, job, VersionStatus.TRAINING_FAILED, outcome, at_ms=at_ms)
        else:
            self._end(store, job, VersionStatus.TRAINING_COMPLETED, outcome, at_ms=at_ms)

    def give_up(self, store: Store, job: Job, failure: JobFailed, *, at_ms: int) -> None:
        self._end(store, job, VersionStatus.TRAINING_FAILED, {"failure": failure.message}, at_ms=at_ms)

    def progress(self, job_id: int) -> float | None:
        return self._progress.get(job_id, 0.0)

    def stop(self) -> None:
        self._is_stopping.set()
        self.drop()

    def drop(self) -> None:
        with self._lock:
            for process in self._processes:
                process.kill()

    def _write_spec(self, job: Job, folder: Path) -> None:
        """Datasets are read once, when their training begins: what changes in them later is not learnt."""
        if (folder / SPEC).exists():
            return
        folder.mkdir(parents=True, exist_ok=True)
        spec = dict(job.spec)
        for side in ("train", "test"):
            if arn := spec[side].pop("dataset", None):
                spec[side]["lines"] = self._lines_of(arn)
        settings = self._settings
        spec |= {
            "arn": job.subject_arn,
            "ends_ms": job.due_ms,
            "region": job.region,
            "data_dir": str(settings.data_dir.resolve()),
            "buckets": str(settings.buckets) if settings.buckets else None,
            "s3_endpoint": settings.s3_endpoint,
            "seed": settings.seed,
        }
        draft = folder / f"{SPEC}.draft"
        draft.write_text(json.dumps(spec), encoding="utf-8")
        draft.replace(folder / SPEC)

    def _run(self, job: Job, folder: Path) -> None:
        with self._lock:
            if self._is_stopping.is_set():
                raise Stopping
            process = children.spawn("rekognition_local.training.worker", str(folder))
            self._processes.add(process)
        try:
            _, from_it = children.pipes(process)
            for line in from_it:
                self._progress[job.id] = float(line)
            process.wait()
        finally:
            with self._lock:
                self._processes.discard(process)
            self._progress.pop(job.id, None)
            children.end(process)
        if self._is_stopping.is_set():
            raise Stopping

    def _end(
        self, store: Store, job: Job, status: VersionStatus, outcome: dict[str, Any], *, at_ms: int
    ) -> None:
        """The status changes when its time has come: at the drawn instant, or now if training took longer.

        A seeded version was trained in the past: its training ended when it was said to.
        """
        version = store.versions.by_arn(job.subject_arn)
        if version is None or version.status is not VersionStatus.TRAINING_IN_PROGRESS:
            return
        ends_ms = job.due_ms if job.spec.get("is_seeded") else max(job.due_ms, at_ms)
        store.versions.note_outcome(
            version.id, facts=_with_outcome(version.facts, outcome), model=_model_in(outcome)
        )
        store.versions.note_training_end(version.id, at_ms=ends_ms)
        store.versions.move(
            version.id, VersionStatus.TRAINING_IN_PROGRESS, next_status=status, next_at_ms=max(ends_ms, 0)
        )
        shutil.rmtree(job_folder(self._settings.data_dir, job.spec["folder"]), ignore_errors=True)


def _with_outcome(facts: Facts, outcome: dict[str, Any]) -> Facts:
    """`Outcome` is shown once the training is over; StatusMessage says why it failed."""
    shown = {"StatusMessage": outcome["failure"]} if "failure" in outcome else {}
    return {**facts, "Outcome": {**outcome.get("facts", {}), **shown}}


def _model_in(outcome: dict[str, Any]) -> TrainedModel | None:
    return TrainedModel(**outcome["model"]) if "model" in outcome else None
