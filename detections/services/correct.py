"""What was finally sold, as the register says it: a second opinion beside the model's, never over it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from detections.domain.outcomes import Outcome
from detections.domain.places import Box
from detections.models import ApiKey, Correction, Detection
from detections.selectors.answers import answer_of
from stores.domain.sentences import Refusal


class NothingToCorrect(Refusal):
    """The photo has no answer that could be corrected."""

    code = "nothing_to_correct"


@dataclass(frozen=True, slots=True)
class Sold:
    """One item that was sold; its box where the register knows it."""

    label: str
    box: Box | None = None


def correct(
    *, detection: Detection, items: Sequence[Sold], register: str, api_key: ApiKey | None
) -> Correction:
    """Write down what was sold; sending the same again adds nothing."""
    if detection.outcome in {Outcome.PENDING, Outcome.PICTURE_REFUSED}:
        raise NothingToCorrect("This photo has no answer yet that could be corrected.")
    written = [{"label": each.label, "box": _written(each.box)} for each in items]
    with transaction.atomic():
        locked = Detection.objects.select_for_update(of=("self",)).get(pk=detection.pk)
        newest = Correction.objects.filter(detection=locked).order_by("-id").first()
        if newest is not None and newest.items == written:
            return newest
        differs = Counter(each.label for each in items) != Counter(answer_of(locked).totals)
        made = Correction.objects.create(
            detection=locked, items=written, differs=differs, register=register, api_key=api_key
        )
        Detection.objects.filter(pk=locked.pk).update(is_corrected=differs)
    return made


def weigh_again(detection: Detection) -> None:
    """Say anew whether the sale differs, once a photo that was sold by hand has its answer. Three queries."""
    with transaction.atomic():
        locked = Detection.objects.select_for_update(of=("self",)).get(pk=detection.pk)
        newest = Correction.objects.filter(detection=locked).order_by("-id").first()
        if newest is None:
            return
        sold = Counter(each["label"] for each in newest.items)
        differs = sold != Counter(answer_of(locked).totals)
        Correction.objects.filter(pk=newest.pk).update(differs=differs)
        Detection.objects.filter(pk=locked.pk).update(is_corrected=differs)


def _written(box: Box | None) -> dict[str, float] | None:
    return {side: getattr(box, side) for side in ("left", "top", "width", "height")} if box else None
