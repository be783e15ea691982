"""A register's own log taken into ours: checked entry by entry, judged by today's rules, written in bulk.

A chunk of entries is one transaction. An entry that was taken up before is not written again, so a log that
was cut off on its way can simply be sent again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import connection, transaction

from detections.domain.imports import EntryRefused, Logged, read_entry
from detections.domain.outcomes import Fate, Source
from detections.domain.places import Judgement, Rules, judge, totals
from detections.models import ApiKey, Correction, DetectedLabel, Detection
from detections.selectors.serving import Serving, Servings, servings_of
from detections.services.copying import copy_in, next_ids
from detections.services.detect import boxes_from
from detections.services.labels import label_ids
from stores.models import Store

CHUNK = 1_000
MOST_REFUSALS = 1_000
LOCK = 0x6B616D
"""First half of the advisory lock that lets a store's imports go one after another."""


@dataclass(frozen=True, slots=True)
class Handed:
    """A log as handed in: numbered entries, and what stands for what they do not say."""

    store: Store
    api_key: ApiKey | None
    entries: Iterable[tuple[int, object]]
    taken_at: datetime | None = None
    register: str = ""


@dataclass(slots=True)
class ImportReport:
    """What became of each entry. `refusals` holds the first thousand, `found` line → detection."""

    imported: int = 0
    repeated: int = 0
    refused: int = 0
    refusals: list[tuple[int, EntryRefused]] = field(default_factory=list)
    found: dict[int, int] = field(default_factory=dict)

    def refuse(self, line: int, error: EntryRefused) -> None:
        self.refused += 1
        if len(self.refusals) < MOST_REFUSALS:
            self.refusals.append((line, error))


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    said: Logged
    serving: Serving | None

    @property
    def key(self) -> str:
        return f"import:{self.said.id}"


def import_log(handed: Handed, *, at: datetime) -> ImportReport:
    """Take up every entry that can be; one transaction for each thousand. An entry may be an EntryRefused."""
    report, servings = ImportReport(), servings_of(handed.store)
    numbered = iter(handed.entries)
    while chunk := list(islice(numbered, CHUNK)):
        _write(list(_readable(chunk, handed, servings, report, at)), handed, report, at)
    return report


def _readable(
    chunk: Sequence[tuple[int, object]],
    handed: Handed,
    servings: Servings,
    report: ImportReport,
    at: datetime,
) -> Iterator[_Line]:
    for number, entry in chunk:
        try:
            if isinstance(entry, EntryRefused):
                raise entry
            said = read_entry(entry, at=at, taken_at=handed.taken_at, register=handed.register)
            yield _Line(number, said, _answering(said, servings))
        except EntryRefused as error:
            report.refuse(number, error)


def _answering(said: Logged, servings: Servings) -> Serving | None:
    """Return the version that an entry names, or the live one where it names none."""
    if not said.version:
        return servings.live
    found = servings.named(said.version)
    if found is None:
        raise EntryRefused(
            "unknown_version",
            "This store has no model version “%(version)s”. Leave “model_version” out for the live one.",
            version=said.version,
        )
    return found


def _write(lines: Sequence[_Line], handed: Handed, report: ImportReport, at: datetime) -> None:
    """Write a chunk's new entries, their boxes and corrections in one transaction."""
    names = {each.label for line in lines for each in line.said.labels}
    labels = label_ids(names) if names else {}
    with transaction.atomic():
        _one_at_a_time(handed.store)
        keys = {line.key for line in lines}
        known = _known(handed.store, sorted(keys))
        new: dict[str, _Line] = {}
        for line in lines:
            if line.key not in known:
                new.setdefault(line.key, line)
        ids = dict(zip(new, next_ids(Detection, len(new)), strict=True))
        _copy([(ids[key], line) for key, line in new.items()], handed, labels, at)
    known |= {key: (pk, new[key].said.digest) for key, pk in ids.items()}
    for line in lines:
        pk, digest = known[line.key]
        if digest != line.said.digest:
            report.refuse(line.number, EntryRefused("id_reused", "This id was used for another photo."))
            continue
        report.found[line.number] = pk
        report.imported += new.get(line.key) is line
        report.repeated += new.get(line.key) is not line


def _known(store: Store, keys: list[str]) -> dict[str, tuple[int, str]]:
    """Return id and digest of the entries that were taken up before, by key; one array, not 1,000 values."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT idempotency_key, id, request_digest FROM detections_detection"
            " WHERE store_id = %s AND idempotency_key = ANY(%s)",
            [store.pk, keys],
        )
        return {key: (pk, digest) for key, pk, digest in cursor.fetchall()}


def _one_at_a_time(store: Store) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, store.pk % 2**31])


def _copy(
    numbered: Sequence[tuple[int, _Line]], handed: Handed, labels: Mapping[str, int], at: datetime
) -> None:
    rows: list[dict[str, Any]] = []
    boxes: list[dict[str, Any]] = []
    sold: list[Correction] = []
    for pk, line in numbered:
        said = line.said
        judgement = judge(said.labels, line.serving.rules if line.serving else Rules())
        row = _row(line, judgement) | {"id": pk, "at": at, "store_id": handed.store.pk}
        row["api_key_id"] = handed.api_key.pk if handed.api_key else None
        if said.sold is not None and not said.error:
            row["is_corrected"] = Counter(said.sold) != Counter(totals(judgement, said.labels))
            sold.append(_sold(row, said.sold))
        rows.append(row)
        place = {"detection_id": pk, "store_id": handed.store.pk, "taken_at": said.taken_at}
        boxes.extend(place | box for box in boxes_from(said.labels, judgement, labels))
    for box, pk in zip(boxes, next_ids(DetectedLabel, len(boxes)), strict=True):
        box["id"] = pk
    copy_in(Detection, rows)
    copy_in(DetectedLabel, boxes)
    Correction.objects.bulk_create(sold)


def _row(line: _Line, judgement: Judgement) -> dict[str, Any]:
    said, serving = line.said, line.serving
    return {
        "deployment_id": serving.deployment.pk if serving else None,
        "version_id": serving.version.pk if serving else None,
        "threshold_set_id": serving.threshold_set.pk if serving and serving.threshold_set else None,
        "taken_at": said.taken_at,
        "register": said.register,
        "source": Source.IMPORT.value,
        "outcome": said.outcome.value,
        "error_code": said.error,
        "idempotency_key": line.key,
        "request_digest": said.digest,
        "picture_sha256": said.sha256,
        "width": said.width,
        "height": said.height,
        "rekognition_ms": said.milliseconds,
        "accepted_count": judgement.count(Fate.ACCEPTED),
        "ask_count": judgement.count(Fate.ASK),
        "near_miss_count": judgement.count(Fate.NEAR_MISS),
        "smallest_margin": judgement.smallest_margin,
    }


def _sold(row: Mapping[str, Any], items: Sequence[str]) -> Correction:
    written = [{"label": each, "box": None} for each in items]
    return Correction(
        detection_id=row["id"],
        items=written,
        differs=row["is_corrected"],
        register=row["register"],
        api_key_id=row["api_key_id"],
    )
