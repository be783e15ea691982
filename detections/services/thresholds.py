"""Threshold sets: published with a reason, rolled back by publishing an older one again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext_noop

from detections.domain.thresholds import InvalidThresholds, check_thresholds
from detections.models import ThresholdSet
from models_registry.models import Deployment
from portal.base.models import User

OVERTAKEN = gettext_noop(
    "Set %(number)s was published after you opened this page. What you typed is kept: compare, then publish "
    "again."
)


class Overtaken(InvalidThresholds):
    """Somebody published between opening the page and pressing the button."""

    code = "thresholds_overtaken"

    def __init__(self, number: int) -> None:
        super().__init__(OVERTAKEN, number=number)


@dataclass(frozen=True, slots=True)
class SetDraft:
    """What a set is to say; percentages by label, and the bands around them."""

    thresholds: Mapping[str, float] = field(default_factory=dict)
    fallback: float = 50.0
    near_miss_band: float = 25.0
    ask_band: float = 1.0
    suppresses_duplicates: bool = True
    same_place: float = 0.5


def publish_set(
    *, deployment: Deployment, draft: SetDraft, reason: str, author: User | None, follows: int | None = None
) -> ThresholdSet:
    """Put a new numbered set in force. Raises InvalidThresholds, saying what to do.

    `follows` is the number that the author has seen in force (0 before the first); Overtaken if it is not.
    """
    check_thresholds({**draft.thresholds, "*": draft.fallback})
    if not reason.strip():
        raise InvalidThresholds("Say why: whoever looks at this set later needs the reason.")
    with transaction.atomic():
        locked = Deployment.objects.select_for_update(of=("self",)).get(pk=deployment.pk)
        newest = ThresholdSet.objects.filter(deployment=locked).order_by("-number").first()
        last = newest.number if newest else 0
        if follows is not None and follows != last:
            raise Overtaken(last)
        return ThresholdSet.objects.create(
            deployment=locked,
            number=last + 1,
            version=locked.live_version,
            thresholds=dict(draft.thresholds),
            fallback=draft.fallback,
            near_miss_band=draft.near_miss_band,
            ask_band=draft.ask_band,
            suppresses_duplicates=draft.suppresses_duplicates,
            same_place=draft.same_place,
            reason=reason.strip()[:200],
            author=author,
        )


def roll_back(
    *, to: ThresholdSet, reason: str, author: User | None, follows: int | None = None
) -> ThresholdSet:
    """Publish an older set again under a new number, so that history stays a line."""
    return publish_set(
        deployment=to.deployment, draft=draft_of(to), reason=reason, author=author, follows=follows
    )


def draft_of(one: ThresholdSet) -> SetDraft:
    """Return what a set says, to be published again, changed or not."""
    return SetDraft(
        one.thresholds, one.fallback, one.near_miss_band, one.ask_band, one.suppresses_duplicates,
        one.same_place,
    )  # fmt: skip
