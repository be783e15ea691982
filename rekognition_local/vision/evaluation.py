"""How good a model is: precision, recall and F1 at one threshold per label, average precision at IoU 0.5.

A finding is kept when its score is no lower than its label's threshold. 0/0 is None, never 0 or 1. Equal
scores make one point of a curve together; pycocotools gives each its own, and agrees wherever scores differ.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rekognition_local.vision.matching import match as match
from rekognition_local.vision.matching import strongest
from rekognition_local.vision.shapes import Box, Floats, Found

RECALLS = np.linspace(0, 1, 101)

Fates = list[tuple[float, bool]]  # the score of each finding of a label, and whether it is a hit


@dataclass(frozen=True, slots=True)
class LabelFigures:
    """One label. Positives and negatives are counted at the threshold; without one every finding is kept."""

    label: str
    truths: int
    test_pictures: int  # that have the label in their truth
    threshold: float | None
    precision: float | None
    recall: float | None
    f1: float | None
    average_precision: float | None
    highest_recall: float | None  # at no threshold
    true_positives: int
    false_positives: int
    false_negatives: int


@dataclass(frozen=True, slots=True)
class Confused:
    """How often a picture of one label had another, or the same, as its strongest.

    As in AWS's example the value is a share of the *predicted* label's test pictures: rows need not sum to 1.
    """

    truth: str
    predicted: str
    value: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Labels by name. Macro figures are means of the defined ones of labels with truths, as in AWS's file.

    Macro F1 is the mean of F1s, not the F1 of means. Micro figures add up the counts of all labels, also of
    those only ever found. `average_recall` is the mean of the highest recalls.
    """

    labels: tuple[LabelFigures, ...]
    precision: float | None
    recall: float | None
    f1: float | None
    micro_precision: float | None
    micro_recall: float | None
    micro_f1: float | None
    mean_average_precision: float | None
    average_recall: float | None
    confusion: tuple[Confused, ...] = ()


def evaluate_boxes(
    pictures: Sequence[tuple[Sequence[Box], Sequence[Found]]],
    *,
    thresholds: Mapping[str, float] | None = None,
) -> Evaluation:
    """Judge what was found, weakest findings included, by the truth of the test pictures.

    Without `thresholds` each label gets the best F1's on these very pictures: optimistic below 50 truths.
    """
    truths: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    fates: defaultdict[str, Fates] = defaultdict(list)
    for boxes, found in pictures:
        truths.update(box.label for box in boxes)
        seen.update({box.label for box in boxes})
        hits = match(boxes, found)
        for label, indexes in strongest(found).items():
            fates[label] += [(found[index].score, hits[index]) for index in indexes]
    return _evaluation(truths, seen, fates, thresholds)


def evaluate_tags(
    pictures: Sequence[tuple[Sequence[str], Sequence[tuple[str, float]]]],
    *,
    thresholds: Mapping[str, float] | None = None,
) -> Evaluation:
    """Judge image-level labels: the unit is one label on one picture. Of two scores the higher counts."""
    seen: Counter[str] = Counter()
    fates: defaultdict[str, Fates] = defaultdict(list)
    winners: list[tuple[set[str], str]] = []
    for tags, scored in pictures:
        truth, scores = set(tags), dict(sorted(scored, key=lambda one: one[1]))
        seen.update(truth)
        for label, score in scores.items():
            fates[label].append((score, label in truth))
        if scores:
            winners.append((truth, min(scores, key=lambda label: (-scores[label], label))))
    return _evaluation(seen, seen, fates, thresholds, _confusion(winners, seen))


def best_f1_threshold(scores: Sequence[float], hits: Sequence[bool], truths: int) -> float | None:
    """Pick the score with the best F1, the highest of equals; None where nothing was found."""
    if not scores:
        return None
    points, kept, true = _curve(scores, hits)
    return float(points[np.argmax(2 * true / (kept + truths))])


def average_precision(scores: Sequence[float], hits: Sequence[bool], truths: int) -> float | None:
    """Average, at recalls 0, 0.01, … 1, the best precision at that recall or a higher one, as COCO does."""
    if not truths:
        return None
    if not scores:
        return 0.0
    _, kept, true = _curve(scores, hits)
    best = np.maximum.accumulate((true / kept)[::-1])[::-1]
    places = np.searchsorted(true / truths, RECALLS, side="left")
    return float(np.append(best, 0.0)[places].mean())


def _curve(scores: Sequence[float], hits: Sequence[bool]) -> tuple[Floats, Floats, Floats]:
    """Walk down the distinct scores; with each go the numbers of findings and of hits that it keeps."""
    values = np.asarray(scores, dtype=np.float64)
    order = np.argsort(-values, kind="stable")
    falling = values[order]
    last = np.append(falling[1:] != falling[:-1], True)
    kept = np.arange(1, len(falling) + 1, dtype=np.float64)
    true = np.cumsum(np.asarray(hits, dtype=np.float64)[order])
    return falling[last], kept[last], true[last]


def _evaluation(
    truths: Counter[str],
    seen: Counter[str],
    fates: Mapping[str, Fates],
    thresholds: Mapping[str, float] | None,
    confusion: tuple[Confused, ...] = (),
) -> Evaluation:
    labels = []
    for label in sorted(truths.keys() | fates.keys()):
        own = fates.get(label, [])
        best = best_f1_threshold([s for s, _ in own], [hit for _, hit in own], truths[label])
        threshold = best if thresholds is None else thresholds.get(label)
        labels.append(_figures(label, truths[label], seen[label], own, threshold))
    real = [figures for figures in labels if figures.truths]
    true = sum(figures.true_positives for figures in labels)
    false = sum(figures.false_positives for figures in labels)
    missed = sum(figures.false_negatives for figures in labels)
    return Evaluation(
        labels=tuple(labels),
        precision=_mean(figures.precision for figures in real),
        recall=_mean(figures.recall for figures in real),
        f1=_mean(figures.f1 for figures in real),
        micro_precision=_share(true, true + false),
        micro_recall=_share(true, true + missed),
        micro_f1=_share(2 * true, 2 * true + false + missed),
        mean_average_precision=_mean(figures.average_precision for figures in real),
        average_recall=_mean(figures.highest_recall for figures in real),
        confusion=confusion,
    )


def _figures(label: str, truths: int, seen: int, fates: Fates, threshold: float | None) -> LabelFigures:
    scores, hits = [score for score, _ in fates], [hit for _, hit in fates]
    kept = [hit for score, hit in fates if threshold is None or score >= threshold]
    true = sum(kept)
    return LabelFigures(
        label=label,
        truths=truths,
        test_pictures=seen,
        threshold=threshold,
        precision=_share(true, len(kept)),
        recall=_share(true, truths),
        f1=_share(2 * true, len(kept) + truths),
        average_precision=average_precision(scores, hits, truths),
        highest_recall=_share(sum(hits), truths),
        true_positives=true,
        false_positives=len(kept) - true,
        false_negatives=truths - true,
    )


def _confusion(winners: Iterable[tuple[set[str], str]], seen: Counter[str]) -> tuple[Confused, ...]:
    """Leave out cells of 0, and those of a predicted label without a test picture to divide by."""
    cells = Counter((label, predicted) for truth, predicted in winners for label in truth)
    return tuple(
        Confused(label, predicted, number / seen[predicted])
        for (label, predicted), number in sorted(cells.items())
        if seen[predicted]
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _mean(values: Iterable[float | None]) -> float | None:
    defined = [value for value in values if value is not None]
    return sum(defined) / len(defined) if defined else None
