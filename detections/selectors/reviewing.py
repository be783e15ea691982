"""One photo as an analyst judges it: three opinions side by side, and every raw box."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import get_language

from detections.domain.outcomes import Fate
from detections.domain.places import Box
from detections.domain.reviews import Marked, one_a_place
from detections.domain.second import Second
from detections.models import (
    Annotation,
    Correction,
    DetectedLabel,
    Detection,
    Label,
    Product,
    Review,
    SecondOpinion,
)

SIDES = ("left", "top", "width", "height")
COMPARED = {Second.DISAGREED, Second.SETTLED}


def sheets(photos: Sequence[Detection], *, is_blind: bool = False) -> list[dict[str, Any]]:
    """Return photos for the review page, in the given order; four queries for all of them, or five.

    Boxes are shares of the picture. `marked` are the boxes to begin with: those of the newest review, else
    what the model accepted and would have asked. For a second opinion (`is_blind`) nothing of what analysts
    have said is in it. `answers` are the two that differ, where a third decision is asked for.
    """
    keys = [photo.pk for photo in photos]
    raw, sold = _raw(keys), _sold(keys)
    reviews = {} if is_blind else _reviews(keys)
    compared = [photo.pk for photo in photos if photo.second in COMPARED and not is_blind]
    answers = _answers(compared, reviews)
    return [
        {
            **_facts(photo, is_blind), "raw": raw[photo.pk], "sold": sold.get(photo.pk),
            "reviews": reviews.get(photo.pk, []), "answers": answers.get(photo.pk, []),
            "marked": _begin(raw[photo.pk], reviews.get(photo.pk, []) if photo.verdict else []),
        }
        for photo in photos
    ]  # fmt: skip


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


def _raw(keys: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    raw: dict[int, list[dict[str, Any]]] = {pk: [] for pk in keys}
    rows = DetectedLabel.objects.filter(detection__in=keys, left__isnull=False).order_by("id")
    for row in rows.select_related("label"):
        raw[row.detection_id].append(
            {
                "label": row.label.name, "confidence": round(row.confidence, 2),
                "threshold": round(row.threshold, 2), "fate": row.fate, "box": _box(row),
            }
        )  # fmt: skip
    return raw


def _sold(keys: Sequence[int]) -> dict[int, list[Any]]:
    rows = Correction.objects.filter(detection__in=keys).order_by("id")
    return {correction.detection_id: correction.items for correction in rows}


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


def _answers(keys: Sequence[int], reviews: dict[int, Any]) -> dict[int, list[dict[str, Any]]]:
    """Return the two answers of photos on which people differ: the review, and the second opinion of it."""
    if not keys:
        return {}
    rows = SecondOpinion.objects.filter(review__detection__in=keys).exclude(conclusion="WITHDRAWN")
    found = {}
    for row in rows.select_related("review", "reviewer").order_by("id"):
        first = reviews[row.review.detection_id][row.review.number - 1]
        second = {
            "who": row.reviewer.username if row.reviewer else "", "said": row.get_conclusion_display(),
            "conclusion": row.conclusion, "marked": row.marked,
        }  # fmt: skip
        found[row.review.detection_id] = [first, second]
    return found


def _facts(photo: Detection, is_blind: bool) -> dict[str, Any]:
    return {
        "id": photo.pk, "store": photo.store.name, "taken_at": photo.taken_at.isoformat(),
        "zone": photo.store.timezone, "version": photo.version.name if photo.version else "",
        "width": photo.width, "height": photo.height, "flagged": photo.is_flagged and not is_blind,
        "seen": photo.review_number, "verdict": "" if is_blind else photo.verdict, "risk": photo.risk,
        "audit": photo.audit_turn == 0, "second": photo.second,
    }  # fmt: skip


def _begin(raw: list[dict[str, Any]], reviews: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the boxes to begin with: those of the newest review, else one label a place that was shown."""
    if reviews and reviews[-1]["conclusion"] != Review.Conclusion.CANNOT_TELL:
        return list(reviews[-1]["marked"])
    shown = [each for each in raw if each["fate"] in {Fate.ACCEPTED, Fate.ASK}]
    places = one_a_place(
        [(Marked(each["label"], Box(*each["box"])), each["confidence"] - each["threshold"]) for each in shown]
    )
    return [{"label": each.label, "box": _box(each.box)} for each in places]


def _box(row: Any) -> list[float]:
    return [round(getattr(row, side), 6) for side in SIDES]
