"""Precision, recall, F1 and average precision of labels at any threshold, from one matching.

An undefined ratio (0/0) is None, never 0 or 1. Intervals of a share are Wilson's, 95 %.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby

from detections.domain.evaluation.matching import IOU, Matching, Picture, match

ENOUGH_BOXES = 50
"""With fewer true boxes a label's F1 has an interval wider than 0.1."""
Z95 = 1.959963984540054
RECALLS = tuple(step * 0.01 for step in range(101))
"""As numpy.linspace gives them to COCO: 0.57 is a hair more than 57/100."""
Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Counts:
    """Right findings, wrong findings, and true boxes that were not found."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn)

    @property
    def precision(self) -> float | None:
        return _share(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> float | None:
        return _share(self.tp, self.tp + self.fn)

    @property
    def f1(self) -> float | None:
        return _share(2 * self.tp, 2 * self.tp + self.fp + self.fn)

    @property
    def precision_interval(self) -> Interval | None:
        return wilson(self.tp, self.tp + self.fp)

    @property
    def recall_interval(self) -> Interval | None:
        return wilson(self.tp, self.tp + self.fn)


@dataclass(frozen=True, slots=True)
class Curve:
    """One label over a set of pictures: (score, hit) by falling score, and how many true boxes there are."""

    label: str
    pairs: tuple[tuple[float, bool], ...]
    truths: int

    @property
    def is_trusted(self) -> bool:
        return self.truths >= ENOUGH_BOXES

    def at(self, threshold: float) -> Counts:
        """Count what is kept at a threshold 0–1: a finding is kept if its score is not lower."""
        kept = [is_hit for score, is_hit in self.pairs if score >= threshold]
        hits = sum(kept)
        return Counts(hits, len(kept) - hits, self.truths - hits)

    def points(self) -> list[tuple[float, Counts]]:
        """Return (threshold, counts) at each distinct score, falling."""
        found, hits, kept = [], 0, 0
        for score, same in groupby(self.pairs, key=lambda pair: pair[0]):
            outcomes = [is_hit for _, is_hit in same]
            hits, kept = hits + sum(outcomes), kept + len(outcomes)
            found.append((score, Counts(hits, kept - hits, self.truths - hits)))
        return found


@dataclass(frozen=True, slots=True)
class Best:
    """The threshold of the best F1: any value above `lower` up to `threshold` gives the same."""

    threshold: float
    lower: float
    f1: float


@dataclass(frozen=True, slots=True)
class Averages:
    """Over labels: micro adds the boxes, macro the labels that have any, weighted by their true boxes."""

    precision: float | None
    recall: float | None
    f1: float | None


def curves(pictures: Iterable[Picture], *, at_least: float = IOU) -> dict[str, Curve]:
    """Match every picture once and return the curve of each label that is true or found anywhere."""
    return curves_of((each, match(each.truths, each.found, at_least=at_least)) for each in pictures)


def curves_of(matchings: Iterable[tuple[Picture, Matching]]) -> dict[str, Curve]:
    """Return the curves of pictures that were matched before."""
    pairs: defaultdict[str, list[tuple[float, bool]]] = defaultdict(list)
    truths: defaultdict[str, int] = defaultdict(int)
    for picture, matched in matchings:
        for truth in picture.truths:
            truths[truth.label] += 1
        order = sorted(range(len(picture.found)), key=lambda index: -picture.found[index].score)
        for index in order:
            if matched.counts[index]:
                each = picture.found[index]
                pairs[each.label].append((each.score, matched.taken[index] is not None))
    found = {}
    for label in sorted({*pairs, *truths}):
        ranked = sorted(pairs[label], key=lambda pair: -pair[0])
        found[label] = Curve(label, tuple(ranked), truths[label])
    return found


def average_precision(curve: Curve) -> float | None:
    """Return COCO's AP: the mean best precision at or beyond each of 101 recalls; None without true boxes."""
    if not curve.truths:
        return None
    hits = list(accumulate(is_hit for _, is_hit in curve.pairs))
    recalls = [hit / curve.truths for hit in hits]
    precisions = [hit / rank for rank, hit in enumerate(hits, start=1)]
    envelope = list(accumulate(reversed(precisions), max))[::-1]
    places = (bisect_left(recalls, recall) for recall in RECALLS)
    return sum(envelope[place] for place in places if place < len(envelope)) / len(RECALLS)


def best_threshold(curve: Curve) -> Best | None:
    """Return the threshold of the largest F1, of equals the highest; None without a hit.

    It is fitted to the pictures that it is then judged on: with 10 boxes F1 is about 0.06 too good, with 50
    0.02, with 300 0.01.
    """
    best: Best | None = None
    points = curve.points()
    for index, (score, counts) in enumerate(points):
        if counts.tp and counts.f1 is not None and (best is None or counts.f1 > best.f1):
            lower = points[index + 1][0] if index + 1 < len(points) else 0.0
            best = Best(score, lower, counts.f1)
    return best


def micro(counts: Iterable[Counts]) -> Averages:
    """Return the ratios of all boxes together: what a shop feels."""
    total = sum(counts, start=Counts())
    return Averages(total.precision, total.recall, total.f1)


def macro(counts: Mapping[str, Counts]) -> Averages:
    """Return plain means over labels that have true boxes; F1 is the mean of the F1s."""
    return _averages(counts.values(), lambda each: 1)


def weighted(counts: Mapping[str, Counts]) -> Averages:
    """Return means over labels, each with the weight of its true boxes."""
    return _averages(counts.values(), lambda each: each.tp + each.fn)


def mean_average_precision(found: Iterable[Curve]) -> float | None:
    """Return the mean AP of labels with true boxes."""
    values = [value for curve in found if (value := average_precision(curve)) is not None]
    return sum(values) / len(values) if values else None


def wilson(right: int, of: int) -> Interval | None:
    """Return the 95 % interval of a share (Wilson 1927); None of nothing."""
    if not of:
        return None
    share, spread = right / of, Z95 * Z95 / of
    middle = share + spread / 2
    reach = Z95 * math.sqrt(share * (1 - share) / of + spread / (4 * of))
    return max(0.0, (middle - reach) / (1 + spread)), min(1.0, (middle + reach) / (1 + spread))


def _averages(counts: Iterable[Counts], weight: Callable[[Counts], int]) -> Averages:
    with_truth = [(each, weight(each)) for each in counts if each.tp + each.fn]
    return Averages(
        _mean([(each.precision, heavy) for each, heavy in with_truth]),
        _mean([(each.recall, heavy) for each, heavy in with_truth]),
        _mean([(each.f1, heavy) for each, heavy in with_truth]),
    )


def _mean(values: Sequence[tuple[float | None, int]]) -> float | None:
    defined = [(value, heavy) for value, heavy in values if value is not None]
    total = sum(heavy for _, heavy in defined)
    return sum(value * heavy for value, heavy in defined) / total if total else None


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
