"""An answered photo as its register was told it, from the judgement or from the log: the same either way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db.models import QuerySet

from detections.domain.outcomes import Fate
from detections.domain.places import Box, Judgement, Place, RawLabel, judge, totals
from detections.models import DetectedLabel, Detection
from detections.selectors.serving import rules_of


@dataclass(frozen=True, slots=True)
class Shown:
    """One label as it is told: confidence and the threshold then in percent."""

    label: str
    confidence: float
    threshold: float
    box: Box | None


@dataclass(frozen=True, slots=True)
class ShownPlace:
    """One place: what was decided for it, and the labels it may be, likeliest first (that one included)."""

    box: Box | None
    chosen: Shown
    candidates: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a register is told of a photo."""

    detection: Detection
    accepted: tuple[Shown, ...]
    ask: tuple[ShownPlace, ...]
    near_misses: tuple[ShownPlace, ...]
    totals: dict[str, int]


def answer_from(detection: Detection, raw: Sequence[RawLabel], judgement: Judgement) -> Answer:
    """Put a judgement into the words of the API."""

    def shown(index: int) -> Shown:
        each = raw[index]
        return Shown(each.label, each.confidence, judgement.thresholds[index], each.box)

    def place(one: Place) -> ShownPlace:
        chosen = shown(one.shown[0])
        return ShownPlace(chosen.box, chosen, tuple(shown(index) for index in one.candidates))

    return Answer(
        detection,
        tuple(shown(one.shown[0]) for one in judgement.places_of(Fate.ACCEPTED)),
        tuple(place(one) for one in judgement.places_of(Fate.ASK)),
        tuple(place(one) for one in judgement.places_of(Fate.NEAR_MISS)),
        totals(judgement, raw),
    )


def answer_of(detection: Detection) -> Answer:
    """Rebuild the answer of a logged photo; one query for its boxes, one more for its threshold set."""
    rows = list(boxes_of(detection))
    raw = [raw_of(row) for row in rows]
    rules = replace(
        rules_of(detection.threshold_set, {}),
        thresholds={row.label.name: row.threshold for row in rows},
    )
    return answer_from(detection, raw, judge(raw, rules))


def boxes_of(detection: Detection) -> QuerySet[DetectedLabel]:
    """Return every raw box of a photo in the order in which AWS gave them; one query."""
    return DetectedLabel.objects.filter(detection=detection).select_related("label").order_by("id")


def raw_of(row: DetectedLabel) -> RawLabel:
    """Return a row of the log as the domain knows it."""
    if row.left is None or row.top is None or row.width is None or row.height is None:
        return RawLabel(row.label.name, row.confidence)
    return RawLabel(row.label.name, row.confidence, Box(row.left, row.top, row.width, row.height))
