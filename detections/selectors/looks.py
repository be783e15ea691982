"""Stored photos for a version on trial to look at, and where it differs from what the live one answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Exists, OuterRef, QuerySet

from detections.domain.outcomes import Fate
from detections.domain.places import Box, RawLabel, Rules, judge
from detections.domain.reviews import TEACHES
from detections.models import DetectedLabel, Detection, SecondLook
from models_registry.models import ModelVersion, Trial

MOST_LOOKS = 500
"""Photos a trial: ten minutes at one picture a second, and enough for a day's mistakes to show."""
LOOKS_BACK = timedelta(days=7)
MOST_DIFFERENT = 200


def photos_for(trial: Trial, *, most: int = MOST_LOOKS) -> list[Detection]:
    """Return photos that the version has not seen: reviewed ones first, then last week's, newest first."""
    reviewed = _unseen(trial.version).filter(
        version__project=trial.version.project_id, verdict__in=sorted(TEACHES)
    )
    found = list(reviewed.order_by("-taken_at", "-pk")[:most])
    if len(found) < most:
        recent = _unseen(trial.version).filter(
            deployment=trial.deployment_id, taken_at__gte=trial.created_at - LOOKS_BACK
        )
        known = [photo.pk for photo in found]
        found += recent.exclude(pk__in=known).order_by("-taken_at", "-pk")[: most - len(found)]
    return found


def _unseen(version: ModelVersion) -> QuerySet[Detection]:
    looked = SecondLook.objects.filter(detection=OuterRef("pk"), version=version)
    rows = Detection.objects.filter(outcome="ANSWERED", pruned_at__isnull=True).exclude(picture_key="")
    return rows.exclude(version=version).filter(~Exists(looked))


def looks_of(trial: Trial) -> int:
    """Return how many photos were looked at since a trial was asked for; one query."""
    return SecondLook.objects.filter(version=trial.version_id, created_at__gte=trial.created_at).count()


@dataclass(frozen=True, slots=True)
class Different:
    """A photo that nobody has reviewed, with the breads that either version puts on the tray."""

    photo: int
    old: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unjudged:
    """Photos without a review that both versions have seen: how many came out alike, and which did not."""

    alike: int
    different: tuple[Different, ...]


def unjudged_by(old: ModelVersion, new: ModelVersion, rules: Rules) -> Unjudged:
    """Compare answers where nobody has said what is true; `rules` are the new version's. Three queries."""
    looks = SecondLook.objects.filter(
        version=new, is_seen=True, detection__version=old, detection__verdict=""
    )
    seen = dict(looks.order_by("-pk").values_list("detection_id", "boxes")[: 2 * MOST_LOOKS])
    said: dict[int, list[str]] = {photo: [] for photo in seen}
    rows = DetectedLabel.objects.filter(detection__in=seen, fate=Fate.ACCEPTED.value)
    for photo, label in rows.values_list("detection_id", "label__name"):
        said[photo].append(label)
    pairs = ((photo, said[photo], accepted_in(boxes, rules)) for photo, boxes in seen.items())
    different = [
        Different(photo, tuple(sorted(before)), tuple(sorted(after)))
        for photo, before, after in pairs if Counter(before) != Counter(after)
    ]  # fmt: skip
    return Unjudged(len(seen) - len(different), tuple(different[:MOST_DIFFERENT]))


def accepted_in(boxes: Sequence[Sequence[object]], rules: Rules) -> list[str]:
    """Return the labels that rules put on the tray, of boxes as SecondLook keeps them."""
    raw = [
        RawLabel(str(label), 100 * float(str(score)), Box(*(float(str(side)) for side in sides)))
        for label, score, *sides in boxes
    ]
    fates = judge(raw, rules).fates
    return [each.label for each, fate in zip(raw, fates, strict=True) if fate is Fate.ACCEPTED]
