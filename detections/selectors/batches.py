"""Batches as their pages show them: how far, how fast, how long still, and what came out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, QuerySet

from detections.domain.batches import ENDED, BatchState
from detections.domain.outcomes import OPEN, Outcome
from detections.models import Batch, DetectedLabel, Detection

PAGE = 50
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch is. `pace` is photos a minute since the first answer; shares are whole percents."""

    batch: Batch
    answered: int
    failed: int
    open: int
    pace: float | None
    left: timedelta | None

    @property
    def refused(self) -> int:
        return len(self.batch.refused)

    @property
    def decided(self) -> int:
        return self.answered + self.failed + self.refused

    @property
    def share(self) -> int:
        return 100 * self.decided // self.batch.entries if self.batch.entries else 0

    @property
    def is_ended(self) -> bool:
        return BatchState(self.batch.state) in ENDED


def batch_by_id(pk: int) -> Batch | None:
    """Return one batch with what its page names; one query."""
    return Batch.objects.select_related("deployment", "store", "author", "override").filter(pk=pk).first()


def batch_page(*, after: str) -> tuple[list[Batch], str]:
    """Return batches, newest first, beginning below the key `after`, and the key of the next page."""
    found = Batch.objects.select_related("deployment", "store", "author").order_by("-pk")
    if after.isdecimal():
        found = found.filter(pk__lt=min(int(after), 2**63 - 1))
    rows = list(found[: PAGE + 1])
    return rows[:PAGE], str(rows[PAGE - 1].pk) if len(rows) > PAGE else ""


def progress_of(batch: Batch, *, at: datetime) -> Progress:
    """Count a batch's photos by outcome; one query on an index of their own."""
    rows = Detection.objects.filter(batch=batch).values("outcome").annotate(photos=Count("id")).order_by()
    counts = {row["outcome"]: row["photos"] for row in rows}
    answered = counts.get(Outcome.ANSWERED, 0)
    waiting = sum(counts.get(outcome, 0) for outcome in OPEN)
    failed = sum(counts.values()) - answered - waiting
    minutes = (at - batch.began_at).total_seconds() / 60 if batch.began_at else 0
    pace = (answered + failed) / minutes if minutes > 0.1 and answered + failed else None
    unread = batch.entries - batch.read_upto
    left = timedelta(minutes=(waiting + unread) / pace) if pace else None
    return Progress(batch, answered, failed, waiting, pace, left)


def results(batch: Batch) -> Iterator[tuple[Detection, list[DetectedLabel]]]:
    """Yield every photo of a batch with its raw boxes, in the order of the zip, some at a time."""
    last = 0
    while rows := list(_photos(batch).filter(pk__gt=last).order_by("pk")[:CHUNK]):
        boxes: dict[int, list[DetectedLabel]] = {row.pk: [] for row in rows}
        found = DetectedLabel.objects.filter(detection__in=boxes).select_related("label").order_by("id")
        for box in found:
            boxes[box.detection_id].append(box)
        yield from ((row, boxes[row.pk]) for row in rows)
        last = rows[-1].pk


def _photos(batch: Batch) -> QuerySet[Detection]:
    return Detection.objects.filter(batch=batch).select_related("version")
