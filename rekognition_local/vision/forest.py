"""Forests of decision trees as plain arrays: quick to load, and walked all at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rekognition_local.vision.pixels import Array


@dataclass(frozen=True, slots=True)
class Forest:
    """Trees laid out flat. A leaf points to itself; `value` is its class or its number."""

    feature: Array
    threshold: Array
    left: Array
    right: Array
    value: Array
    roots: Array

    def leaves(self, x: Array) -> Array:
        """The value (rows, trees) of the leaf that each row ends in, all trees walked at once."""
        rows = np.arange(len(x))[:, None]
        node = np.repeat(self.roots[None], len(x), axis=0)
        while True:
            goes_left = x[rows, self.feature[node]] <= self.threshold[node]
            following = np.where(goes_left, self.left[node], self.right[node])
            if (following == node).all():
                value: Array = self.value[node]
                return value
            node = following


def flatten(trees: Sequence[Any], values: Sequence[Array] | None = None) -> Forest:
    """Lay out scikit-learn's fitted trees, with these values of nodes or their own first output."""
    starts = np.cumsum([0] + [tree.tree_.node_count for tree in trees])
    parts = []
    for number, tree in enumerate(trees):
        inner, own = tree.tree_, np.arange(tree.tree_.node_count)
        is_leaf = inner.children_left < 0
        sides = (np.where(is_leaf, own, side) for side in (inner.children_left, inner.children_right))
        left, right = (side + starts[number] for side in sides)
        value = inner.value[:, 0, 0] if values is None else values[number]
        parts.append((np.where(is_leaf, 0, inner.feature), inner.threshold, left, right, value))
    feature, threshold, left, right, value = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Forest(
        feature.astype(np.int16),
        threshold.astype(np.float32),
        left.astype(np.int32),
        right.astype(np.int32),
        value.astype(np.float32),
        starts[:-1].astype(np.int32),
    )
