"""Picks the score from which a label is believed: best F1 of its own examples, steadied by all labels."""

from collections.abc import Mapping

import numpy as np

from rekognition_local.vision.pixels import Array

_STEADIER = 5.0  # truths that all labels together count for beside a label's own

Outcomes = tuple[Array, Array, int]  # scores, whether each is a hit, and the number of truths


def choose_thresholds(outcomes: Mapping[str, Outcomes]) -> dict[str, float]:
    """Choose a threshold for each label; one without scores gets that of all labels, or 0.5."""
    pooled = [np.concatenate([outcome[part] for outcome in outcomes.values()]) for part in (0, 1)]
    share = _STEADIER / max(1, sum(truths for _, _, truths in outcomes.values()))
    chosen = {}
    for label, (own, own_hits, truths) in outcomes.items():
        weights = np.concatenate([np.ones(len(own)), np.full(len(pooled[0]), share)])
        scores, hits = np.concatenate([own, pooled[0]]), np.concatenate([own_hits, pooled[1]]) * weights
        chosen[label] = _best(scores, hits, weights, truths + _STEADIER)
    return chosen


def _best(scores: Array, hits: Array, weights: Array, truths: float) -> float:
    """The middle between the lowest score kept at the best F1 and the highest dropped."""
    if not len(scores):
        return 0.5
    order = np.argsort(-scores, kind="stable")
    falling = scores[order]
    measure = 2 * np.cumsum(hits[order]) / (np.cumsum(weights[order]) + truths)
    measure[:-1][falling[1:] == falling[:-1]] = 0
    best = int(measure.argmax())
    return float((falling[best] + falling[min(best + 1, len(falling) - 1)]) / 2)
