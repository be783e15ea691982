"""Analysts' opinions, written one after another; never over one that somebody has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from detections.domain.outcomes import Fate
from detections.domain.reviews import (
    Conclusion,
    InvalidReview,
    Marked,
    Reason,
    checked,
    conclude,
    one_a_place,
)
from detections.domain.second import after_review
from detections.models import Annotation, Detection, Review
from detections.selectors.answers import boxes_of, raw_of
from detections.selectors.log import newest_correction
from detections.services.labels import label_ids
from portal.base.errors import PortalError
from portal.base.models import User
from stores.domain.sentences import Refusal


class NothingToReview(Refusal):
    """The photo has no answer yet, or no picture to look at any more."""

    code = "nothing_to_review"


class ReviewedMeanwhile(PortalError):
    """Somebody else has reviewed the photo since the page was read."""

    code = "reviewed_meanwhile"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided. `seen` is the number of the newest review they saw, 0 for none.

    `marked` are the true boxes; None with CANNOT_TELL and WITHDRAWN. `is_flagged` None leaves the flag.
    `takes_back` tells that it brings back what was before the person's last one.
    """

    token: UUID
    seen: int
    marked: Sequence[Marked] | None
    said: Conclusion | None = None
    reasons: tuple[Reason, ...] = ()
    is_flagged: bool | None = None
    takes_back: bool = False


def review(*, detection: Detection, by: User, decision: Decision) -> Review:
    """Write a decision down; the same token again changes nothing. Raises ReviewedMeanwhile and Refusals."""
    known = Review.objects.filter(token=decision.token).first()
    if known is not None:
        return known
    marked = checked(decision.marked or ())
    ids = label_ids(each.label for each in marked)
    with transaction.atomic():
        locked = Detection.objects.select_for_update(of=("self",)).get(pk=detection.pk)
        known = Review.objects.filter(token=decision.token).first()
        if known is not None:
            return known
        if locked.outcome != Detection.Outcome.ANSWERED:
            raise NothingToReview("This photo has no answer of a model that could be reviewed.")
        if locked.review_number != decision.seen:
            raise ReviewedMeanwhile("Somebody else has reviewed this photo meanwhile. Look at it again.")
        conclusion, reasons = concluded(locked, decision, marked)
        made = Review.objects.create(
            detection=locked, number=decision.seen + 1, reviewer=by, conclusion=conclusion,
            reasons=[each.value for each in reasons], token=decision.token,
        )  # fmt: skip
        Annotation.objects.bulk_create(
            Annotation(
                review=made, label_id=ids[each.label], left=each.box.left, top=each.box.top,
                width=each.box.width, height=each.box.height,
            )
            for each in marked
        )  # fmt: skip
        locked.review_number = made.number
        locked.verdict = "" if conclusion is Conclusion.WITHDRAWN else conclusion.value
        locked.second = after_review(locked.pk, locked.second, conclusion, takes_back=decision.takes_back)
        if decision.is_flagged is not None and locked.pruned_at is None:
            locked.is_flagged = decision.is_flagged
        locked.save(update_fields=["review_number", "verdict", "second", "is_flagged"])
    return made


def accepted_on(detection: Detection) -> list[Marked]:
    """Return what the model's answer put on the photo, one label a place; one query."""
    boxes = ((row, raw_of(row).box) for row in boxes_of(detection) if row.fate in {Fate.ACCEPTED, Fate.ASK})
    shown = [(Marked(row.label.name, box), row.confidence - row.threshold) for row, box in boxes if box]
    return one_a_place(shown)


def concluded(
    detection: Detection, decision: Decision, marked: Sequence[Marked]
) -> tuple[Conclusion, tuple[Reason, ...]]:
    """Return what follows from a decision about a photo; at most two queries. Raises InvalidReview."""
    if decision.said is Conclusion.WITHDRAWN:
        return Conclusion.WITHDRAWN, ()
    if decision.said is Conclusion.CANNOT_TELL:
        return Conclusion.CANNOT_TELL, decision.reasons
    if decision.marked is None:
        raise InvalidReview("A review needs the boxes that are truly on the photo, be it none.")
    sold = newest_correction(detection)
    labels = None if sold is None else [str(each["label"]) for each in sold.items]
    conclusion, found = conclude(marked, accepted_on(detection), labels)
    said = {*found, *decision.reasons}
    return conclusion, tuple(reason for reason in Reason if reason in said)
