"""Where items may be: connected parts of a painted picture, and their splits where items touch."""

from collections.abc import Iterator

import cv2
import numpy as np

from rekognition_local.vision.painter import RIM
from rekognition_local.vision.pixels import Array, depths

_LEVELS = (0.1, 0.25, 0.4, 0.55, 0.7, 0.85, 0.95)
_SPLIT_LEVELS = (0.3, 0.5, 0.8)
_CORES = (0.4, 0.6, 0.8)
_SMALLEST = 0.0006  # of the picture's area
_ALIKE = 0.9  # masks that overlap more are the same proposal
_MOST = 100


def propose(painted: Array, lab: Array) -> Array:
    """Masks (n, height, width) of 0 and 1, at most 100, for probabilities of background and labels."""
    item = cv2.GaussianBlur(1 - painted[..., 0], (0, 0), 1.0)
    masks = [mask for mask in _candidates(item, painted, lab) if mask.sum() >= _SMALLEST * item.size]
    if not masks:
        return np.zeros((0, *item.shape), np.float32)
    stack = np.stack(masks).astype(np.float32)
    kept = _distinct(stack, _contrast(stack, item))
    return stack[kept]


def _candidates(item: Array, painted: Array, lab: Array) -> Iterator[Array]:
    for level in _LEVELS:
        yield from _parts((item > level).astype(np.uint8))
    inside = cv2.GaussianBlur(1 - painted[..., 0] - painted[..., RIM], (0, 0), 1.0)
    for level in _SPLIT_LEVELS:
        yield from _splits((item > level).astype(np.uint8), inside, lab)
    best = np.where(item > 0.5, painted[..., RIM + 1 :].argmax(axis=2) + 1, 0)
    for column in np.unique(best[best > 0]):
        alone = cv2.morphologyEx((best == column).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3)))
        yield from _parts(alone)


def _parts(mask: Array) -> Iterator[Array]:
    """Connected parts with their holes filled."""
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    for outline in outlines:
        if cv2.contourArea(outline) >= _SMALLEST * mask.size:
            yield cv2.drawContours(np.zeros_like(mask), [outline], 0, 1, -1)


def _splits(mask: Array, inside: Array, lab: Array) -> Iterator[Array]:
    """Cut what has several cores, by depth or by its painted inside, along edges of the picture."""
    depth = depths(mask)
    cores = [depth > share * _tops(mask, depth) for share in _CORES]
    cores += [(inside > level) & (mask > 0) for level in _LEVELS]
    for core in cores:
        count, markers = cv2.connectedComponents(core.astype(np.uint8))
        markers[mask == 0] = count
        cv2.watershed(lab, markers)
        for number in range(1, count):
            yield from _parts(cv2.dilate((markers == number).astype(np.uint8), np.ones((3, 3))) & mask)


def _tops(mask: Array, depth: Array) -> Array:
    """For every pixel, the greatest depth of the connected part that it belongs to."""
    count, parts = cv2.connectedComponents(mask)
    tops = np.zeros(count, np.float32)
    np.maximum.at(tops, parts.ravel(), depth.ravel())
    return tops[parts]


def _contrast(stack: Array, item: Array) -> Array:
    """How much more of an item there is inside a mask than right around it."""
    flat = stack.reshape(len(stack), -1)
    rings = np.array([cv2.dilate(mask, np.ones((5, 5))) for mask in stack]).reshape(len(stack), -1) - flat
    value = item.ravel()
    contrast: Array = flat @ value / flat.sum(1) - rings @ value / np.maximum(rings.sum(1), 1)
    return contrast


def _distinct(stack: Array, worth: Array) -> list[int]:
    """Indexes of the worthiest masks of which no two are alike, in falling order of worth."""
    common = overlaps(stack)
    areas = np.diag(common)
    alike = common / (areas[:, None] + areas - common) > _ALIKE
    kept: list[int] = []
    for index in np.argsort(-worth, kind="stable"):
        if len(kept) < _MOST and not alike[index, kept].any():
            kept.append(int(index))
    return kept


def overlaps(stack: Array) -> Array:
    """The area that every two masks have in common; on the diagonal, the area of each."""
    flat = stack.reshape(len(stack), -1)
    common: Array = flat @ flat.T
    return common


def extents(stack: Array) -> list[tuple[float, ...]]:
    """Left, top, width and height of every mask."""
    return [tuple(cv2.boundingRect(mask.astype(np.uint8))) for mask in stack]
