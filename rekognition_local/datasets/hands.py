"""The hands of dataset jobs: creating from a manifest, updating, distributing.

An update, of 5 MB at most, is kept in memory and written in the one transaction that also says what the
dataset becomes. A manifest may be much larger, so a new dataset is filled a batch at a time: nobody can look
into it before it is complete, and a second try begins by emptying it.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import chain
from threading import Event
from typing import ClassVar

from rekognition_local.buckets import BucketError, Buckets, S3Place, Trouble
from rekognition_local.datasets.pictures import Gallery
from rekognition_local.manifests import (
    MAX_BYTES,
    Entry,
    ManifestFault,
    Splittable,
    choose_for_test,
    iterate_manifest,
    read_line,
    require_extension,
)
from rekognition_local.statuses import DATASET_MESSAGES, DatasetStatus
from rekognition_local.storage.jobs import Job
from rekognition_local.storage.records import EntryRow
from rekognition_local.storage.store import Store
from rekognition_local.work import JobFailed, Stopping

CREATE, UPDATE, DISTRIBUTE = "DATASET_CREATE", "DATASET_UPDATE", "DATASET_DISTRIBUTE"
KINDS = frozenset({CREATE, UPDATE, DISTRIBUTE})
_UNREADABLE = "ERROR_MANIFEST_INACCESSIBLE_OR_UNSUPPORTED_FORMAT"

OpenStore = Callable[[], AbstractContextManager[Store]]
"""The state in one transaction, under the lock; to be held for a moment only."""


class _Hand:
    """What the three have in common: progress, stopping, and how a dataset ends its change."""

    succeeds: ClassVar[DatasetStatus] = DatasetStatus.UPDATE_COMPLETE
    fails: ClassVar[DatasetStatus] = DatasetStatus.UPDATE_FAILED

    def __init__(self) -> None:
        self._progress: dict[int, float] = {}
        self._is_stopping = Event()
        self._drops = 0

    def progress(self, job_id: int) -> float | None:
        return self._progress.get(job_id)

    def stop(self) -> None:
        self._is_stopping.set()

    def drop(self) -> None:
        self._drops += 1

    def give_up(self, store: Store, job: Job, failure: JobFailed, *, at_ms: int) -> None:
        for arn in (job.subject_arn, job.spec.get("test")):
            if arn is not None:
                self._end(store, arn, job, at_ms=at_ms, failure=failure)

    def _end(self, store: Store, arn: str, job: Job, *, at_ms: int, failure: JobFailed | None = None) -> None:
        """The change ends when its time has come, or now if the work took longer."""
        dataset = store.datasets.by_arn(arn)
        if dataset is None:
            return
        status = self.fails if failure else self.succeeds
        message, code = (failure.message, failure.code) if failure else (DATASET_MESSAGES[status], "SUCCESS")
        store.datasets.become(dataset.id, status, at_ms=max(job.due_ms, at_ms), message=message, code=code)

    def _rows(
        self, job: Job, entries: Iterator[Entry], gallery: Gallery, *, total: int
    ) -> Iterator[list[EntryRow]]:
        """Entries judged with their pictures, a batch at a time. Raises ManifestFault, or Stopping."""
        done, drops = 0, self._drops
        try:
            for batch in gallery.checked(entries):
                self._require_wanted(drops)
                yield [entry_row(entry) for entry in batch]
                done += len(batch)
                self._progress[job.id] = min(done / max(total, 1), 1.0)
        finally:
            self._progress.pop(job.id, None)

    def _require_wanted(self, drops: int) -> None:
        if self._is_stopping.is_set():
            raise Stopping
        if self._drops != drops:
            raise JobFailed("The work was called off.")


class CreateHand(_Hand):
    """Fills a new dataset from the manifest at `bucket` and `key`; its outcome is whether that went well."""

    succeeds, fails = DatasetStatus.CREATE_COMPLETE, DatasetStatus.CREATE_FAILED

    def __init__(self, buckets: Buckets, open_store: OpenStore, *, max_images: int) -> None:
        super().__init__()
        self._buckets, self._open_store, self._max_images = buckets, open_store, max_images

    def prepare(self, job: Job) -> None:
        place = S3Place(job.spec["bucket"], job.spec["key"])
        try:
            require_extension(place.key)
            content = self._manifest(place, job.region)
            self._fill(job, content)
        except ManifestFault as fault:
            raise JobFailed(fault.message) from fault

    def finish(self, store: Store, job: Job, outcome: None, *, at_ms: int) -> None:
        self._end(store, job.subject_arn, job, at_ms=at_ms)

    def give_up(self, store: Store, job: Job, failure: JobFailed, *, at_ms: int) -> None:
        if dataset := store.datasets.by_arn(job.subject_arn):
            store.entries.clear(dataset.id)
        super().give_up(store, job, failure, at_ms=at_ms)

    def _fill(self, job: Job, content: bytes) -> None:
        drops = self._drops
        with self._opened(drops) as store:
            if dataset := store.datasets.by_arn(job.subject_arn):
                store.entries.clear(dataset.id)
        entries = iterate_manifest(content, max_rows=self._max_images)
        gallery = Gallery(self._buckets, job.region)
        for rows in self._rows(job, entries, gallery, total=content.count(b"\n")):
            with self._opened(drops) as store:
                if dataset := store.datasets.by_arn(job.subject_arn):
                    store.entries.put(dataset.id, rows)

    @contextmanager
    def _opened(self, drops: int) -> Iterator[Store]:
        """The state, if this job is still wanted: what a reset left might be another dataset of this name."""
        with self._open_store() as store:
            self._require_wanted(drops)
            yield store

    def _manifest(self, place: S3Place, region: str) -> bytes:
        try:
            return self._buckets.read(place, region=region, max_bytes=MAX_BYTES)
        except BucketError as error:
            if error.trouble is Trouble.UNREACHABLE:
                raise JobFailed(str(error), code="SERVICE_ERROR") from error
            codes = {
                Trouble.MISSING: _UNREADABLE,
                Trouble.TOO_LARGE: "ERROR_MANIFEST_SIZE_TOO_LARGE",
            }
            code = codes.get(error.trouble, "ERROR_INVALID_PERMISSIONS_MANIFEST_S3_BUCKET")
            raise ManifestFault(code, str(error)) from error


class UpdateHand(_Hand):
    """Puts `lines` into a dataset; of two with one source-ref the later one counts."""

    def __init__(self, buckets: Buckets) -> None:
        super().__init__()
        self._buckets = buckets

    def prepare(self, job: Job) -> list[EntryRow]:
        lines = job.spec["lines"]
        entries = _last_of_each([read_line(line) for line in lines])
        if all(set(entry.line) == {"errors"} for entry in entries):
            raise JobFailed(ManifestFault(_UNREADABLE).message)
        gallery = Gallery(self._buckets, job.region)
        return list(chain.from_iterable(self._rows(job, iter(entries), gallery, total=len(entries))))

    def finish(self, store: Store, job: Job, outcome: list[EntryRow], *, at_ms: int) -> None:
        if dataset := store.datasets.by_arn(job.subject_arn):
            store.entries.put(dataset.id, outcome)
            self._end(store, dataset.arn, job, at_ms=at_ms)


class DistributeHand(_Hand):
    """Moves a fifth of the training dataset to the empty dataset `test`."""

    def __init__(self, open_store: OpenStore, *, seed: int) -> None:
        super().__init__()
        self._open_store, self._seed = open_store, seed

    def prepare(self, job: Job) -> list[int]:
        """The row ids that move."""
        with self._open_store() as store:
            rows = store.entries.all(job.subject_arn)
        items = [_splittable(row_id, line) for row_id, line in rows]
        fault = "ERROR_INSUFFICIENT_IMAGES_PER_LABEL_FOR_DISTRIBUTE"
        try:
            chosen = choose_for_test(items, seed=self._seed, fault=fault)
        except ManifestFault as error:
            raise JobFailed(error.message) from error
        return [rows[index][0] for index in sorted(chosen)]

    def finish(self, store: Store, job: Job, outcome: list[int], *, at_ms: int) -> None:
        test = store.datasets.by_arn(job.spec["test"])
        if test is None:
            return
        store.entries.move(outcome, dataset_id=test.id)
        for arn in (job.subject_arn, test.arn):
            self._end(store, arn, job, at_ms=at_ms)


def entry_row(entry: Entry) -> EntryRow:
    boxes = Counter(box.label for box in entry.boxes)
    labels = tuple((label, boxes[label]) for label in sorted(entry.labels))
    return EntryRow(entry.source_ref, entry.text, entry.is_labeled, entry.has_errors, labels)


def _last_of_each(entries: list[Entry]) -> list[Entry]:
    """In the order of the lines; those without a source-ref are all kept."""
    seen: set[str] = set()
    kept = []
    for entry in reversed(entries):
        if entry.source_ref not in seen:
            kept.append(entry)
        if entry.source_ref is not None:
            seen.add(entry.source_ref)
    return kept[::-1]


def _splittable(row_id: int, line: str) -> Splittable:
    """A line with an error of its own, as a missing picture, has no labels that anybody could learn."""
    entry = read_line(line)
    is_wrong = "errors" in json.loads(line)
    return Splittable(entry.source_ref or str(row_id), entry.group, frozenset() if is_wrong else entry.labels)
