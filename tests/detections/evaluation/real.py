"""A set with real mistakes: Rekognition Local's detector, taught on clear trays, tested on blurred ones."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np

from detections.domain import places
from detections.domain.evaluation.matching import Found, Picture, Truth
from rekognition_local.training import results
from rekognition_local.vision.detector import train_detector
from rekognition_local.vision.evaluation import Evaluation, evaluate_boxes
from rekognition_local.vision.shapes import Box, BoxedPicture
from tests.rekognition_local.trays import SIZE, boxed_line, jpeg, tray

LEARNT, TESTED = range(3), range(100, 112)
BUCKET = "trays-of-a-test"


@dataclass(frozen=True)
class Real:
    """What the training left: pictures by their key, the snapshot, the summary, and its own figures."""

    pictures: dict[str, bytes]
    snapshot: bytes
    summary: bytes
    evaluation: Evaluation
    thresholds: dict[str, float]
    lines: list[results.BoxedLine]


@cache
def real_set() -> Real:
    """Train and test once a process; about ten seconds."""
    detector = train_detector((_boxed(*tray(seed)) for seed in LEARNT), seed=1)
    pictures, lines = {}, []
    for seed in TESTED:
        pixels, boxes = tray(seed)
        pixels = _blurred(pixels, seed)
        pictures[f"{seed}.jpg"] = jpeg(pixels)
        line = boxed_line(f"s3://{BUCKET}/{seed}.jpg", boxes)
        truths = _boxed(pixels, boxes).boxes
        lines.append(results.BoxedLine(line, *SIZE, truths, detector.detect(pixels)))
    evaluation = evaluate_boxes([(each.truths, each.found) for each in lines])
    thresholds = {each.label: each.threshold or 1.0 for each in evaluation.labels}
    snapshot = results.snapshot_of_boxes(lines, labels=detector.labels, thresholds=thresholds, at_ms=0)
    said = results.Training("arn:aws:rekognition:test", 0, len(LEARNT), len(TESTED))
    summary = results.evaluation_summary(said, evaluation, is_detector=True)
    return Real(pictures, snapshot, summary.encode(), evaluation, thresholds, lines)


def everything_seen(real: Real) -> list[Picture]:
    """Every raw box, as MinConfidence 0 gives it, beside the true ones."""
    return [
        Picture(
            tuple(Truth(one.label, _shares(one)) for one in each.truths),
            tuple(Found(one.box.label, one.score, _shares(one.box)) for one in each.found),
        )
        for each in real.lines
    ]


def _shares(box: Box) -> places.Box:
    width, height = SIZE
    return places.Box(box.left / width, box.top / height, box.width / width, box.height / height)


def lines_of(snapshot: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in snapshot.splitlines()]


def _boxed(pixels: np.ndarray, boxes: list[dict[str, Any]]) -> BoxedPicture:
    sides = ("left", "top", "width", "height")
    return BoxedPicture(pixels, tuple(Box(each["label"], *(each[side] for side in sides)) for each in boxes))


def _blurred(pixels: np.ndarray, seed: int) -> np.ndarray:
    chance = np.random.default_rng(seed)
    soft = cv2.GaussianBlur(pixels, (0, 0), 2.5) * chance.uniform(0.35, 1.2)
    return np.clip(soft + chance.normal(0, 25, pixels.shape), 0, 255).astype(np.uint8)
