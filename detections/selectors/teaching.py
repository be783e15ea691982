"""Reviewed photos as a model learns from them: with their true boxes, each on its side of train and test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from detections.domain.reviews import TEACHES, Marked
from detections.domain.training.pictures import Labelled, Scene, Split, splits
from detections.models import Detection
from detections.selectors.evaluating import truths_of
from models_registry.models import Project

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Lesson:
    """One reviewed photo: where its picture is kept, its side, its boxes; `picture.source` is a file name."""

    key: str
    split: Split
    picture: Labelled


def lessons(project: Project) -> Iterator[Lesson]:
    """Yield the reviewed photos that a project's versions saw and whose picture is kept, oldest first.

    Four queries for 500 photos. Scenes are compared once: photos × scenes.
    """
    rows = Detection.objects.filter(
        version__project=project, verdict__in=sorted(TEACHES), pruned_at__isnull=True, width__isnull=False
    ).exclude(picture_key="")
    scenes, keys = list[Scene](), list(rows.order_by("pk").values_list("pk", flat=True))
    for chunk in _chunks(keys):
        found = _read(chunk)
        truths = truths_of(found)
        for row in found:
            kind = (row.store_id, *sorted(each.label for each in truths[row.pk]))
            scenes.append(Scene(row.pk, row.picture_hash, kind, row.audit_turn == 0))
    sides = splits(scenes)
    for chunk in _chunks(keys):
        found = _read(chunk)
        truths = truths_of(found)
        for row in found:
            marked = tuple(Marked(each.label, each.box) for each in truths[row.pk])
            name = f"{row.pk}.{row.picture_key.rpartition('.')[2]}"
            picture = Labelled(name, row.width or 0, row.height or 0, marked)
            yield Lesson(row.picture_key, sides[row.pk], picture)


def _chunks(keys: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(keys), CHUNK):
        yield keys[start : start + CHUNK]


def _read(keys: list[int]) -> list[Detection]:
    return list(Detection.objects.filter(pk__in=keys).order_by("pk"))
