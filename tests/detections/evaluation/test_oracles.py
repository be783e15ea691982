"""Our figures are those of pycocotools, faster-coco-eval and supervision, which count independently."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from typing import Any

import faster_coco_eval
import numpy as np
import pytest
import supervision
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from supervision.metrics import F1Score, MetricTarget, Precision, Recall
from supervision.metrics.core import AveragingMethod

from detections.domain.evaluation.confusion import BACKGROUND, matrix
from detections.domain.evaluation.figures import (
    Averages,
    average_precision,
    curves,
    macro,
    micro,
    weighted,
)
from detections.domain.evaluation.matching import Picture, Truth
from tests.detections.evaluation.real import everything_seen, real_set
from tests.detections.evaluation.sets import LABELS, apart_set, as_coco, random_set

EVERY_AREA = [[0, 1e10]]


def evaluated(dataset: dict[str, Any], results: list[dict[str, Any]], *, fast: bool) -> Any:
    with contextlib.redirect_stdout(io.StringIO()):
        truth = faster_coco_eval.COCO(dataset) if fast else COCO()
        if not fast:
            truth.dataset = dataset
            truth.createIndex()
        found = truth.loadRes(results)
        oracle = (faster_coco_eval.COCOeval_faster if fast else COCOeval)(truth, found, "bbox")
        oracle.params.iouThrs = np.array([0.5])
        oracle.params.areaRng, oracle.params.areaRngLbl = EVERY_AREA, ["all"]
        oracle.params.maxDets = [100]
        oracle.evaluate()
        oracle.accumulate()
    return oracle


def counted(oracle: Any) -> dict[str, tuple[int, int, int]]:
    found = {label: [0, 0, 0] for label in LABELS}
    for each in oracle.evalImgs:
        if each is None:
            continue
        counts = found[LABELS[each["category_id"] - 1]]
        hits = int((np.asarray(each["dtMatches"])[0] > 0).sum())
        counts[0] += hits
        counts[1] += len(each["dtIds"]) - hits
        counts[2] += len(each["gtIds"]) - hits
    return {label: tuple(counts) for label, counts in found.items()}


@pytest.mark.parametrize("hundred", range(4))
def test_counts_and_average_precision_are_cocos(hundred: int) -> None:
    for seed in range(50 * hundred, 50 * hundred + 50):
        pictures = random_set(seed)
        dataset, results = as_coco(pictures)
        ours = curves(pictures)

        oracle = evaluated(dataset, results, fast=False)
        fast = evaluated(dataset, results, fast=True)

        counts = {label: ours[label].at(0) for label in ours}
        assert counted(oracle) == {
            label: (each.tp, each.fp, each.fn) if (each := counts.get(label)) else (0, 0, 0)
            for label in LABELS
        }
        for number, label in enumerate(LABELS):
            expected = oracle.eval["precision"][0, :, number, 0, 0].mean()
            quick = fast.eval["precision"][0, :, number, 0, 0].mean()
            got = average_precision(ours[label]) if label in ours else None
            assert (-1 if got is None else got) == pytest.approx(expected, abs=1e-12), (seed, label)
            assert (-1 if got is None else got) == pytest.approx(quick, abs=1e-12), (seed, label)


def test_ratios_are_supervisions() -> None:
    pictures = [known(picture) for picture in random_set(7, pictures=60)]
    truths = [detections(picture.truths, None) for picture in pictures]
    found = [detections(picture.found, 0.35) for picture in pictures]
    counts = {label: curve.at(0.35) for label, curve in curves(pictures).items()}
    ways = {
        AveragingMethod.MICRO: micro(counts.values()), AveragingMethod.MACRO: macro(counts),
        AveragingMethod.WEIGHTED: weighted(counts),
    }  # fmt: skip
    for way, ours in ways.items():
        assert_ratios(ours, found, truths, way)


def assert_ratios(ours: Averages, found: Any, truths: Any, way: AveragingMethod) -> None:
    for kind, name, value in (
        (Precision, "precision_at_50", ours.precision), (Recall, "recall_at_50", ours.recall),
        (F1Score, "f1_50", ours.f1),
    ):  # fmt: skip
        metric = kind(metric_target=MetricTarget.BOXES, averaging_method=way)
        theirs = float(getattr(metric.update(found, truths).compute(), name))
        assert value == pytest.approx(theirs, abs=5e-5), (way, name)


def test_matrix_is_supervisions() -> None:
    """On breads side by side: supervision matches by IoU alone, so elsewhere wrong labels steal boxes."""
    pictures = apart_set(11)
    truths = [detections(picture.truths, None) for picture in pictures]
    found = [detections(picture.found, 0.35) for picture in pictures]
    cells = matrix(pictures, lambda label: 0.35)
    theirs = supervision.ConfusionMatrix.from_detections(
        predictions=found, targets=truths, classes=list(LABELS), conf_threshold=0.0, iou_threshold=0.5
    ).matrix
    names = (*LABELS, BACKGROUND)
    ours_table = np.array([[cells[true, named] for named in names] for true in names])
    assert (ours_table == theirs).all(), np.argwhere(ours_table != theirs)


def test_real_detections_have_supervisions_ratios_and_matrix() -> None:
    """What Rekognition Local's detector saw on trays, at the thresholds of its training and below them.

    On every third tray a bread is called by another's name, as if an analyst had erred.
    """
    real = real_set()
    names = tuple(sorted(real.thresholds))
    pictures = everything_seen(real)
    for number in range(0, len(pictures), 3):
        first, *others = pictures[number].truths
        wrong = Truth(names[names.index(first.label) - 1], first.box)
        pictures[number] = Picture((wrong, *others), pictures[number].found)
    for share in (1.0, 0.8, 0.6):
        low = {label: share * threshold for label, threshold in real.thresholds.items()}
        seen = [
            Picture(each.truths, tuple(one for one in each.found if one.score >= low[one.label]))
            for each in pictures
        ]
        truths = [detections(each.truths, None, names) for each in seen]
        found = [detections(each.found, 0.0, names) for each in seen]
        counts = {label: curve.at(low[label]) for label, curve in curves(pictures).items()}
        assert_ratios(micro(counts.values()), found, truths, AveragingMethod.MICRO)
        assert_ratios(macro(counts), found, truths, AveragingMethod.MACRO)
        cells = matrix(pictures, low.__getitem__)
        theirs = supervision.ConfusionMatrix.from_detections(
            predictions=found, targets=truths, classes=list(names), conf_threshold=0.0, iou_threshold=0.5
        ).matrix
        ours = [[cells[true, named] for named in (*names, BACKGROUND)] for true in (*names, BACKGROUND)]
        assert (np.array(ours) == theirs).all(), share
        assert sum(cells[true, named] for true in names for named in names if true != named) >= 3


def known(picture: Picture) -> Picture:
    """Without the label that is never true: supervision gives it 0, we leave it out."""
    return Picture(picture.truths, tuple(each for each in picture.found if each.label != "only-found"))


def detections(boxes: Any, threshold: float | None, labels: Sequence[str] = LABELS) -> Any:
    kept = [each for each in boxes if threshold is None or each.score >= threshold]
    if not kept:
        return supervision.Detections.empty()
    corners = [(b.left, b.top, b.left + b.width, b.top + b.height) for b in (each.box for each in kept)]
    return supervision.Detections(
        xyxy=np.array(corners) * 1024,
        class_id=np.array([labels.index(each.label) for each in kept]),
        confidence=None if threshold is None else np.array([each.score for each in kept]),
    )
