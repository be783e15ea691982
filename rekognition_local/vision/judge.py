"""Judges proposed regions: what each is, background included, and how well its box fits."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
from sklearn.linear_model import LogisticRegression

from rekognition_local.vision.forest import Forest, flatten
from rekognition_local.vision.painter import softmax
from rekognition_local.vision.pixels import Array

_TREES = 100

# Features of regions, their kind (0 background, -1 unclear, n + 1 label n) and the IoU of their boxes.
Rows = tuple[Array, Array, Array]


@dataclass(frozen=True, slots=True)
class Judge:
    """Logistic regression and trees, averaged, over the features of regions; trees for the fit of the box."""

    shift: Array
    scale: Array
    weights: Array
    bias: Array
    kinds: Forest
    fits: Forest

    def kind(self, x: Array) -> Array:
        """Probabilities (regions, 1 + labels), background first."""
        line = softmax(np.clip((x - self.shift) * self.scale, -5, 5) @ self.weights + self.bias)
        leaves = self.kinds.leaves(x).astype(np.int64)
        votes = np.stack([(leaves == column).mean(axis=1) for column in range(line.shape[1])], axis=1)
        both: Array = (line + votes) / 2
        return both

    def fit(self, x: Array) -> Array:
        """Estimated IoU of each region's box with the item's."""
        fit: Array = self.fits.leaves(x).mean(axis=1)
        return fit


def fit_judge(rows: Sequence[Rows], columns: int, seed: int) -> Judge:
    """Learn from the regions of many pictures; unclear ones teach only how well a box fits."""
    x, kind, fit = (np.concatenate(part) for part in zip(*(row for row in rows if len(row[1])), strict=True))
    clear = kind >= 0
    own, names = x[clear], kind[clear]
    shift, scale = own.mean(axis=0), 1 / (own.std(axis=0) + 1e-3)
    line = LogisticRegression(C=0.02, max_iter=200).fit(np.clip((own - shift) * scale, -5, 5), names)
    weights = np.zeros((x.shape[1], columns), np.float32)
    bias = np.full(columns, -20.0, np.float32)
    coefficients, intercepts = line.coef_, line.intercept_
    if len(line.classes_) == 2:
        coefficients, intercepts = (
            np.vstack([-coefficients, coefficients]) / 2,
            np.hstack([-intercepts, intercepts]) / 2,
        )
    weights[:, line.classes_], bias[line.classes_] = coefficients.T, intercepts
    kinds = ExtraTreesClassifier(_TREES, max_features=0.1, random_state=seed, n_jobs=2).fit(own, names)
    fits = ExtraTreesRegressor(
        _TREES // 2, max_features=0.2, min_samples_leaf=3, random_state=seed, n_jobs=2
    ).fit(x, fit)
    return Judge(
        shift,
        scale,
        weights,
        bias,
        flatten(kinds.estimators_, kinds.classes_),
        flatten(fits.estimators_, None),
    )
