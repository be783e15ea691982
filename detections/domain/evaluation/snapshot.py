"""The test set as the training left it in S3: true boxes, the model's, and AWS's flag for each of these.

One JSON object a line. A box that is flagged as a false negative with confidence 0 is a true box that nothing
found, not a finding. Below the threshold that AWS assumed the file has only boxes that hit: what a lower
threshold would find wrongly is not in it. (Custom Labels Guide, "Accessing the evaluation manifest
snapshot".)
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from detections.domain.evaluation.matching import Found, Picture, Truth
from detections.domain.places import Box
from detections.domain.training.manifest import PREDICTION, UNREADABLE, labelled
from portal.base.errors import PortalError

MAX_BYTES = 200 * 1024 * 1024
MOST_PICTURES = 2_000
"""The first so many are judged; more would take seconds on a page."""
DETAILS = f"{PREDICTION}-details"


def _(text: str) -> str:
    """Mark a sentence for the catalogue; it is translated when it is shown."""
    return text


WHAT_TO_DO: Mapping[str, str] = {
    "snapshot_none": _("AWS names no file with test results for this version."),
    "snapshot_unreadable": _(
        "The file with the test results is not one that the portal understands. Check that nothing has "
        "overwritten it."
    ),
    "snapshot_without_boxes": _(
        "This version was tested on labels of whole pictures. There are no boxes to score."
    ),
    "object_missing": _(
        "The file with the test results is not there: it was moved or deleted in S3. Put it back, or train "
        "the version again."
    ),
    "object_denied": _(
        "S3 does not let the portal read the test results. Allow s3:GetObject on this bucket for the "
        "connection's role."
    ),
    "object_too_large": _(
        "The file with the test results has more than 200 MB, which is too much for a page."
    ),
    "store_unanswered": _("S3 did not answer. Open the page again in a minute."),
    "object_unread": _("S3 refused the request. Check the bucket and the region of the connection."),
}  # fmt: skip
"""Sentences by the code of what kept a snapshot from being read."""


class SnapshotUnreadable(PortalError):
    """The file has no line with true boxes and the model's."""

    code = "snapshot_unreadable"


class SnapshotWithoutBoxes(SnapshotUnreadable):
    """The file is of a model that names whole pictures."""

    code = "snapshot_without_boxes"


class Flag(StrEnum):
    """AWS's word on one box."""

    TP = "TP"
    FP = "FP"
    FN = "FN"
    TN = "TN"


FLAGS = {
    "is-true-positive": Flag.TP, "is-false-positive": Flag.FP,
    "is-false-negative": Flag.FN, "is-true-negative": Flag.TN,
}  # fmt: skip
BY_WORD: Mapping[str | None, Flag | None] = {None: None, **{flag.value: flag for flag in Flag}}
KEPT = frozenset({Flag.TP, Flag.FP})


@dataclass(frozen=True, slots=True)
class Flagged:
    """One box of the prediction; score 0–1. `flag` is None where AWS says nothing."""

    label: str
    score: float
    box: Box
    flag: Flag | None

    @property
    def is_finding(self) -> bool:
        return self.score > 0 or self.flag in KEPT


@dataclass(frozen=True, slots=True)
class Examined:
    """One picture of the test set; sides in pixels."""

    source: str
    width: int
    height: int
    truths: tuple[Truth, ...]
    boxes: tuple[Flagged, ...]

    def picture(self) -> Picture:
        """Return it to be judged. Scores are rounded as thresholds are, so that a box at one is not lost."""
        seen = (Found(each.label, round(each.score, 6), each.box) for each in self.boxes if each.is_finding)
        return Picture(self.truths, tuple(seen))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The first pictures of a test set, how many lines it has, and how many of them have no boxes."""

    tested: tuple[Examined, ...]
    total: int
    skipped: int

    @property
    def is_cut(self) -> bool:
        return self.total > len(self.tested) + self.skipped


def read_snapshot(content: bytes, *, most: int = MOST_PICTURES) -> Snapshot:
    """Read an evaluation manifest; lines beyond `most` pictures are only counted.

    Raises SnapshotUnreadable.
    """
    tested: list[Examined] = []
    total = skipped = whole = 0
    for line in _lines(content):
        total += 1
        if len(tested) >= most:
            continue
        try:
            said = json.loads(line)
            whole += f"{PREDICTION}-0" in said and PREDICTION not in said
            tested.append(_tested(said))
        except UNREADABLE:
            skipped += 1
    if not tested:
        kind = SnapshotWithoutBoxes if whole else SnapshotUnreadable
        raise kind(f"None of {total} lines has true boxes beside the model's.")
    return Snapshot(tuple(tested), total, skipped)


def packed(snapshot: Snapshot) -> tuple[Any, ...]:
    """Return a snapshot as plain tuples: a cache holds and returns those much faster."""
    return snapshot.total, snapshot.skipped, [
        (
            each.source, each.width, each.height,
            [(true.label, *_sides(true.box)) for true in each.truths],
            [(box.label, box.score, box.flag and box.flag.value, *_sides(box.box)) for box in each.boxes],
        )
        for each in snapshot.tested
    ]  # fmt: skip


def unpacked(plain: tuple[Any, ...]) -> Snapshot:
    """Return what was packed."""
    total, skipped, pictures = plain
    tested = tuple(
        Examined(
            source, width, height,
            tuple(Truth(label, Box(*sides)) for label, *sides in truths),
            tuple(
                Flagged(label, score, Box(*sides), BY_WORD[flag]) for label, score, flag, *sides in boxes
            ),
        )
        for source, width, height, truths, boxes in pictures
    )  # fmt: skip
    return Snapshot(tested, total, skipped)


def lowest_scores(tested: Sequence[Examined], assumed: Mapping[str, float]) -> dict[str, float]:
    """Return by label the score 0–1 below which the file is silent on false findings.

    That is AWS's assumed threshold; without it the weakest box that AWS has kept.
    """
    lowest: dict[str, float] = dict(assumed)
    for each in tested:
        for box in each.boxes:
            if box.flag in KEPT:
                lowest[box.label] = min(lowest.get(box.label, 1.0), round(box.score, 6))
    return lowest


def _lines(content: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(content):
        end = content.find(b"\n", start)
        end = len(content) if end < 0 else end
        if line := content[start:end].strip():
            yield line
        start = end + 1


def _tested(said: dict[str, Any]) -> Examined:
    true = labelled(said)
    meta = said[f"{PREDICTION}-metadata"]
    names = meta["class-map"]
    boxes = tuple(
        Flagged(
            str(names[str(place["class_id"])]), _score(object_["confidence"]),
            _box(place, true.width, true.height), _flag(object_.get(DETAILS) or {}),
        )
        for place, object_ in zip(said[PREDICTION]["annotations"], meta["objects"], strict=True)
    )  # fmt: skip
    truths = tuple(Truth(each.label, each.box) for each in true.marked)
    return Examined(true.source, true.width, true.height, truths, boxes)


def _box(place: Mapping[str, Any], width: int, height: int) -> Box:
    return Box(place["left"] / width, place["top"] / height, place["width"] / width, place["height"] / height)


def _sides(box: Box) -> tuple[float, float, float, float]:
    return box.left, box.top, box.width, box.height


def _score(confidence: Any) -> float:
    score = float(confidence)
    if not 0 <= score <= 1:
        raise ValueError(f"A confidence of {score} is not between 0 and 1.")
    return score


def _flag(details: Mapping[str, Any]) -> Flag | None:
    return next((flag for name, flag in FLAGS.items() if details.get(name) is True), None)
