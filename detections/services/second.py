"""Second opinions: given without having seen the first, kept beside it, and compared."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from detections.domain.places import Box
from detections.domain.reviews import Conclusion, Marked, checked
from detections.domain.second import Second, agree
from detections.models import Annotation, Detection, Review, SecondOpinion
from detections.services.reviews import Decision, ReviewedMeanwhile, concluded
from portal.base.models import User
from stores.domain.sentences import Refusal

SIDES = ("left", "top", "width", "height")


class NotYours(Refusal):
    """The first opinion is the person's own, or the second one is not theirs to take back."""

    code = "not_your_second_opinion"


def give(*, detection: Detection, by: User, decision: Decision) -> SecondOpinion:
    """Keep a second opinion, or take one's own back; the same token again changes nothing.

    Raises ReviewedMeanwhile where somebody was quicker, and Refusals.
    """
    known = SecondOpinion.objects.filter(token=decision.token).first()
    if known is not None:
        return known
    marked = checked(decision.marked or ())
    with transaction.atomic():
        locked = Detection.objects.select_for_update(of=("self",)).get(pk=detection.pk)
        known = SecondOpinion.objects.filter(token=decision.token).first()
        if known is not None:
            return known
        takes_back = decision.said is Conclusion.WITHDRAWN
        open_for = {Second.AGREED, Second.DISAGREED} if takes_back else {Second.WAITING}
        if locked.review_number != decision.seen or locked.second not in open_for:
            raise ReviewedMeanwhile("Somebody else has reviewed this photo meanwhile. Look at it again.")
        first = Review.objects.get(detection=locked, number=locked.review_number)
        held = SecondOpinion.objects.filter(review=first).order_by("-number").first()
        _refuse_own(first, held, by, takes_back=takes_back)
        conclusion, _ = concluded(locked, decision, marked)
        made = SecondOpinion.objects.create(
            review=first, number=held.number + 1 if held else 1, reviewer=by, conclusion=conclusion,
            marked=[{"label": each.label, "box": _sides(each.box)} for each in marked],
            agrees=not takes_back and agree(_answer_of(first), _answer(conclusion, marked)),
            token=decision.token,
        )  # fmt: skip
        locked.second = Second.WAITING if takes_back else Second.AGREED if made.agrees else Second.DISAGREED
        locked.save(update_fields=["second"])
    return made


def _refuse_own(first: Review, held: SecondOpinion | None, by: User, *, takes_back: bool) -> None:
    if takes_back and (held is None or held.reviewer_id != by.pk):
        raise NotYours("Only who gave a second opinion takes it back.")
    if first.reviewer_id == by.pk:
        raise NotYours("You have reviewed this photo yourself. Somebody else gives the second opinion.")


def _answer_of(first: Review) -> Sequence[Marked] | None:
    rows = Annotation.objects.filter(review=first).select_related("label").order_by("id")
    marked = [Marked(row.label.name, Box(row.left, row.top, row.width, row.height)) for row in rows]
    return _answer(Conclusion(first.conclusion), marked)


def _answer(conclusion: Conclusion, marked: Sequence[Marked]) -> Sequence[Marked] | None:
    return None if conclusion is Conclusion.CANNOT_TELL else marked


def _sides(box: Box) -> list[float]:
    return [getattr(box, side) for side in SIDES]
