"""Paints a picture: for every coarse pixel, how likely it is background or part of an item of each label."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from rekognition_local.vision.pixels import Array, depths

RIM = 1
_RIM_DEPTH = 0.25  # of an item's greatest depth
_NEAR = 17
_PER_PICTURE = 3000
_AT_MOST = 60_000
_NEURONS = 64
_PASSES = 8

Samples = tuple[Array, Array]  # pixel features, and the column that each pixel belongs to


@dataclass(frozen=True, slots=True)
class Painter:
    """A small perceptron over pixel features. Columns: background, rim of any item, inside of each label."""

    shift: Array
    scale: Array
    hidden: Array
    hidden_bias: Array
    out: Array
    out_bias: Array

    def paint(self, features: Array) -> Array:
        """Turn the features (height, width, n) of a picture into probabilities (height, width, columns)."""
        flat = np.clip((features.reshape(-1, features.shape[2]) - self.shift) * self.scale, -5, 5)
        middle = np.maximum(flat @ self.hidden + self.hidden_bias, 0)
        scores = self.out.T @ middle.T + self.out_bias[:, None]
        return np.moveaxis(softmax(scores, axis=0).reshape(-1, *features.shape[:2]), 0, 2)


def softmax(scores: Array, axis: int = 1) -> Array:
    """Turn scores into probabilities that sum to 1 along an axis."""
    powers = np.exp(scores - scores.max(axis=axis, keepdims=True))
    share: Array = powers / powers.sum(axis=axis, keepdims=True)
    return share


def sample(features: Array, masks: Sequence[tuple[int, Array]], chance: np.random.Generator) -> Samples:
    """Draw pixels of a picture: half from its items, a quarter beside them, a quarter anywhere."""
    owner: Array = np.zeros(features.shape[:2], np.int64)
    for label, mask in masks:
        depth = depths(mask)
        owner[mask > 0] = RIM
        owner[depth > _RIM_DEPTH * depth.max()] = label + RIM
    near = cv2.dilate((owner > 0).astype(np.uint8), np.ones((_NEAR, _NEAR), np.uint8)).ravel() > 0
    flat, owner = features.reshape(-1, features.shape[2]), owner.ravel()
    groups = [np.flatnonzero(mask) for _, mask in masks]
    groups += [np.flatnonzero(near & (owner == 0)), np.flatnonzero(owner == 0)]
    counts = [_PER_PICTURE // 2 // max(1, len(masks))] * len(masks) + [_PER_PICTURE // 4] * 2
    parts = [chance.permutation(group)[:count] for group, count in zip(groups, counts, strict=True)]
    picked = np.concatenate(parts)
    return flat[picked], owner[picked]


def fit_painter(samples: Sequence[Samples], labels: int, seed: int) -> Painter:
    """Fit the perceptron; labels without a sample get a probability near 0."""
    from sklearn.neural_network import MLPClassifier  # takes 2 s to load: only where something is learnt

    x, y = np.concatenate([x for x, _ in samples]), np.concatenate([y for _, y in samples])
    kept = np.random.default_rng(seed).permutation(len(x))[:_AT_MOST]
    x, y = x[kept], y[kept]
    shift, scale = x.mean(axis=0), 1 / (x.std(axis=0) + 1e-4)
    x = np.clip((x - shift) * scale, -5, 5)
    net = MLPClassifier((_NEURONS,), alpha=1e-3, batch_size=min(256, len(x)), random_state=seed)
    for _ in range(_PASSES):
        net.partial_fit(x, y, classes=np.arange(1 + RIM + labels))
    (hidden, out), (hidden_bias, out_bias) = net.coefs_, net.intercepts_
    return Painter(shift, scale, hidden, hidden_bias, out, out_bias)
