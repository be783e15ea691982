"""Reviewed photos as a model learns from them: with their true boxes, each on its side of train and test."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime

from detections.domain.reviews import TEACHES, Marked
from detections.domain.training.pictures import Labelled, Scene, Sides, Split, sides_of
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
class _Photo:
    row: Detection
    picture: Labelled
    reviewed_at: datetime

    @property
    def scene(self) -> Scene:
        return Scene(
            self.row.pk, self.row.picture_hash, kind_of(self.picture),
            is_audit=self.row.audit_turn == 0, store=self.row.store_id,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Taught:
    """What a project is taught: its reviewed photos, and the sides of all pictures by their keys."""

    lessons: tuple[Lesson, ...]
    sides: Sides


def taught(project: Project, others: Sequence[Scene] = ()) -> Taught:
    """Return the reviewed photos that a project's versions saw and whose picture is kept, oldest first.

    Each falls on one side with its near-identical ones, `others` from elsewhere among them. Four queries for
    500 photos.
    """
    rows = Detection.objects.filter(
        version__project=project, verdict__in=sorted(TEACHES), pruned_at__isnull=True, width__isnull=False
    ).exclude(picture_key="")
    keys = list(rows.order_by("pk").values_list("pk", flat=True))
    found = [each for start in range(0, len(keys), CHUNK) for each in _read(keys[start : start + CHUNK])]
    sides = sides_of([*(each.scene for each in found), *others])
    lessons = tuple(
        Lesson(each.row.pk, each.row.picture_key, sides.of[each.row.pk], each.picture, each.reviewed_at)
        for each in found
    )
    return Taught(lessons, sides)


def kind_of(picture: Labelled) -> Hashable:
    """Return what near-identical pictures have in common: the breads on them."""
    return tuple(sorted(each.label for each in picture.marked))


def _read(keys: list[int]) -> list[_Photo]:
    rows = list(Detection.objects.filter(pk__in=keys).order_by("pk"))
    truths, reviewed = truths_of(rows), _reviewed(keys)
    found = []
    for row in rows:
        marked = tuple(Marked(each.label, each.box) for each in truths[row.pk])
        name = f"{row.pk}.{row.picture_key.rpartition('.')[2]}"
        picture = Labelled(name, row.width or 0, row.height or 0, marked)
        found.append(_Photo(row, picture, reviewed[row.pk, row.review_number]))
    return found


def _reviewed(keys: list[int]) -> dict[tuple[int, int], datetime]:
    rows = Review.objects.filter(detection__in=keys).values_list("detection_id", "number", "created_at")
    return {(detection, number): at for detection, number, at in rows}
