"""A picture with its true boxes, and on which side of train and test it falls."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b

from detections.domain.hashing import SAME_SCENE, distance
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


@dataclass(frozen=True, slots=True)
class Scene:
    """What tells pictures of one scene: a key that lasts, a hash, the kind, and whether it is audited."""

    key: int
    picture_hash: int | None
    kind: object
    is_audit: bool = False


def splits(scenes: Sequence[Scene]) -> dict[int, Split]:
    """Return the side of each picture. Near-identical ones fall together; audited ones never teach.

    The side follows from the oldest picture of a group, so a picture that joins later changes no other's.
    Pictures × groups of their kind comparisons.
    """
    found: dict[int, Split] = {}
    for group in _groups(sorted(scenes, key=lambda scene: scene.key)):
        is_test = any(scene.is_audit for scene in group) or _is_drawn(group[0].key)
        found |= dict.fromkeys((scene.key for scene in group), Split.TEST if is_test else Split.TRAIN)
    return found


def _groups(scenes: Iterable[Scene]) -> list[list[Scene]]:
    """Return pictures of one scene together; only those of one kind are compared."""
    groups: dict[object, list[list[Scene]]] = {}
    for scene in scenes:
        alike = groups.setdefault(scene.kind, [])
        for group in alike:
            if _is_same(scene, group[0]):
                group.append(scene)
                break
        else:
            alike.append([scene])
    return [group for alike in groups.values() for group in alike]


def _is_same(one: Scene, other: Scene) -> bool:
    if one.picture_hash is None or other.picture_hash is None:
        return False
    return distance(one.picture_hash, other.picture_hash) <= SAME_SCENE


def _is_drawn(key: int) -> bool:
    return int.from_bytes(blake2b(str(key).encode(), digest_size=8).digest(), "big") % TEST_OF == 0
