"""Judges proposed regions: item or not, which item, and how well the box fits."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rekognition_local.vision.forest import Forest, flatten
from rekognition_local.vision.painter import softmax
from rekognition_local.vision.pixels import Array

_TREES = 100
_RARE = -30.0

# Features of regions, their kind (0 background, -1 unclear, n + 1 label n) and the IoU of their boxes.
Rows = tuple[Array, Array, Array]


@dataclass(frozen=True, slots=True)
class Vote:
    """Probabilities of classes: the mean of a linear discriminant and of trees."""

    weights: Array
    bias: Array
    trees: Forest

    def shares(self, x: Array, scaled: Array) -> Array:
        """One row per row of the features, one column per class."""
        line = softmax(scaled @ self.weights + self.bias)
        leaves = self.trees.leaves(x).astype(np.int64) + np.arange(len(x))[:, None] * len(self.bias)
        votes = np.bincount(leaves.ravel(), minlength=line.size).reshape(line.shape)
        shares: Array = (line + votes / leaves.shape[1]) / 2
        return shares


@dataclass(frozen=True, slots=True)
class Judge:
    """Votes on whether a region is an item and on which one it would be, trees for the fit of its box."""

    shift: Array
    scale: Array
    items: Vote
    names: Vote
    fits: Forest

    def scores(self, x: Array) -> Array:
        """How far each region (row) is believed to be a well-boxed item of each label (column)."""
        scaled = np.clip((x - self.shift) * self.scale, -5, 5)
        fit = np.sqrt(np.clip(self.fits.leaves(x).mean(axis=1), 0, 1))
        scores: Array = (self.items.shares(x, scaled)[:, 1] * fit)[:, None] * self.names.shares(x, scaled)
        return scores


def fit_judge(rows: Sequence[Rows], labels: int, seed: int) -> Judge:
    """Learn from the regions of many pictures; unclear ones teach only how well a box fits."""
    from sklearn.ensemble import ExtraTreesRegressor  # takes 2 s to load: only where something is learnt

    x, kind, fit = (np.concatenate(part) for part in zip(*(row for row in rows if len(row[1])), strict=True))
    clear, item = kind >= 0, kind > 0
    shift, scale = x[clear].mean(axis=0), 1 / (x[clear].std(axis=0) + 1e-3)
    scaled = np.clip((x - shift) * scale, -5, 5)
    items = fit_vote(x[clear], scaled[clear], item[clear].astype(np.int64), 2, seed)
    names = fit_vote(x[item], scaled[item], kind[item] - 1, labels, seed)
    trees = ExtraTreesRegressor(
        _TREES // 2, max_features=0.2, min_samples_leaf=3, random_state=seed, n_jobs=_threads(x)
    )
    return Judge(shift, scale, items, names, flatten(trees.fit(x, fit).estimators_))


def fit_vote(x: Array, scaled: Array, names: Array, classes: int, seed: int) -> Vote:
    """Learn classes 0 to `classes` - 1, of which some may have no example."""
    from sklearn.ensemble import ExtraTreesClassifier

    trees = ExtraTreesClassifier(_TREES, max_features=0.1, random_state=seed, n_jobs=_threads(x)).fit(
        x, names
    )
    leaders = [trees.classes_[tree.tree_.value[:, 0].argmax(axis=1)] for tree in trees.estimators_]
    return Vote(*_discriminant(scaled, names, classes), flatten(trees.estimators_, leaders))


def _threads(x: Array) -> int:
    """Two threads, or one where dividing the work would take longer than the work."""
    return 2 if len(x) > 1000 else 1


def _discriminant(x: Array, names: Array, classes: int) -> tuple[Array, Array]:
    """Weights and bias of a linear discriminant."""
    counts = np.bincount(names, minlength=classes)
    means = np.stack([x[names == name].mean(axis=0) if counts[name] else x[0] * 0 for name in range(classes)])
    rest = x - means[names] if len(x) > (counts > 0).sum() else x - x.mean(axis=0)
    weights = np.linalg.solve(shrunk_covariance(rest), means.T)
    bias = np.log(np.maximum(counts, 1e-9) / len(x)) - (means.T * weights).sum(axis=0) / 2
    bias[counts == 0] = _RARE
    return weights.astype(np.float32), bias.astype(np.float32)


def shrunk_covariance(rest: Array) -> Array:
    """Covariance of centred rows, shrunk after Ledoit and Wolf (2004) so that fewer rows than columns do."""
    from sklearn.covariance import ledoit_wolf

    covariance: Array = np.eye(rest.shape[1]) * 1e-3
    if len(rest) > 1:
        covariance += ledoit_wolf(rest, assume_centered=True)[0]
    return covariance
