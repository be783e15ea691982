"""Finds items on pictures: learns from boxed pictures, answers with boxes, labels and scores."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from rekognition_local.vision.features import region_features
from rekognition_local.vision.judge import Judge, fit_judge
from rekognition_local.vision.lessons import Lesson, grade, outcomes, prepare, take_turns
from rekognition_local.vision.painter import Painter, fit_painter
from rekognition_local.vision.pixels import THREADS, Array, Canvas, canvas_of, pixel_features
from rekognition_local.vision.proposals import Region, overlaps, propose
from rekognition_local.vision.shapes import BoxedPicture, Found, Pixels
from rekognition_local.vision.thresholds import choose_thresholds

_WORKERS = 2
_SAME_PLACE = 0.4
_PIECE = 0.8
_MOST_PLACES = 60
_MOST_LABELS = 5  # at one place
_WEAKEST = 0.001


@dataclass(frozen=True, slots=True)
class Detector:
    """A trained detector. A threshold is the score above which a label is best believed."""

    labels: tuple[str, ...]
    thresholds: dict[str, float]
    painter: Painter
    judge: Judge

    def detect(self, pixels: Pixels) -> list[Found]:
        """Find items, by falling score: at most 300, weak ones and runner-up labels included."""
        with THREADS.limit(limits=1, user_api="blas"):
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
        if scores[index].max() < _WEAKEST:
            continue
        for column in np.argsort(-scores[index], kind="stable")[:_MOST_LABELS]:
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
    with THREADS.limit(limits=1, user_api="blas"):
        return _train(pictures, seed, watch)


def _train(pictures: Iterable[BoxedPicture], seed: int, watch: Callable[[float], None]) -> Detector:
    columns: dict[str, int] = {}
    lessons = [prepare(picture, columns, (seed, number)) for number, picture in enumerate(pictures)]
    if not columns:
        raise ValueError("Nothing can be learnt: none of the pictures has a box.")
    watch(0.2)
    turns, labels = take_turns(lessons, seed), tuple(columns)
    views: dict[int, _Regions] = {}
    for number, (fold, others) in enumerate(turns):
        painter = fit_painter([lessons[i].samples for i in others], len(labels), seed)
        views |= _views(lessons, fold, painter)
        watch(0.2 + 0.4 * (number + 1) / len(turns))
    rows = [grade(views[i].places, views[i].features, lesson, columns) for i, lesson in enumerate(lessons)]
    found: dict[int, list[Found]] = {}
    for number, (fold, others) in enumerate(turns):
        judge = fit_judge([rows[i] for i in others], len(labels), seed)
        for i in fold:
            proposed = views[i].without(len(lessons[i].items))
            found[i] = _judged(proposed, lessons[i].canvas, judge, labels)
        watch(0.6 + 0.2 * (number + 1) / len(turns))
    thresholds = choose_thresholds(outcomes(lessons, [found[i] for i in range(len(lessons))]))
    painter = fit_painter([lesson.samples for lesson in lessons], len(labels), seed)
    judge = fit_judge(rows, len(labels), seed)
    watch(1.0)
    return Detector(labels, thresholds, painter, judge)


def _views(lessons: Sequence[Lesson], fold: Sequence[int], painter: Painter) -> dict[int, _Regions]:
    """Look at the pictures of a fold, two at a time; their own masks come first among the regions."""

    def look(index: int) -> _Regions:
        return _look(lessons[index].canvas, painter, lessons[index].items)

    with ThreadPoolExecutor(_WORKERS) as pool:
        return dict(zip(fold, pool.map(look, fold), strict=True))
