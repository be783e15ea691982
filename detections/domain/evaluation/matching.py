"""COCO's matching: which true box, if any, each finding of a picture takes.

Labels are matched apart; findings by falling score, equal scores in stored order. Each takes the free true
box of its label with the largest IoU of at least 0.5, the later of equals. The fate of a finding depends on
stronger ones only, so a picture is matched once, without any threshold: raising one later removes findings
and changes no other's fate. (pycocotools, COCOeval.evaluateImg.)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from detections.domain.places import Box, iou

IOU = 0.5
MOST_FOUND = 100
"""COCO's maxDets: weaker findings of a label on one picture count as nothing."""


def as_ratio(percent: float) -> float:
    """Return a percentage as 0–1, to six places: a box whose score is its threshold must not be lost."""
    return round(percent / 100, 6)


@dataclass(frozen=True, slots=True)
class Truth:
    """What is on the picture, as the newest accepted review says."""

    label: str
    box: Box


@dataclass(frozen=True, slots=True)
class Found:
    """One raw box of a model; score 0–1 is Confidence ÷ 100."""

    label: str
    score: float
    box: Box


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture to be judged. Pictures of one `group` (a visit, near-identical ones) vary together."""

    truths: tuple[Truth, ...]
    found: tuple[Found, ...]
    group: Hashable = None


@dataclass(frozen=True, slots=True)
class Matching:
    """For each finding the true box that it takes or None, and whether it counts at all; in stored order."""

    taken: tuple[int | None, ...]
    counts: tuple[bool, ...]


def match(truths: Sequence[Truth], found: Sequence[Found], *, at_least: float = IOU) -> Matching:
    """Match one picture at one IoU. For each label findings × truths comparisons."""
    taken: list[int | None] = [None] * len(found)
    counts = [False] * len(found)
    own_truths = _by_label(truths)
    for label, own in _by_label(found).items():
        own.sort(key=lambda index: -found[index].score)
        free = own_truths.get(label, [])[:]
        for index in own[:MOST_FOUND]:
            counts[index] = True
            place = _best(truths, free, found[index].box, at_least)
            if place is not None:
                taken[index] = place
                free.remove(place)
    return Matching(tuple(taken), tuple(counts))


def _by_label(boxes: Sequence[Truth | Found]) -> defaultdict[str, list[int]]:
    found: defaultdict[str, list[int]] = defaultdict(list)
    for index, each in enumerate(boxes):
        found[each.label].append(index)
    return found


def _best(truths: Sequence[Truth], free: Sequence[int], box: Box, at_least: float) -> int | None:
    best, place = min(at_least, 1 - 1e-10), None
    for index in free:
        overlap = iou(box, truths[index].box)
        if overlap >= best:
            best, place = overlap, index
    return place
