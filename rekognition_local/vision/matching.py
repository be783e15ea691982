"""COCO's matching: which truth box, if any, each finding of a picture takes.

Labels are matched apart, findings by falling score, equal scores in stored order. Each takes the free truth
box of the largest IoU, the later of equals. Its fate depends on stronger findings only: match once, at no
threshold.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from rekognition_local.vision.shapes import Box, Floats, Found

MOST_FOUND = 100  # per picture and label, COCO's maxDets


def match(truths: Sequence[Box], found: Sequence[Found], *, iou: float = 0.5) -> list[bool]:
    """Tell of each finding, in the given order, whether it is a hit. Beyond 100 of a label none is."""
    return [taken is not None for taken in match_indexes(truths, found, iou=iou)]


def match_indexes(truths: Sequence[Box], found: Sequence[Found], *, iou: float = 0.5) -> list[int | None]:
    """Tell of each finding, in the given order, which truth box it takes."""
    places: list[int | None] = [None] * len(found)
    for label, indexes in strongest(found).items():
        own = [index for index, box in enumerate(truths) if box.label == label]
        boxes = [found[index].box for index in indexes]
        taken = _taken(intersections_over_unions(boxes, [truths[index] for index in own]), iou)
        for index, place in zip(indexes, taken, strict=True):
            places[index] = None if place is None else own[place]
    return places


def strongest(found: Sequence[Found]) -> dict[str, list[int]]:
    """Group the indexes of at most 100 findings of each label, by falling score."""
    by_label: defaultdict[str, list[int]] = defaultdict(list)
    for index in sorted(range(len(found)), key=lambda index: -found[index].score):
        by_label[found[index].box.label].append(index)
    return {label: indexes[:MOST_FOUND] for label, indexes in by_label.items()}


def intersections_over_unions(found: Sequence[Box], truths: Sequence[Box]) -> Floats:
    """Compare found boxes (rows) with truth boxes (columns); a box without an area overlaps nothing."""
    one, other = _edges(found)[:, None], _edges(truths)[None]
    width = np.minimum(one[..., 2], other[..., 2]) - np.maximum(one[..., 0], other[..., 0])
    height = np.minimum(one[..., 3], other[..., 3]) - np.maximum(one[..., 1], other[..., 1])
    common = np.clip(width, 0, None) * np.clip(height, 0, None)
    union = one[..., 4] + other[..., 4] - common
    overlaps: Floats = np.divide(common, union, out=np.zeros_like(common), where=union > 0)
    return overlaps


def _edges(boxes: Sequence[Box]) -> Floats:
    rows = [(b.left, b.top, b.left + b.width, b.top + b.height, b.width * b.height) for b in boxes]
    return np.array(rows, dtype=np.float64).reshape(-1, 5)


def _taken(overlaps: Floats, iou: float) -> list[int | None]:
    """Walk the findings of one label (rows, by falling score); a column taken is closed to the later ones."""
    columns = overlaps.shape[1]
    taken: list[int | None] = []
    for row in overlaps:
        best = columns - 1 - int(np.argmax(row[::-1])) if columns else None
        if best is None or row[best] < min(iou, 1 - 1e-10):
            taken.append(None)
            continue
        taken.append(best)
        overlaps[:, best] = -1.0
    return taken
