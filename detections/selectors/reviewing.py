"""One photo as an analyst judges it: three opinions side by side, and every raw box."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import get_language

from detections.domain.outcomes import Fate
from detections.domain.places import Box
from detections.domain.reviews import Marked, one_a_place
from detections.models import Annotation, Correction, DetectedLabel, Detection, Label, Product, Review

SIDES = ("left", "top", "width", "height")


def sheets(photos: Sequence[Detection]) -> list[dict[str, Any]]:
    """Return photos for the review page, in the given order; four queries for all of them.

    Boxes are shares of the picture. `marked` are the boxes to begin with: those of the newest review, else
    what the model accepted and would have asked.
    """
    keys = [photo.pk for photo in photos]
    raw: dict[int, list[dict[str, Any]]] = {pk: [] for pk in keys}
    rows = DetectedLabel.objects.filter(detection__in=keys, left__isnull=False).order_by("id")
    for row in rows.select_related("label"):
        raw[row.detection_id].append(
            {
                "label": row.label.name, "confidence": round(row.confidence, 2),
                "threshold": round(row.threshold, 2), "fate": row.fate, "box": _box(row),
            }
        )  # fmt: skip
    sold: dict[int, list[Any]] = {}
    for correction in Correction.objects.filter(detection__in=keys).order_by("id"):
        sold[correction.detection_id] = correction.items
    reviews = _reviews(keys)
    return [_sheet(photo, raw[photo.pk], sold.get(photo.pk), reviews.get(photo.pk, [])) for photo in photos]


def label_names() -> list[dict[str, str]]:
    """Return every label with its product's name in the reader's language, sorted by it; two queries."""
    field = "name_ja" if (get_language() or "ja").startswith("ja") else "name_en"
    named = dict(Product.objects.values_list("label", field))
    labels = {*named, *Label.objects.values_list("name", flat=True)[:2000]}
    return sorted(
        ({"label": label, "name": named.get(label, label)} for label in labels), key=lambda each: each["name"]
    )


def reviewable(stores: QuerySet[Any], pk: int) -> Detection | None:
    """Return one photo of these stores; one query."""
    return Detection.objects.filter(pk=pk, store__in=stores).select_related("store", "version").first()


def among(stores: QuerySet[Any], keys: Sequence[int]) -> list[int]:
    """Return those of some photos that belong to stores; one query."""
    return list(Detection.objects.filter(pk__in=keys, store__in=stores).values_list("pk", flat=True))


def _reviews(keys: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    rows = list(Review.objects.filter(detection__in=keys).select_related("reviewer").order_by("number"))
    boxes: dict[int, list[dict[str, Any]]] = {row.pk: [] for row in rows}
    for each in Annotation.objects.filter(review__in=rows).select_related("label").order_by("id"):
        boxes[each.review_id].append({"label": each.label.name, "box": _box(each)})
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row.detection_id, []).append(
            {
                "who": row.reviewer.username if row.reviewer else "", "at": row.created_at.isoformat(),
                "conclusion": row.conclusion, "said": row.get_conclusion_display(),
                "reasons": row.reasons, "marked": boxes[row.pk],
            }
        )  # fmt: skip
    return found


def _sheet(
    photo: Detection, raw: list[dict[str, Any]], sold: list[Any] | None, reviews: list[dict[str, Any]]
) -> dict[str, Any]:
    newest = reviews[-1] if reviews and photo.verdict else None
    shown = [each for each in raw if each["fate"] in {Fate.ACCEPTED, Fate.ASK}]
    places = one_a_place(
        [(Marked(each["label"], Box(*each["box"])), each["confidence"] - each["threshold"]) for each in shown]
    )
    marked = [{"label": each.label, "box": _box(each.box)} for each in places]
    if newest and newest["conclusion"] != Review.Conclusion.CANNOT_TELL:
        marked = newest["marked"]
    return {
        "id": photo.pk, "store": photo.store.name, "taken_at": photo.taken_at.isoformat(),
        "zone": photo.store.timezone, "version": photo.version.name if photo.version else "",
        "width": photo.width, "height": photo.height, "flagged": photo.is_flagged,
        "seen": photo.review_number, "verdict": photo.verdict, "risk": photo.risk,
        "audit": photo.audit_turn == 0, "raw": raw, "sold": sold, "reviews": reviews, "marked": marked,
    }  # fmt: skip


def _box(row: Any) -> list[float]:
    return [round(getattr(row, side), 6) for side in SIDES]
