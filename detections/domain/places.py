"""From raw boxes to what a register may believe: one fate a box, boxes on one place taken together.

Rekognition answers a MinConfidence of 0 with every guess, several on one bread. Boxes are grouped into
places; a place with one label at or above its threshold is accepted, one with several, or with one that is
only just above, needs a person, and one with none is a near miss if its best comes close.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from detections.domain.outcomes import Fate

CANDIDATES = 5
NEAR_SHARE = 0.5
"""Less than this share of a threshold is no near miss, however low the threshold: it is a guess."""
INSIDE = 0.85
"""A box of the same label that lies this far inside another is the same bread seen twice."""


@dataclass(frozen=True, slots=True)
class Box:
    """Where something is, as shares of the picture's width and height (Rekognition's BoundingBox)."""

    left: float
    top: float
    width: float
    height: float

    @property
    def area(self) -> float:
        return self.width * self.height


@dataclass(frozen=True, slots=True)
class RawLabel:
    """One entry of CustomLabels: confidence 0–100; no box from a model of whole images."""

    label: str
    confidence: float
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """Thresholds by label (0–100), `fallback` for a label without one, and what counts as close.

    `near_miss_band` and `ask_band` are percentage points below and above a threshold; `same_place` is the
    intersection over union from which two boxes show one thing.
    """

    thresholds: Mapping[str, float] = field(default_factory=dict)
    fallback: float = 50.0
    near_miss_band: float = 25.0
    ask_band: float = 1.0
    suppresses_duplicates: bool = True
    same_place: float = 0.5

    def threshold(self, label: str) -> float:
        return self.thresholds.get(label, self.fallback)


@dataclass(frozen=True, slots=True)
class Place:
    """Raw labels that lie on one another, as indexes; `shown` are those that carry the place's fate."""

    fate: Fate
    shown: tuple[int, ...]
    candidates: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """The fate of each raw label, the threshold it was held against, and the places they form."""

    fates: tuple[Fate, ...]
    thresholds: tuple[float, ...]
    places: tuple[Place, ...]
    smallest_margin: float | None

    def places_of(self, fate: Fate) -> tuple[Place, ...]:
        return tuple(place for place in self.places if place.fate is fate)

    def count(self, fate: Fate) -> int:
        return len(self.places_of(fate))


def overlap(one: Box, other: Box) -> float:
    """Return the area that two boxes share."""
    width = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    height = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
    return max(0.0, width) * max(0.0, height)


def iou(one: Box, other: Box) -> float:
    """Return the intersection over union of two boxes, 0–1; 0 where one has no area."""
    shared = overlap(one, other)
    return shared / (one.area + other.area - shared) if shared else 0.0


def judge(raw: Sequence[RawLabel], rules: Rules) -> Judgement:
    """Give every raw label its fate. Compares each box with the first of each place before it: n × places."""
    thresholds = tuple(rules.threshold(each.label) for each in raw)
    margins = [each.confidence - threshold for each, threshold in zip(raw, thresholds, strict=True)]
    fates = [Fate.HIDDEN] * len(raw)
    places = []
    for group in _grouped(raw, rules):
        place = _judged(group, raw, margins, rules)
        places.append(place)
        for index in place.shown:
            fates[index] = place.fate
        for index in group:
            if margins[index] >= 0 and index not in place.shown:
                fates[index] = Fate.DUPLICATE
    close = [abs(margin) for fate, margin in zip(fates, margins, strict=True) if fate in _TELLING]
    return Judgement(tuple(fates), thresholds, tuple(places), min(close, default=None))


_TELLING = frozenset({Fate.ACCEPTED, Fate.ASK, Fate.NEAR_MISS})


def _grouped(raw: Sequence[RawLabel], rules: Rules) -> list[list[int]]:
    groups: list[list[int]] = []
    for index in sorted(range(len(raw)), key=lambda i: (-raw[i].confidence, i)):
        for group in groups:
            if _is_same_place(raw[index], raw[group[0]], rules) and (
                rules.suppresses_duplicates or all(raw[i].label != raw[index].label for i in group)
            ):
                group.append(index)
                break
        else:
            groups.append([index])
    return groups


def _is_same_place(one: RawLabel, leader: RawLabel, rules: Rules) -> bool:
    if one.box is None or leader.box is None:
        return one.label == leader.label
    shared = overlap(one.box, leader.box)
    if not shared:
        return False
    if shared >= rules.same_place * (one.box.area + leader.box.area - shared):
        return True
    smaller = min(one.box.area, leader.box.area)
    return one.label == leader.label and shared >= INSIDE * smaller


def _judged(group: Sequence[int], raw: Sequence[RawLabel], margins: Sequence[float], rules: Rules) -> Place:
    first = {raw[index].label: index for index in reversed(group)}
    ranked = sorted(first.values(), key=lambda index: (-margins[index], -raw[index].confidence, index))
    candidates = tuple(ranked[:CANDIDATES])
    above = tuple(index for index in ranked if margins[index] >= 0)
    if len(above) > 1 or (above and margins[above[0]] < rules.ask_band):
        return Place(Fate.ASK, above, candidates)
    if above:
        return Place(Fate.ACCEPTED, above, candidates)
    best = raw[ranked[0]].confidence
    if margins[ranked[0]] >= -rules.near_miss_band and best >= NEAR_SHARE * rules.threshold(
        raw[ranked[0]].label
    ):
        return Place(Fate.NEAR_MISS, (ranked[0],), candidates)
    return Place(Fate.HIDDEN, (), candidates)


def totals(judgement: Judgement, raw: Sequence[RawLabel]) -> dict[str, int]:
    """Return how many of each label were accepted, in the order of their first box."""
    return dict(Counter(raw[place.shown[0]].label for place in judgement.places_of(Fate.ACCEPTED)))
