"""A second pair of eyes: which reviews another person repeats without seeing them, and when two agree.

An accuracy is worth as much as the answers that it is measured by. One reviewed photo in ten is judged again
by somebody else, who begins with the model's boxes; where the two differ, a third decision settles it.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from hashlib import blake2b

from detections.domain.evaluation.matching import IOU
from detections.domain.places import Box, iou
from detections.domain.reviews import Conclusion, Marked

SECOND_EVERY = 10
"""One reviewed photo in so many is judged twice, drawn by a hash of its key."""


class Second(StrEnum):
    """How far the second opinion of a photo is."""

    WAITING = "WAITING"
    AGREED = "AGREED"
    DISAGREED = "DISAGREED"
    SETTLED = "SETTLED"


def wants_second(key: int) -> bool:
    """Tell whether a photo is drawn for a second opinion: always the same answer for one key."""
    drawn = blake2b(str(key).encode(), digest_size=8, person=b"second").digest()
    return int.from_bytes(drawn, "big") % SECOND_EVERY == 0


def after_review(key: int, before: str, conclusion: Conclusion, *, takes_back: bool) -> str:
    """Return where the second opinion stands once a review is written; "" where none is wanted.

    `takes_back` tells that the review brings an earlier one back: a disagreement that was settled is open
    again.
    """
    if conclusion is Conclusion.WITHDRAWN:
        return ""
    if before == Second.DISAGREED or (before == Second.SETTLED and not takes_back):
        return Second.SETTLED
    if before == Second.SETTLED:
        return Second.DISAGREED
    return Second.WAITING if wants_second(key) else ""


def agree(first: Sequence[Marked] | None, second: Sequence[Marked] | None) -> bool:
    """Tell whether two answers say the same; None could not be told.

    They do if they name the same breads, each as often, and their boxes pair up with an IoU of at least 0.5.
    """
    if first is None or second is None:
        return first is second
    mine, others = _by_label(first), _by_label(second)
    same = {label: len(boxes) for label, boxes in mine.items()} == {
        label: len(boxes) for label, boxes in others.items()
    }
    return same and all(_pair_up(boxes, others[label]) for label, boxes in mine.items())


def _by_label(marked: Sequence[Marked]) -> dict[str, list[Box]]:
    found: dict[str, list[Box]] = {}
    for each in marked:
        found.setdefault(each.label, []).append(each.box)
    return found


def _pair_up(first: Sequence[Box], second: Sequence[Box]) -> bool:
    """Tell whether each box has a partner of its own (Kuhn 1955): the nearest may be another's only one."""
    taken: dict[int, int] = {}

    def finds(place: int, tried: set[int]) -> bool:
        for other, box in enumerate(second):
            if other in tried or iou(first[place], box) < IOU:
                continue
            tried.add(other)
            if other not in taken or finds(taken[other], tried):
                taken[other] = place
                return True
        return False

    return all(finds(place, set()) for place in range(len(first)))
