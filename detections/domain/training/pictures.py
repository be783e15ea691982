"""A picture with its true boxes, and on which side of train and test it falls."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b

from detections.domain.hashing import BITS, SAME_SCENE, distance
from detections.domain.reviews import Marked
from stores.domain.sentences import Refusal

TEST_OF = 5
"""One group of pictures in so many is kept for judging, never for learning."""


class Split(StrEnum):
    """AWS's words for the two datasets of a project."""

    TRAIN = "TRAIN"
    TEST = "TEST"


class UnreadableSet(Refusal):
    """A file of labelled pictures that cannot be taken; says what to do."""

    code = "unreadable_set"


@dataclass(frozen=True, slots=True)
class Labelled:
    """One picture: its place (s3://… or a file's name), pixels as shown after EXIF, true boxes as shares."""

    source: str
    width: int
    height: int
    marked: tuple[Marked, ...]


def labels_of(pictures: Iterable[Labelled]) -> list[str]:
    """Return the labels on some pictures, sorted."""
    return sorted({each.label for picture in pictures for each in picture.marked})


@dataclass(frozen=True, slots=True)
class Scene:
    """What tells pictures of one scene: a key that lasts, a hash, the kind, and whether it is audited.

    `store` is where it was taken; None for one from elsewhere, which may be of any. `side` is the one that is
    decided already.
    """

    key: int
    picture_hash: int | None
    kind: Hashable
    is_audit: bool = False
    store: int | None = None
    side: Split | None = None


@dataclass(frozen=True, slots=True)
class Sides:
    """The side of every picture by its key, and the scenes that stand on both sides, by their keys."""

    of: Mapping[int, Split]
    torn: tuple[tuple[int, ...], ...]


def sides_of(scenes: Sequence[Scene]) -> Sides:
    """Return the side of each picture, and which scenes are torn because their sides were decided before.

    Near-identical pictures fall together; audited ones never teach. The side follows from what is decided,
    else from the oldest picture of a group, so a picture that joins later changes no other's.
    """
    found: dict[int, Split] = {}
    torn = []
    for group in _groups(sorted(scenes, key=lambda scene: scene.key)):
        side = _side(group)
        mine = {each.key: each.side or side for each in group}
        if len(set(mine.values())) > 1:
            torn.append(tuple(mine))
        found |= mine
    return Sides(found, tuple(torn))


def _side(group: Sequence[Scene]) -> Split:
    decided = {scene.side for scene in group}
    if Split.TEST in decided or any(scene.is_audit for scene in group):
        return Split.TEST
    if Split.TRAIN in decided:
        return Split.TRAIN
    return Split.TEST if _is_drawn(group[0].key) else Split.TRAIN


def _groups(scenes: Iterable[Scene]) -> list[list[Scene]]:
    """Return pictures of one scene together; only those of one kind are compared, with the first of a group.

    Of two hashes that differ in at most 8 bits, one of nine bands is the same in both, so only groups that
    share a band are compared: a fourteenth of all.
    """
    groups: list[list[Scene]] = []
    shared: dict[tuple[Hashable, int, int], list[int]] = {}
    for scene in scenes:
        bands = [(scene.kind, *band) for band in _bands(scene.picture_hash)]
        near = sorted({number for band in bands for number in shared.get(band, ())})
        found = next((number for number in near if _is_same(scene, groups[number][0])), None)
        if found is not None:
            groups[found].append(scene)
            continue
        for band in bands:
            shared.setdefault(band, []).append(len(groups))
        groups.append([scene])
    return groups


def _bands(value: int | None) -> list[tuple[int, int]]:
    """Return a hash as numbered pieces, one more than bits may differ; none for a picture without a hash."""
    if value is None:
        return []
    wide = BITS // (SAME_SCENE + 1)
    whole = value & ((1 << BITS) - 1)
    pieces = [(number, whole >> (wide * number) & ((1 << wide) - 1)) for number in range(SAME_SCENE)]
    return [*pieces, (SAME_SCENE, whole >> (wide * SAME_SCENE))]


def _is_same(one: Scene, other: Scene) -> bool:
    if one.picture_hash is None or other.picture_hash is None:
        return False
    if one.store is not None and other.store is not None and one.store != other.store:
        return False
    return distance(one.picture_hash, other.picture_hash) <= SAME_SCENE


def _is_drawn(key: int) -> bool:
    return int.from_bytes(blake2b(str(key).encode(), digest_size=8).digest(), "big") % TEST_OF == 0
