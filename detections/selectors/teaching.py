"""Reviewed photos as a model learns from them: with their true boxes, each on its side of train and test."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from detections.domain.reviews import TEACHES, Marked
from detections.domain.training.pictures import Labelled, Scene, Split, splits
from detections.models import Detection, Review
from detections.selectors.evaluating import truths_of
from models_registry.models import Project

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Lesson:
    """One reviewed photo: where its picture is kept, its side, its boxes; `picture.source` is a file name."""

    detection: int
    key: str
    split: Split
    picture: Labelled
    reviewed_at: datetime


@dataclass(frozen=True, slots=True)
class _Taught:
    row: Detection
    picture: Labelled
    reviewed_at: datetime

    @property
    def scene(self) -> Scene:
        kind = (self.row.store_id, *sorted(each.label for each in self.picture.marked))
        return Scene(self.row.pk, self.row.picture_hash, kind, self.row.audit_turn == 0)


def lessons(project: Project) -> list[Lesson]:
    """Return the reviewed photos that a project's versions saw and whose picture is kept, oldest first.

    Four queries for 500 photos.
    """
    rows = Detection.objects.filter(
        version__project=project, verdict__in=sorted(TEACHES), pruned_at__isnull=True, width__isnull=False
    ).exclude(picture_key="")
    keys = list(rows.order_by("pk").values_list("pk", flat=True))
    taught = [each for start in range(0, len(keys), CHUNK) for each in _read(keys[start : start + CHUNK])]
    sides = splits([each.scene for each in taught])
    return [
        Lesson(each.row.pk, each.row.picture_key, sides[each.row.pk], each.picture, each.reviewed_at)
        for each in taught
    ]


def _read(keys: list[int]) -> list[_Taught]:
    rows = list(Detection.objects.filter(pk__in=keys).order_by("pk"))
    truths, reviewed = truths_of(rows), _reviewed(keys)
    found = []
    for row in rows:
        marked = tuple(Marked(each.label, each.box) for each in truths[row.pk])
        name = f"{row.pk}.{row.picture_key.rpartition('.')[2]}"
        picture = Labelled(name, row.width or 0, row.height or 0, marked)
        found.append(_Taught(row, picture, reviewed[row.pk, row.review_number]))
    return found


def _reviewed(keys: list[int]) -> dict[tuple[int, int], datetime]:
    rows = Review.objects.filter(detection__in=keys).values_list("detection_id", "number", "created_at")
    return {(detection, number): at for detection, number, at in rows}
