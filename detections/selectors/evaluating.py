"""What a version saw on photos that analysts have reviewed: the stuff that scores are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from detections.domain.evaluation.matching import Found, Picture, Truth
from detections.domain.places import Box
from detections.domain.reviews import TEACHES
from detections.models import Annotation, DetectedLabel, Detection, Review
from models_registry.models import ModelVersion
from stores.models import Store

MOST_PICTURES = 2_000
"""The newest reviewed ones; more would take seconds to score on a page."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Reviewed photos of one version, newest first: keys and, in the same order, pictures.

    `sides` are (width, height) in pixels where the photo is still kept.
    """

    keys: tuple[int, ...]
    pictures: tuple[Picture, ...]
    left_out: int
    sides: tuple[tuple[int, int] | None, ...] = ()


def judged_by(version: ModelVersion, stores: QuerySet[Store], *, audit_only: bool) -> Judged:
    """Return what the version saw beside what is true; five queries.

    `left_out` are photos that could not be told. Near-identical photos of a store and hour share a group.
    """
    rows = Detection.objects.filter(version=version, store__in=stores).exclude(verdict="")
    if audit_only:
        rows = rows.filter(audit_turn=0)
    newest = list(rows.order_by("-taken_at", "-id")[:MOST_PICTURES])
    taught = [row for row in newest if row.verdict in TEACHES]
    truths = truths_of(taught)
    found: dict[int, list[Found]] = {row.pk: [] for row in taught}
    boxes: Any = DetectedLabel.objects.filter(detection__in=found, left__isnull=False).order_by("id")
    for pk, label, confidence, *sides in boxes.values_list(
        "detection_id", "label__name", "confidence", "left", "top", "width", "height"
    ):
        found[pk].append(Found(label, confidence / 100, Box(*sides)))
    pictures = tuple(Picture(tuple(truths[row.pk]), tuple(found[row.pk]), _group(row)) for row in taught)
    sides = tuple(_sides(row) for row in taught)
    return Judged(tuple(row.pk for row in taught), pictures, len(newest) - len(taught), sides)


def truths_of(rows: list[Detection]) -> dict[int, list[Truth]]:
    """Return the true boxes of reviewed photos by their newest review; two queries."""
    truths: dict[int, list[Truth]] = {row.pk: [] for row in rows}
    numbers = {row.pk: row.review_number for row in rows}
    reviews = Review.objects.filter(detection__in=truths).values_list("pk", "detection_id", "number")
    newest = {pk: detection for pk, detection, number in reviews if numbers[detection] == number}
    boxes: Any = Annotation.objects.filter(review__in=newest).order_by("id")
    for pk, label, *sides in boxes.values_list("review_id", "label__name", "left", "top", "width", "height"):
        truths[newest[pk]].append(Truth(label, Box(*sides)))
    return truths


def _sides(row: Detection) -> tuple[int, int] | None:
    return (row.width, row.height) if row.has_picture and row.width and row.height else None


def _group(row: Detection) -> object:
    return None if row.picture_hash is None else (row.store_id, row.picture_hash)
