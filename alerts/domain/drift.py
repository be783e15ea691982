"""Drift: whether a store's boxes still look like those of the weeks after its model went live.

For each store and label the confidences of a window (20 bins of 5 points) are compared with those of the 28
days after promotion by the Jensen–Shannon distance (base 2; 0 is the same, 1 is nothing in common). With 20
bins and 200 boxes noise alone is 0.12, so a window needs a thousand boxes; it is widened by days until it has
them. 0.15 in two windows one after the other is drift. A p-value is no use here: with 5,000 boxes every
harmless change of 0.01 is "significant".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import log2, sqrt
from typing import NamedTuple

from alerts.domain.kinds import Kind
from alerts.domain.wanted import Ref, Subject, Wanted

BINS = 20
FEWEST_BOXES = 1_000
DISTANCE = 0.15
REFERENCE_DAYS = 28
LONGEST_WINDOW_DAYS = 28

Bins = Sequence[int]


class Drifted(NamedTuple):
    """A label of a store that looks different: its distance in both windows."""

    label: str
    distance: float
    before: float


def js_distance(one: Bins, other: Bins) -> float:
    """Return the Jensen–Shannon distance of two histograms of as many bins; 0 where one is empty."""
    first, second = _shares(one), _shares(other)
    if not first or not second:
        return 0.0
    middle = [(a + b) / 2 for a, b in zip(first, second, strict=True)]
    divergence = (_divergence(first, middle) + _divergence(second, middle)) / 2
    return sqrt(max(0.0, divergence))


def _shares(bins: Bins) -> list[float]:
    total = sum(bins)
    return [count / total for count in bins] if total else []


def _divergence(shares: Sequence[float], middle: Sequence[float]) -> float:
    return sum(share * log2(share / mean) for share, mean in zip(shares, middle, strict=True) if share)


def windows_of(days: Sequence[Bins]) -> tuple[list[int], list[int]] | None:
    """Return the newest two windows with boxes enough, from a label's days, newest first; None without."""
    found: list[list[int]] = []
    window, taken = [0] * BINS, 0
    for day in days:
        window = [a + b for a, b in zip(window, day, strict=True)]
        taken += 1
        if sum(window) >= FEWEST_BOXES:
            found.append(window)
            window, taken = [0] * BINS, 0
            if len(found) == 2:
                return found[0], found[1]
        elif taken >= LONGEST_WINDOW_DAYS:
            return None
    return None


def drifted(label: str, reference: Bins, days: Sequence[Bins]) -> Drifted | None:
    """Return how a label drifted, or None when it did not or when there are too few boxes to tell."""
    windows = windows_of(days)
    if windows is None or sum(reference) < FEWEST_BOXES:
        return None
    now, before = (js_distance(reference, window) for window in windows)
    return Drifted(label, now, before) if min(now, before) >= DISTANCE else None


def wanted_of_drift(found: Mapping[int, Iterable[Drifted]]) -> set[Wanted]:
    """Return the alerts of stores with drifted labels, one a store: the worst label is named."""
    wanted = set()
    for store, labels in found.items():
        ranked = sorted(labels, key=lambda each: (-each.distance, each.label))
        if ranked:
            params = {"label": ranked[0].label, "labels": len(ranked)}
            wanted.add(Wanted(Kind.DRIFT, Ref(Subject.STORE, store), params=params))
    return wanted
