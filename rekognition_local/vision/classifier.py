"""Names what a whole picture shows: several labels may hold, or none."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from rekognition_local.vision.features import region_features
from rekognition_local.vision.forest import Forest, flatten
from rekognition_local.vision.judge import shrunk_covariance
from rekognition_local.vision.pixels import THREADS, Array, canvas_of, pixel_features
from rekognition_local.vision.proposals import Region
from rekognition_local.vision.shapes import Pixels, TaggedPicture
from rekognition_local.vision.thresholds import choose_thresholds

_TREES = 100
_FOLDS = 5
_LIMIT = 1e-3


@dataclass(frozen=True, slots=True)
class Opinion:
    """A linear discriminant per label, and trees that vote for sets of labels (`members`: set x label)."""

    shift: Array
    scale: Array
    weights: Array
    bias: Array
    sets: Forest
    members: Array

    def odds(self, x: Array) -> Array:
        """Logarithm of the odds of every label (columns) on every picture (rows)."""
        line = np.clip((x - self.shift) * self.scale, -5, 5) @ self.weights + self.bias
        line = 1 / (1 + np.exp(-np.clip(line, -30, 30)))
        votes = self.members[self.sets.leaves(x).astype(np.int64)].mean(axis=1)
        share = np.clip((line + votes) / 2, _LIMIT, 1 - _LIMIT)
        odds: Array = np.log(share / (1 - share))
        return odds


@dataclass(frozen=True, slots=True)
class Classifier:
    """A trained classifier. `calm` is the slope and shift that turn odds into probabilities."""

    labels: tuple[str, ...]
    thresholds: dict[str, float]
    opinion: Opinion
    calm: Array

    def classify(self, pixels: Pixels) -> list[tuple[str, float]]:
        """Score every label, 0-1, by falling score."""
        with THREADS.limit(limits=1, user_api="blas"):
            odds = self.opinion.odds(_described(pixels)[None])[0]
        scores = 1 / (1 + np.exp(-self.calm[0] * odds - self.calm[1]))
        return sorted(zip(self.labels, map(float, scores), strict=True), key=lambda pair: -pair[1])


def train_classifier(
    pictures: Iterable[TaggedPicture], *, seed: int, watch: Callable[[float], None] = lambda done: None
) -> Classifier:
    """Learn from tagged pictures, taken one at a time; only numbers about them are kept.

    Raises ValueError when no picture has a label.
    """
    with THREADS.limit(limits=1, user_api="blas"):
        return _train(pictures, seed, watch)


def _train(pictures: Iterable[TaggedPicture], seed: int, watch: Callable[[float], None]) -> Classifier:
    rows, tags = [], []
    for picture in pictures:
        rows.append(_described(picture.pixels))
        tags.append(picture.labels)
    labels = tuple(dict.fromkeys(label for own in tags for label in own))
    if not labels:
        raise ValueError("Nothing can be learnt: none of the pictures has a label.")
    watch(0.5)
    x, y = np.stack(rows), np.array([[label in own for label in labels] for own in tags])
    unseen = np.zeros(y.shape)
    turns = min(_FOLDS, len(x))
    order = np.random.default_rng(seed).permutation(len(x))
    for turn in range(turns):
        test = order[turn::turns]
        rest = np.setdiff1d(order, test) if turns > 1 else test
        unseen[test] = _learnt(x[rest], y[rest], seed).odds(x[test])
        watch(0.5 + 0.4 * (turn + 1) / turns)
    calm = _calmed(unseen.ravel(), y.ravel())
    scores = 1 / (1 + np.exp(-calm[0] * unseen - calm[1]))
    fates = {label: (s, hits, int(hits.sum())) for label, s, hits in zip(labels, scores.T, y.T, strict=True)}
    opinion = _learnt(x, y, seed)
    watch(1.0)
    return Classifier(labels, choose_thresholds(fates), opinion, calm)


def _described(pixels: Pixels) -> Array:
    """Numbers about a picture: as of one region, and the colours and details of 4 x 4 fields."""
    canvas = canvas_of(pixels)
    layers = pixel_features(canvas.coarse)
    height, width = layers.shape[:2]
    whole, nothing = (
        Region(0, 0, np.ones((height, width), np.uint8)),
        np.zeros((height, width, 2), np.float32),
    )
    fields = [
        cv2.resize(layer, (4, 4), interpolation=cv2.INTER_AREA).ravel() for layer in np.moveaxis(layers, 2, 0)
    ]
    return np.concatenate([region_features([whole], canvas, layers, nothing)[0], *fields])


def _learnt(x: Array, y: Array, seed: int) -> Opinion:
    from sklearn.ensemble import ExtraTreesClassifier  # takes 2 s to load: only where something is learnt

    shift, scale = x.mean(axis=0), 1 / (x.std(axis=0) + 1e-3)
    members, sets = np.unique(y, axis=0, return_inverse=True)
    trees = ExtraTreesClassifier(_TREES, max_features=0.1, random_state=seed)
    trees.fit(x, y if y.shape[1] > 1 else y.ravel())
    values = []
    for tree in trees.estimators_:
        values.append(np.zeros(tree.tree_.node_count))
        values[-1][tree.apply(x)] = sets
    weights, bias = _discriminants(np.clip((x - shift) * scale, -5, 5), y)
    forest = flatten(trees.estimators_, values)
    return Opinion(shift, scale, weights, bias, forest, members.astype(np.float32))


def _discriminants(x: Array, y: Array) -> tuple[Array, Array]:
    """Weights and bias of a discriminant of every label (true or false) that share a shrunk covariance."""
    share = y.mean(axis=0)
    kinds = np.stack([y, ~y]).astype(np.float64)
    means = kinds.transpose(0, 2, 1) @ x / np.maximum(kinds.sum(axis=1), 1)[..., None]
    apart = (means[0] - means[1]).T
    weights = np.linalg.solve(shrunk_covariance(x - x.mean(axis=0)), apart)
    weights /= np.maximum(1 - share * (1 - share) * (weights * apart).sum(axis=0), 0.02)
    prior = np.log((share + 1e-3) / (1 - share + 1e-3))
    return weights, prior - (weights * means.mean(axis=0).T).sum(axis=0)


def _calmed(odds: Array, hits: Array) -> Array:
    """Slope and shift (Platt) that make the scores of unseen pictures probabilities."""
    from sklearn.linear_model import LogisticRegression

    if hits.all() or not hits.any():
        return np.array([1.0, 0.0])
    line = LogisticRegression(C=10.0).fit(odds[:, None], hits)
    return np.array([max(line.coef_[0, 0], 0.1), line.intercept_[0]])
