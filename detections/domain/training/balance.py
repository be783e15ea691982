"""How often each bread is learnt and judged by: the rare ones are known worse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from detections.domain.training.checking import FEW_BOXES, UNBALANCED
from detections.domain.training.pictures import Labelled, Split, labels_of


@dataclass(frozen=True, slots=True)
class Balance:
    """One bread: its boxes and pictures on each side, and its boxes in percent of the most frequent one's."""

    label: str
    boxes: int
    pictures: int
    test_boxes: int
    test_pictures: int
    share: int
    test_share: int
    is_rare: bool

    @property
    def is_hardly_judged(self) -> bool:
        """Tell whether its figures will be too few to trust."""
        return self.test_boxes < FEW_BOXES


def balance_of(sides: Mapping[Split, Sequence[Labelled]]) -> list[Balance]:
    """Return every bread of a set, the rarest first."""
    counts = {split: _counted(pictures) for split, pictures in sides.items()}
    most = max((boxes for side in counts.values() for boxes, _ in side.values()), default=1)
    most_learnt = max((boxes for boxes, _ in counts.get(Split.TRAIN, {}).values()), default=0)
    found = []
    for label in labels_of(each for pictures in sides.values() for each in pictures):
        boxes, pictures = counts[Split.TRAIN].get(label, (0, 0))
        test_boxes, test_pictures = counts[Split.TEST].get(label, (0, 0))
        shares = (round(100 * boxes / most), round(100 * test_boxes / most))
        is_rare = boxes * UNBALANCED < most_learnt
        found.append(Balance(label, boxes, pictures, test_boxes, test_pictures, *shares, is_rare))
    return sorted(found, key=lambda each: (each.boxes, each.test_boxes, each.label))


def _counted(pictures: Sequence[Labelled]) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for picture in pictures:
        labels = [each.label for each in picture.marked]
        for label in set(labels):
            boxes, count = found.get(label, (0, 0))
            found[label] = boxes + labels.count(label), count + 1
    return found
