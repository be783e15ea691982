"""Finds items on pictures: learns from boxed pictures, answers with boxes, labels and scores."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from threadpoolctl import ThreadpoolController

from rekognition_local.vision.evaluation import best_f1_threshold
from rekognition_local.vision.features import region_features
from rekognition_local.vision.judge import Judge, Rows, fit_judge
from rekognition_local.vision.matching import intersections_over_unions, match
from rekognition_local.vision.painter import Painter, Samples, fit_painter, sample
from rekognition_local.vision.pixels import Array, Canvas, canvas_of, item_mask, pixel_features
from rekognition_local.vision.proposals import Region, overlaps, propose, region_of
from rekognition_local.vision.shapes import Box, BoxedPicture, Found, Pixels

_FOLDS = 3
_WORKERS = 2
_SAME_PLACE = 0.4
_PIECE = 0.8
_MOST_PLACES = 60
_MOST_LABELS = 5
_WEAKEST = 0.01
_ITEM = 0.6  # IoU with an item from which a region counts as that item
_BACKGROUND = 0.4  # and below which as none
_threads = ThreadpoolController()


@dataclass(frozen=True, slots=True)
class Detector:
    """A trained detector. A threshold is the score above which a label is best believed."""

    labels: tuple[str, ...]
    thresholds: dict[str, float]
    painter: Painter
    judge: Judge

    def detect(self, pixels: Pixels) -> list[Found]:
        """Find items, by falling score: at most 300, weak ones and runner-up labels included."""
        with _threads.limit(limits=1, user_api="blas"):
            canvas = canvas_of(pixels)
            regions = _look(canvas, self.painter)
            return _judged(regions, canvas, self.judge, self.labels)


@dataclass(frozen=True, slots=True)
class _Regions:
    places: list[Region]
    features: Array

    def without(self, first: int) -> "_Regions":
        """All but the first ones."""
        return _Regions(self.places[first:], self.features[first:])


@dataclass(frozen=True, slots=True)
class _Lesson:
    """A training picture, reduced: boxes and masks of its items in coarse pixels, some of its pixels."""

    canvas: Canvas
    boxes: tuple[Box, ...]
    items: list[Region]
    samples: Samples


def _look(canvas: Canvas, painter: Painter, known: Sequence[Region] = ()) -> _Regions:
    """Propose regions on a picture and describe them, after those already known."""
    coarse = canvas.coarse
    pixels = pixel_features(coarse)
    painted = painter.paint(pixels)
    places = [*known, *propose(painted, (coarse * 255).astype(np.uint8))]
    return _Regions(places, region_features(places, canvas, pixels, painted))


def _judged(regions: _Regions, canvas: Canvas, judge: Judge, labels: Sequence[str]) -> list[Found]:
    if not regions.places:
        return []
    scores = judge.scores(regions.features)
    found = []
    for index in _best(regions.places, canvas, scores.max(axis=1)):
        box = canvas.enlarged(regions.places[index].box)
        for column in np.argsort(-scores[index], kind="stable")[:_MOST_LABELS]:
            if scores[index, column] >= _WEAKEST:
                found.append(Found(replace(box, label=labels[column]), float(scores[index, column])))
    return sorted(found, key=lambda one: -one.score)


def _best(places: Sequence[Region], canvas: Canvas, worth: Array) -> list[int]:
    """The best region of each place: no two that are alike, nor one that is mostly a piece of another."""
    common = overlaps(places, (canvas.lab.shape[0] // 2, canvas.lab.shape[1] // 2))
    areas = np.diag(common) + 1e-6
    clash = (common / (areas[:, None] + areas - common) > _SAME_PLACE) | (common / areas[:, None] > _PIECE)
    kept: list[int] = []
    for index in np.argsort(-worth, kind="stable"):
        if len(kept) < _MOST_PLACES and not clash[index, kept].any():
            kept.append(int(index))
    return kept


def train_detector(
    pictures: Iterable[BoxedPicture], *, seed: int, watch: Callable[[float], None] = lambda done: None
) -> Detector:
    """Learn from pictures, taken one at a time and kept only in reduced form.

    A picture is judged in training by models that have not seen it, in turns; the thresholds come from there.
    Raises ValueError when no picture has a box.
    """
    with _threads.limit(limits=1, user_api="blas"):
        return _train(pictures, seed, watch)


def _train(pictures: Iterable[BoxedPicture], seed: int, watch: Callable[[float], None]) -> Detector:
    labels: dict[str, int] = {}
    lessons = [_lesson(picture, labels, (seed, number)) for number, picture in enumerate(pictures)]
    if not labels:
        raise ValueError("Nothing can be learnt: none of the pictures has a box.")
    watch(0.2)
    folds = _folds(len(lessons), seed)
    views: dict[int, _Regions] = {}
    for turn, fold in enumerate(folds):
        others = _without(fold, len(lessons))
        painter = fit_painter([lessons[i].samples for i in others], len(labels), seed)
        views |= _views(lessons, fold, painter)
        watch(0.2 + 0.4 * (turn + 1) / len(folds))
    rows = [_rows(views[i], lesson.boxes, labels) for i, lesson in enumerate(lessons)]
    found: dict[int, list[Found]] = {}
    for turn, fold in enumerate(folds):
        judge = fit_judge([rows[i] for i in _without(fold, len(rows))], len(labels), seed)
        for i in fold:
            found[i] = _judged(
                views[i].without(len(lessons[i].items)), lessons[i].canvas, judge, list(labels)
            )
        watch(0.6 + 0.2 * (turn + 1) / len(folds))
    judge = fit_judge(rows, len(labels), seed)
    painter = fit_painter([lesson.samples for lesson in lessons], len(labels), seed)
    watch(1.0)
    truths = [[lesson.canvas.enlarged(box) for box in lesson.boxes] for lesson in lessons]
    return Detector(tuple(labels), _thresholds(truths, [found[i] for i in range(len(rows))]), painter, judge)


def _views(lessons: Sequence[_Lesson], fold: Sequence[int], painter: Painter) -> dict[int, _Regions]:
    """Look at the pictures of a fold, two at a time; their own masks come first among the regions."""

    def look(index: int) -> _Regions:
        return _look(lessons[index].canvas, painter, lessons[index].items)

    with ThreadPoolExecutor(_WORKERS) as pool:
        return dict(zip(fold, pool.map(look, fold), strict=True))


def _without(fold: Sequence[int], count: int) -> list[int]:
    """Everything else, or the fold itself where there is nothing else."""
    return [i for i in range(count) if i not in fold] or list(fold)


def _lesson(picture: BoxedPicture, labels: dict[str, int], seed: tuple[int, int]) -> _Lesson:
    canvas = canvas_of(picture.pixels)
    coarse = canvas.coarse
    small = (coarse * 255).astype(np.uint8)
    boxes = tuple(box for box in map(canvas.reduced, picture.boxes) if box.width > 1 and box.height > 1)
    masks = [item_mask(small, box) for box in boxes]
    pixels = pixel_features(coarse)
    columns = [labels.setdefault(box.label, len(labels) + 1) for box in boxes]
    return _Lesson(
        canvas,
        boxes,
        [region_of(mask) for mask in masks],
        sample(pixels, list(zip(columns, masks, strict=True)), np.random.default_rng(seed)),
    )


def _folds(count: int, seed: int) -> list[list[int]]:
    order = np.random.default_rng(seed).permutation(count)
    turns = min(count, _FOLDS if count > 8 else 5)
    return [sorted(int(i) for i in order[turn::turns]) for turn in range(turns)]


def _rows(regions: _Regions, boxes: Sequence[Box], labels: dict[str, int]) -> Rows:
    """What each region of a training picture is, and the IoU of its box with the best item's."""
    if not boxes or not regions.places:
        count = len(regions.places)
        return regions.features, np.zeros(count, np.int64), np.zeros(count)
    fits = intersections_over_unions([region.box for region in regions.places], boxes)
    fit = fits.max(axis=1)
    columns = np.array([labels[box.label] for box in boxes])[fits.argmax(axis=1)]
    return regions.features, np.where(fit >= _ITEM, columns, np.where(fit < _BACKGROUND, 0, -1)), fit


def _thresholds(truths: Sequence[Sequence[Box]], found: Sequence[Sequence[Found]]) -> dict[str, float]:
    """The score with the best F1 of each label, on pictures judged by models that have not seen them."""
    scores: defaultdict[str, list[float]] = defaultdict(list)
    hits: defaultdict[str, list[bool]] = defaultdict(list)
    total: Counter[str] = Counter()
    for boxes, finds in zip(truths, found, strict=True):
        total.update(box.label for box in boxes)
        for one, hit in zip(finds, match(boxes, finds), strict=True):
            scores[one.box.label].append(one.score)
            hits[one.box.label].append(hit)
    best = {label: best_f1_threshold(scores[label], hits[label], count) for label, count in total.items()}
    return {label: 0.5 if value is None else value for label, value in best.items()}
