"""An analyst's opinion of a photo: what is truly on it, and what follows for the model and the register.

Three opinions stand side by side and are never overwritten: the model's, the register's, the analyst's. The
conclusion is worked out from the boxes that the analyst leaves on the photo, so it can never contradict them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from detections.domain.evaluation.confusion import Cause, cases
from detections.domain.evaluation.matching import IOU, Found, Picture, Truth
from detections.domain.places import Box, iou
from stores.domain.sentences import Refusal

MOST_BOXES = 50
"""What AWS takes on one picture of a dataset."""
LONGEST_LABEL = 255
LEAST_SIDE = 0.001
"""Smaller than a pixel of a picture that training has shrunk to 1280."""
NEAR_POINTS = 5.0
"""So many percentage points from its threshold a box is near it."""
AUDIT_EVERY = 50
"""One photo in so many is looked at whatever its confidence, and never trained on."""


class Conclusion(StrEnum):
    """Who was right; WITHDRAWN takes the last review back."""

    AI_RIGHT = "AI_RIGHT"
    REGISTER_RIGHT = "REGISTER_RIGHT"
    BOTH_WRONG = "BOTH_WRONG"
    CANNOT_TELL = "CANNOT_TELL"
    WITHDRAWN = "WITHDRAWN"


TEACHES = frozenset({Conclusion.AI_RIGHT, Conclusion.REGISTER_RIGHT, Conclusion.BOTH_WRONG})
"""The true boxes are known: the photo can be trained on and judged by."""


class Reason(StrEnum):
    """What was wrong with the model's answer."""

    WRONG_LABEL = "WRONG_LABEL"
    MISSED = "MISSED"
    SPURIOUS = "SPURIOUS"
    BAD_BOX = "BAD_BOX"
    BAD_PHOTO = "BAD_PHOTO"


class Risk(IntEnum):
    """What may be wrong with an answer nobody has looked at; the lowest is shown first.

    UNLISTED saw a bread that was not on sale in that store.
    """

    CORRECTED = 0
    ASKED = 1
    NEAR = 2
    UNLISTED = 3
    FAR = 4
    NOTHING_SEEN = 5


class InvalidReview(Refusal):
    """A review that cannot be kept; says what to do."""

    code = "invalid_review"


@dataclass(frozen=True, slots=True)
class Marked:
    """One true box as an analyst leaves it: a label, and shares of the picture."""

    label: str
    box: Box


def checked(marked: Sequence[Marked]) -> tuple[Marked, ...]:
    """Return the boxes clipped to the picture. Raises InvalidReview."""
    if len(marked) > MOST_BOXES:
        raise InvalidReview(
            "There are %(count)s boxes on this photo; a picture can teach %(most)s at most. Remove some.",
            count=len(marked), most=MOST_BOXES,
        )  # fmt: skip
    return tuple(_checked(each) for each in marked)


def _checked(each: Marked) -> Marked:
    label = each.label.strip()
    if not 0 < len(label) <= LONGEST_LABEL or not label.isprintable():
        raise InvalidReview("A box has no usable label. Choose one, of up to 255 characters.")
    left, top = _share(each.box.left), _share(each.box.top)
    right, bottom = _share(each.box.left + each.box.width), _share(each.box.top + each.box.height)
    if right - left < LEAST_SIDE or bottom - top < LEAST_SIDE:
        raise InvalidReview("The box of “%(label)s” is too small to be seen. Draw it again.", label=label)
    is_inside = (left, top) == (each.box.left, each.box.top) and right < 1 and bottom < 1
    return Marked(label, each.box if is_inside else Box(left, top, right - left, bottom - top))


def _share(value: float) -> float:
    return min(1.0, max(0.0, value))


def one_a_place(shown: Sequence[tuple[Marked, float]]) -> list[Marked]:
    """Keep the surest of several labels on one place, by its distance to the threshold; surest first."""
    kept: list[Marked] = []
    for each, _ in sorted(shown, key=lambda pair: -pair[1]):
        if all(iou(each.box, other.box) < IOU for other in kept):
            kept.append(each)
    return kept


def conclude(
    marked: Sequence[Marked], accepted: Sequence[Marked], sold: Sequence[str] | None
) -> tuple[Conclusion, tuple[Reason, ...]]:
    """Compare what is on the photo with what the model accepted and what was sold (None: nobody said).

    The model is right if every bread has its box and label and nothing else was accepted; else the register
    is, if it sold exactly the breads on the photo.
    """
    reasons = _reasons(marked, accepted)
    if not reasons:
        return Conclusion.AI_RIGHT, ()
    labels = Counter(each.label for each in marked)
    if not reasons - {Reason.BAD_BOX} and (sold is None or Counter(sold) == labels):
        return Conclusion.AI_RIGHT, (Reason.BAD_BOX,)
    right = sold is not None and Counter(sold) == labels
    ordered = tuple(reason for reason in Reason if reason in reasons)
    return Conclusion.REGISTER_RIGHT if right else Conclusion.BOTH_WRONG, ordered


def _reasons(marked: Sequence[Marked], accepted: Sequence[Marked]) -> set[Reason]:
    picture = Picture(
        tuple(Truth(each.label, each.box) for each in marked),
        tuple(Found(each.label, 1.0, each.box) for each in accepted),
    )
    causes = {case.cause for case in cases(picture, lambda label: 0.0)}
    found = {_OF_CAUSE[cause] for cause in causes if cause in _OF_CAUSE}
    if Cause.BAD_BOX in causes and Cause.MISSED in causes:
        bad = sum(case.cause is Cause.BAD_BOX for case in cases(picture, lambda label: 0.0))
        missed = sum(case.cause is Cause.MISSED for case in cases(picture, lambda label: 0.0))
        if missed <= bad:
            found.discard(Reason.MISSED)
    return found


_OF_CAUSE = {
    Cause.WRONG_LABEL: Reason.WRONG_LABEL,
    Cause.DUPLICATE: Reason.SPURIOUS,
    Cause.SPURIOUS: Reason.SPURIOUS,
    Cause.BAD_BOX: Reason.BAD_BOX,
    Cause.MISSED: Reason.MISSED,
}
