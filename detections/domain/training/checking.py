"""Whether a training set is worth its money: AWS's limits, and what makes a model wrong silently.

Limits: Custom Labels Guide, "Guidelines and quotas". A finding that blocks keeps a set from being submitted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from detections.domain.training.pictures import Labelled, Split

MOST_BOXES, MOST_LABELS, LONGEST_LABEL = 50, 250, 255
LEAST_SIDE, MOST_SIDE = 64, 4096
TRAINING_SIDE = 1280
LEAST_OVERLAP = 0.5
FEW_BOXES = 50
UNBALANCED = 10


class Check(StrEnum):
    """What was found."""

    NOTHING_TO_TRAIN = "NOTHING_TO_TRAIN"
    NOTHING_TO_TEST = "NOTHING_TO_TEST"
    TOO_MANY_LABELS = "TOO_MANY_LABELS"
    TOO_MANY_BOXES = "TOO_MANY_BOXES"
    BAD_SIZE = "BAD_SIZE"
    BAD_LABEL = "BAD_LABEL"
    TINY_BOX = "TINY_BOX"
    TOO_LITTLE_OVERLAP = "TOO_LITTLE_OVERLAP"
    NOT_IN_TEST = "NOT_IN_TEST"
    NOT_IN_TRAIN = "NOT_IN_TRAIN"
    FEW_TEST_BOXES = "FEW_TEST_BOXES"
    UNBALANCED = "UNBALANCED"
    TORN = "TORN"
    NOT_READABLE = "NOT_READABLE"
    NOT_READ_YET = "NOT_READ_YET"
    MAY_BE_UNLABELLED = "MAY_BE_UNLABELLED"


BLOCKS = frozenset(
    {
        Check.NOTHING_TO_TRAIN, Check.NOTHING_TO_TEST, Check.TOO_MANY_LABELS, Check.TOO_MANY_BOXES,
        Check.BAD_SIZE, Check.BAD_LABEL, Check.TINY_BOX, Check.TOO_LITTLE_OVERLAP,
        Check.TORN, Check.NOT_READABLE,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know before training: of a label or of a picture, with a number where one helps."""

    check: Check
    label: str = ""
    source: str = ""
    count: int = 0

    @property
    def blocks(self) -> bool:
        return self.check in BLOCKS


def check_set(pictures: Mapping[Split, Sequence[Labelled]], others: Sequence[Finding] = ()) -> list[Finding]:
    """Return what is wrong with a set, what blocks first; `others` were found elsewhere."""
    train, test = pictures.get(Split.TRAIN, ()), pictures.get(Split.TEST, ())
    of_pictures = [finding for picture in (*train, *test) for finding in _of_picture(picture)]
    found = [*others, *of_pictures, *_of_labels(_counted(train), _counted(test))]
    return sorted(found, key=lambda each: (not each.blocks, each.check, each.label, each.source))


def _of_picture(picture: Labelled) -> list[Finding]:
    found = []
    if len(picture.marked) > MOST_BOXES:
        found.append(Finding(Check.TOO_MANY_BOXES, source=picture.source, count=len(picture.marked)))
    sides = (picture.width, picture.height)
    if min(sides) < LEAST_SIDE or max(sides) > MOST_SIDE:
        found.append(Finding(Check.BAD_SIZE, source=picture.source, count=max(sides)))
    shrink = max(1.0, max(sides) / TRAINING_SIDE)
    for each in picture.marked:
        if not 0 < len(each.label) <= LONGEST_LABEL or not each.label.isprintable():
            found.append(Finding(Check.BAD_LABEL, label=each.label, source=picture.source))
        if min(each.box.width * picture.width, each.box.height * picture.height) / shrink <= 1:
            found.append(Finding(Check.TINY_BOX, label=each.label, source=picture.source))
    return found


def _of_labels(train: Counter[str], test: Counter[str]) -> list[Finding]:
    found = []
    if not train:
        found.append(Finding(Check.NOTHING_TO_TRAIN))
    if not test:
        found.append(Finding(Check.NOTHING_TO_TEST))
    if len(train) > MOST_LABELS:
        found.append(Finding(Check.TOO_MANY_LABELS, count=len(train)))
    if train and test and len(train.keys() & test.keys()) < LEAST_OVERLAP * len(test):
        found.append(Finding(Check.TOO_LITTLE_OVERLAP, count=len(train.keys() & test.keys())))
    found += [Finding(Check.NOT_IN_TEST, label) for label in train.keys() - test.keys()]
    found += [Finding(Check.NOT_IN_TRAIN, label) for label in test.keys() - train.keys()]
    found += [
        Finding(Check.FEW_TEST_BOXES, label, count=count)
        for label, count in test.items() if count < FEW_BOXES
    ]  # fmt: skip
    most = max(train.values(), default=0)
    found += [
        Finding(Check.UNBALANCED, label, count=count)
        for label, count in train.items() if count * UNBALANCED < most
    ]  # fmt: skip
    return found


def _counted(pictures: Sequence[Labelled]) -> Counter[str]:
    return Counter(each.label for picture in pictures for each in picture.marked)
