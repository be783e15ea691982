"""Training pictures: what is kept of them, who may judge them, and how proposals on them are graded."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rekognition_local.vision.judge import Rows
from rekognition_local.vision.matching import intersections_over_unions, match
from rekognition_local.vision.painter import Samples, sample
from rekognition_local.vision.pixels import Array, Canvas, canvas_of, item_mask, pixel_features
from rekognition_local.vision.proposals import Region, region_of
from rekognition_local.vision.shapes import Box, BoxedPicture, Found
from rekognition_local.vision.thresholds import Outcomes

_ITEM = 0.6  # IoU with an item from which a region counts as that item
_BACKGROUND = 0.4  # and below which as none
_FEW = 20  # pictures, up to which five turns are taken, to have more to learn from in each


@dataclass(frozen=True, slots=True)
class Lesson:
    """A training picture, reduced: boxes and regions of its items in coarse pixels, some of its pixels."""

    canvas: Canvas
    boxes: tuple[Box, ...]
    items: list[Region]
    samples: Samples


def prepare(picture: BoxedPicture, columns: dict[str, int], seed: tuple[int, int]) -> Lesson:
    """Reduce a picture. A label not met before gets the next number, from 1, in `columns`."""
    canvas = canvas_of(picture.pixels)
    coarse = canvas.coarse
    small = (coarse * 255).astype(np.uint8)
    boxes = tuple(box for box in map(canvas.reduced, picture.boxes) if box.width > 1 and box.height > 1)
    masks = [item_mask(small, box) for box in boxes]
    named = [
        (columns.setdefault(box.label, len(columns) + 1), mask)
        for box, mask in zip(boxes, masks, strict=True)
    ]
    samples = sample(pixel_features(coarse), named, np.random.default_rng(seed))
    return Lesson(canvas, boxes, [region_of(mask) for mask in masks], samples)


def take_turns(lessons: Sequence[Lesson], seed: int) -> list[tuple[list[int], list[int]]]:
    """Deal the pictures into three to five parts; with each go the others, which teach how to judge it.

    Where no other picture has a box, a part is judged by what was learnt from all, itself included.
    """
    order = np.random.default_rng(seed).permutation(len(lessons)).tolist()
    order.sort(key=lambda i: not lessons[i].boxes)
    count = min(len(order), 5 if len(order) <= _FEW else 3)
    turns = []
    for fold in (order[part::count] for part in range(count)):
        others = sorted(set(order) - set(fold))
        turns.append((fold, others if any(lessons[i].boxes for i in others) else sorted(order)))
    return turns


def grade(places: Sequence[Region], features: Array, lesson: Lesson, columns: dict[str, int]) -> Rows:
    """What each region of a training picture is, and the IoU of its box with the best item's."""
    if not lesson.boxes or not places:
        return features, np.zeros(len(places), np.int64), np.zeros(len(places))
    fits = intersections_over_unions([region.box for region in places], lesson.boxes)
    fit = fits.max(axis=1)
    names = np.array([columns[box.label] for box in lesson.boxes])[fits.argmax(axis=1)]
    return features, np.where(fit >= _ITEM, names, np.where(fit < _BACKGROUND, 0, -1)), fit


def outcomes(lessons: Sequence[Lesson], found: Sequence[Sequence[Found]]) -> dict[str, Outcomes]:
    """What each label's findings came to, on pictures judged by models that have not seen them."""
    fates = defaultdict[str, list[tuple[float, bool]]](list)
    counts: Counter[str] = Counter()
    for lesson, finds in zip(lessons, found, strict=True):
        boxes = [lesson.canvas.enlarged(box) for box in lesson.boxes]
        counts.update(box.label for box in boxes)
        for one, hit in zip(finds, match(boxes, finds), strict=True):
            fates[one.box.label].append((one.score, hit))
    results = {}
    for label, count in counts.items():
        scores, hits = np.array(fates[label]).reshape(-1, 2).T
        results[label] = (scores, hits, count)
    return results
