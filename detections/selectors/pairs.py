"""Pictures that two versions have both seen and whose true boxes are known, none of which either has learnt.

Three kinds, in this order, each picture once:

1. both versions' test sets hold it (read from S3);
2. one version's test set holds it, and the other answered a register with it;
3. an analyst has reviewed it: one version answered it, the other took a second look on trial.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from detections.domain.evaluation.matching import Found, Picture, Truth, as_ratio
from detections.domain.evaluation.snapshot import Examined, Snapshot
from detections.domain.outcomes import Fate
from detections.domain.places import Box
from detections.domain.reviews import TEACHES
from detections.models import DetectedLabel, Detection, SecondLook, TrainingEntry
from detections.selectors.evaluating import truths_of
from detections.selectors.snapshots import OpenObjects, snapshot_of
from models_registry.models import ModelVersion

MOST_PHOTOS = 2_000


@dataclass(frozen=True, slots=True)
class Pair:
    """One picture as both versions see it: its detection, and its number in the new version's test set."""

    old: Picture
    new: Picture
    photo: int | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Pairs:
    """All of them, and how many of each kind there are; `problem` tells why test sets could not be read."""

    pairs: tuple[Pair, ...]
    tested: int
    answered: int
    looked: int
    problem: str = ""


def pairs_of(old: ModelVersion, new: ModelVersion, *, open_objects: OpenObjects) -> Pairs:
    """Return the pictures on which two versions can be compared; about a dozen queries and two files."""
    snapshots = [snapshot_of(version, open_objects=open_objects) for version in (old, new)]
    problem = next((each for each in snapshots if isinstance(each, str)), "")
    tests = [examination_of(version, each) for version, each in zip((old, new), snapshots, strict=True)]
    tested = _tested(*tests)
    answered = _answered(old, new, tests, taken={pair.photo for pair in tested})
    taken = {pair.photo for pair in (*tested, *answered)}
    looked = _looked(old, new, taken=taken | learnt_by(old) | learnt_by(new))
    return Pairs((*tested, *answered, *looked), len(tested), len(answered), len(looked), problem)


@dataclass(frozen=True, slots=True)
class Examination:
    """A version's test set by where its pictures came from, before they were copied into our bucket.

    `by_origin` has each picture with its number; `photos` the detections of those that are photos.
    """

    by_origin: Mapping[str, tuple[int, Examined]]
    photos: Mapping[str, int | None]


def examination_of(version: ModelVersion, snapshot: Snapshot | str) -> Examination:
    """Return a version's test set; empty where it could not be read. One query."""
    entries = TrainingEntry.objects.filter(training_set__version=version, split="TEST")
    rows = list(entries.values_list("source", "copied_from", "detection_id"))
    origins = {source: copied or source for source, copied, _ in rows}
    tested = snapshot.tested if isinstance(snapshot, Snapshot) else ()
    return Examination(
        {origins.get(each.source, each.source): (number, each) for number, each in enumerate(tested)},
        {copied or source: photo for source, copied, photo in rows},
    )


def _tested(old: Examination, new: Examination) -> list[Pair]:
    """Pair by origin; the newer set's boxes are the truth for both."""
    pairs = []
    for origin, (number, seen) in new.by_origin.items():
        if origin in old.by_origin:
            picture, before = seen.picture(), old.by_origin[origin][1].picture()
            truly = Picture(picture.truths, before.found, picture.group)
            pairs.append(Pair(truly, picture, new.photos.get(origin), number))
    return pairs


def _answered(
    old: ModelVersion, new: ModelVersion, tests: list[Examination], *, taken: Collection[int | None]
) -> list[Pair]:
    """Pair a test set's picture with what the other version said to the register."""
    pairs, used = [], set(taken)
    for version, own, is_new in ((old, tests[1], True), (new, tests[0], False)):
        photos = {
            photo: place
            for origin, place in own.by_origin.items()
            if (photo := own.photos.get(origin)) is not None and photo not in used
        }
        said = found_by(version, photos)
        for photo, (number, seen) in photos.items():
            if photo in said:
                used.add(photo)
                picture = seen.picture()
                other = Picture(picture.truths, said[photo], picture.group)
                pair = (other, picture) if is_new else (picture, other)
                pairs.append(Pair(*pair, photo, number if is_new else None))
    return pairs


def _looked(old: ModelVersion, new: ModelVersion, *, taken: Collection[int | None]) -> list[Pair]:
    """Pair reviewed photos that one version answered and the other has looked at since."""
    looks = SecondLook.objects.filter(version__in=[old, new]).values("detection")
    rows = Detection.objects.filter(version__in=[old, new], pk__in=looks, verdict__in=sorted(TEACHES))
    photos = [row for row in rows.order_by("-taken_at", "-pk")[:MOST_PHOTOS] if row.pk not in taken]
    truths = truths_of(photos)
    keys = [row.pk for row in photos]
    before, after = found_by(old, keys), found_by(new, keys)
    return [
        Pair(_picture(row, truths, before), _picture(row, truths, after), row.pk)
        for row in photos if row.pk in before and row.pk in after
    ]  # fmt: skip


def _picture(
    row: Detection, truths: Mapping[int, list[Truth]], found: Mapping[int, tuple[Found, ...]]
) -> Picture:
    group = None if row.picture_hash is None else (row.store_id, row.picture_hash)
    return Picture(tuple(truths[row.pk]), found[row.pk], group)


def found_by(version: ModelVersion, photos: Iterable[int]) -> dict[int, tuple[Found, ...]]:
    """Return what a version found on photos that it answered or looked at again; three queries."""
    keys = list(photos)
    answered = set(
        Detection.objects.filter(pk__in=keys, version=version, outcome="ANSWERED").values_list(
            "pk", flat=True
        )
    )
    boxes: dict[int, list[Found]] = {pk: [] for pk in answered}
    rows: Any = DetectedLabel.objects.filter(detection__in=answered, left__isnull=False).order_by("id")
    for pk, label, confidence, *sides in rows.values_list(
        "detection_id", "label__name", "confidence", "left", "top", "width", "height"
    ):
        boxes[pk].append(Found(label, as_ratio(confidence), Box(*sides)))
    found = {pk: tuple(each) for pk, each in boxes.items()}
    looks = SecondLook.objects.filter(version=version, detection__in=keys, is_seen=True)
    for pk, seen in looks.values_list("detection_id", "boxes"):
        again = (Found(label, round(score, 6), Box(*sides)) for label, score, *sides in seen)
        found.setdefault(pk, tuple(again))
    return found


def learnt_by(version: ModelVersion) -> set[int]:
    """Return the photos that a version has learnt from: it would know them by heart; one query."""
    entries = TrainingEntry.objects.filter(
        training_set__version=version, split="TRAIN", detection__isnull=False, is_withdrawn=False
    )
    return set(entries.values_list("detection_id", flat=True))


def bestsellers_of(version: ModelVersion, *, most: int = 20, photos: int = 5_000) -> frozenset[str]:
    """Return the labels that a version named most among its newest answers; two queries."""
    newest = Detection.objects.filter(version=version, outcome="ANSWERED").order_by("-taken_at", "-id")
    keys = list(newest.values_list("pk", flat=True)[:photos])
    rows = DetectedLabel.objects.filter(detection__in=keys, fate=Fate.ACCEPTED.value)
    counted = Counter(rows.values_list("label__name", flat=True))
    return frozenset(label for label, _ in counted.most_common(most))
