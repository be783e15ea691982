"""What was taken for what, and why: the confusion matrix of a detector, in two passes.

The first pass is COCO's matching at the thresholds. In the second, findings left over take, by falling score,
the best true box left over of another label: a wrong label. The rest are named after TIDE's causes (0.5 and
0.1 IoU). Row sums are true boxes, column sums findings kept, the diagonal the hits of the first pass, so that
precision and recall from the matrix are those of the tables.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from detections.domain.evaluation.matching import IOU, Found, Matching, Picture, Truth, match
from detections.domain.places import iou

NEARBY = 0.1
BACKGROUND = ""
"""Stands in the matrix for “no bread”: a finding of nothing, or a bread not found."""


class Cause(StrEnum):
    """What a finding or a true box turned out to be."""

    HIT = "HIT"
    WRONG_LABEL = "WRONG_LABEL"
    DUPLICATE = "DUPLICATE"
    BAD_BOX = "BAD_BOX"
    SPURIOUS = "SPURIOUS"
    NEAR_MISS = "NEAR_MISS"
    MISSED = "MISSED"


@dataclass(frozen=True, slots=True)
class Case:
    """One cell's worth: indexes of a true box and of a finding; one of them may be None."""

    cause: Cause
    truth: int | None
    found: int | None


def cases(
    picture: Picture, threshold: Callable[[str], float], matched: Matching | None = None
) -> tuple[Case, ...]:
    """Tell of every finding kept (score ≥ threshold of its label, 0–1) and every true box what it is.

    `matched` spares the matching where it was done before.
    """
    truths, found = picture.truths, picture.found
    matched = matched or match(truths, found)
    kept = [
        index
        for index in sorted(range(len(found)), key=lambda each: -found[each].score)
        if matched.counts[index] and found[index].score >= threshold(found[index].label)
    ]
    hits = {index: place for index in kept if (place := matched.taken[index]) is not None}
    wrong = _wrong(truths, found, [each for each in kept if each not in hits], {*hits.values()})
    taken = {*hits.values(), *wrong.values()}
    result = [Case(Cause.HIT, place, index) for index, place in hits.items()]
    result += [Case(Cause.WRONG_LABEL, place, index) for index, place in wrong.items()]
    for index in kept:
        if index not in hits and index not in wrong:
            result.append(Case(_cause(truths, found[index], taken), None, index))
    kept_set = {*kept}
    weak = [each for index, each in enumerate(found) if index not in kept_set]
    for place, truth in enumerate(truths):
        if place not in taken:
            result.append(Case(_missed(truth, weak), place, None))
    return tuple(result)


def matrix(pictures: Iterable[Picture], threshold: Callable[[str], float]) -> Counter[tuple[str, str]]:
    """Count (true label, found label); BACKGROUND stands for none. Only cells above 0 are there."""
    cells: Counter[tuple[str, str]] = Counter()
    for picture in pictures:
        for case in cases(picture, threshold):
            cells[cell(picture, case)] += 1
    return cells


def cell(picture: Picture, case: Case) -> tuple[str, str]:
    """Return where in the matrix a case stands."""
    true = BACKGROUND if case.truth is None else picture.truths[case.truth].label
    named = BACKGROUND if case.found is None else picture.found[case.found].label
    return true, named


def _wrong(
    truths: Sequence[Truth], found: Sequence[Found], left: Sequence[int], taken: set[int]
) -> dict[int, int]:
    free, wrong = [place for place in range(len(truths)) if place not in taken], {}
    for index in left:
        others = [place for place in free if truths[place].label != found[index].label]
        best = max(others, key=lambda place: iou(found[index].box, truths[place].box), default=None)
        if best is not None and iou(found[index].box, truths[best].box) >= IOU:
            wrong[index] = best
            free.remove(best)
    return wrong


def _cause(truths: Sequence[Truth], found: Found, taken: set[int]) -> Cause:
    overlaps = [iou(found.box, truth.box) for truth in truths]
    if any(overlaps[place] >= IOU for place in taken):
        return Cause.DUPLICATE
    same = (overlap for overlap, truth in zip(overlaps, truths, strict=True) if truth.label == found.label)
    return Cause.BAD_BOX if max(same, default=0.0) >= NEARBY else Cause.SPURIOUS


def _missed(truth: Truth, weak: Sequence[Found]) -> Cause:
    saw = any(each.label == truth.label and iou(each.box, truth.box) >= IOU for each in weak)
    return Cause.NEAR_MISS if saw else Cause.MISSED
