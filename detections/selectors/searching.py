"""The pictures on which a new bread may stand without a box, the likeliest first."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Max

from detections.domain.training.searching import labels_on, unsearched_in
from detections.models import BroughtPicture, DetectedLabel, Detection
from detections.selectors.brought import Tile, tile_of
from detections.selectors.drafts import content_of, lines_before
from models_registry.models import Project

SHOWN = 60


@dataclass(frozen=True, slots=True)
class Seen:
    """A reviewed photo, and the highest score that its model gave the bread anywhere on it, if any."""

    photo: Detection
    score: float | None


@dataclass(frozen=True, slots=True)
class Queue:
    """What is to be looked through: reviewed photos, then pictures from elsewhere; `count` is of all."""

    photos: list[Seen]
    brought: list[Tile]
    count: int


def queue_of(project: Project, label: str) -> Queue:
    """Return the first pictures that are to be looked through for one bread.

    A photo that was reviewed again, or a picture marked as looked through, is not among them any more. Six
    queries more than the draft's pictures take.
    """
    entries = [each for each in content_of(project).entries if each.picture.marked]
    old = unsearched_in(entries, labels_on(lines_before(project).values())).get(label, [])
    keys = [each.detection for each in old if each.detection is not None]
    brought = [each.brought for each in old if each.brought is not None]
    scores = _scores(keys, label)
    keys.sort(key=lambda key: (-scores.get(key, -1.0), -key))
    rows = Detection.objects.select_related("store").in_bulk(keys[:SHOWN])
    photos = [Seen(rows[key], scores.get(key)) for key in keys[:SHOWN]]
    tiles = BroughtPicture.objects.filter(pk__in=brought).order_by("-pk")[: SHOWN - len(photos)]
    return Queue(photos, [tile_of(row) for row in tiles], len(old))


def _scores(keys: list[int], label: str) -> dict[int, float]:
    rows = DetectedLabel.objects.filter(detection__in=keys, label__name=label).order_by()
    return dict(rows.values_list("detection").annotate(score=Max("confidence")))
