"""The hands of dataset jobs: creating from a manifest, updating, distributing.

What they find is kept in memory as rows ready to be written, about the size of the manifest, and written in
the one transaction that also says what the dataset becomes.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
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

EntriesOf = Callable[[str], list[tuple[int, str]]]
"""Row id and line of every entry of a dataset, by its ARN."""


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

    def _rows(self, job: Job, entries: Iterator[Entry], gallery: Gallery, *, total: int) -> list[EntryRow]:
        """Judge entries with their pictures. Raises ManifestFault, or Stopping."""
        rows: list[EntryRow] = []
        drops = self._drops
        try:
            for batch in gallery.checked(entries):
                if self._is_stopping.is_set():
                    raise Stopping
                if self._drops != drops:
                    raise JobFailed("The work was called off.")
                rows += [entry_row(entry) for entry in batch]
                self._progress[job.id] = min(len(rows) / max(total, 1), 1.0)
        finally:
            self._progress.pop(job.id, None)
        return rows

    def _put(self, store: Store, job: Job, rows: list[EntryRow], *, at_ms: int) -> None:
        dataset = store.datasets.by_arn(job.subject_arn)
        if dataset is not None:
            store.entries.put(dataset.id, rows)
            self._end(store, dataset.arn, job, at_ms=at_ms)


class CreateHand(_Hand):
    """Fills a new dataset from the manifest at `bucket` and `key`."""

    succeeds, fails = DatasetStatus.CREATE_COMPLETE, DatasetStatus.CREATE_FAILED

    def __init__(self, buckets: Buckets, *, max_images: int) -> None:
        super().__init__()
        self._buckets, self._max_images = buckets, max_images

    def prepare(self, job: Job) -> list[EntryRow]:
        place = S3Place(job.spec["bucket"], job.spec["key"])
        try:
            require_extension(place.key)
            content = self._manifest(place, job.region)
            gallery = Gallery(self._buckets, job.region)
            entries = iterate_manifest(content, max_rows=self._max_images)
            return self._rows(job, entries, gallery, total=content.count(b"\n"))
        except ManifestFault as fault:
            raise JobFailed(fault.message) from fault

    def finish(self, store: Store, job: Job, outcome: list[EntryRow], *, at_ms: int) -> None:
        self._put(store, job, outcome, at_ms=at_ms)

    def _manifest(self, place: S3Place, region: str) -> bytes:
        try:
            return self._buckets.read(place, region=region, max_bytes=MAX_BYTES)
        except BucketError as error:
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
        return self._rows(job, iter(entries), Gallery(self._buckets, job.region), total=len(entries))

    def finish(self, store: Store, job: Job, outcome: list[EntryRow], *, at_ms: int) -> None:
        self._put(store, job, outcome, at_ms=at_ms)


class DistributeHand(_Hand):
    """Moves a fifth of the training dataset to the empty dataset `test`."""

    def __init__(self, entries_of: EntriesOf, *, seed: int) -> None:
        super().__init__()
        self._entries_of, self._seed = entries_of, seed

    def prepare(self, job: Job) -> list[int]:
        """The row ids that move."""
        rows = self._entries_of(job.subject_arn)
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
