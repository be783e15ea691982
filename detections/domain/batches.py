"""Pictures handed in by the hundred: what a batch may be doing, and which files of a zip are pictures."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from math import ceil

from detections.domain.pictures import MAX_UPLOAD_BYTES, PictureRefused
from stores.domain.sentences import Refusal

MOST_ENTRIES = 10_000
MOST_BYTES = 4 * 1024**3
TPS_PER_UNIT = 2.8
"""Pictures a second that a unit is thought to take; AWS gives no figure (docs/detections.md, Batches)."""
WARM_UP = timedelta(minutes=30)
"""How long a start may take (AWS's own words)."""


class BatchState(StrEnum):
    """What a batch is doing. READING unpacks, RUNNING analyses what is unpacked."""

    READING = "READING"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    DONE = "DONE"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"


ENDED = frozenset({BatchState.DONE, BatchState.CANCELLED, BatchState.FAILED})


class InvalidBatch(Refusal):
    """A batch that cannot be taken; says what to do."""

    code = "invalid_batch"


def is_noise(name: str) -> bool:
    """Tell whether an entry is none of the sender's pictures: a folder, or what a computer adds by itself."""
    parts = name.replace("\\", "/").split("/")
    return not parts[-1] or parts[0] == "__MACOSX" or parts[-1].startswith(".") or parts[-1] == "Thumbs.db"


def check_entry(size: int, *, is_encrypted: bool) -> None:
    """Raise PictureRefused for an entry that is not unpacked. `size` is what the zip says, in bytes."""
    if is_encrypted:
        raise PictureRefused("picture_encrypted", "The file is locked with a password. Zip it without one.")
    if size > MAX_UPLOAD_BYTES:
        raise PictureRefused(
            "picture_too_large",
            "The picture has %(bytes)s bytes; at most %(most)s are taken. Send a smaller JPEG.",
            bytes=size,
            most=MAX_UPLOAD_BYTES,
        )


def check_zip(entries: int, total: int) -> None:
    """Raise InvalidBatch for a zip that is too much: `total` is what it says it unpacks to, in bytes."""
    if entries > MOST_ENTRIES:
        raise InvalidBatch(
            "The zip has %(entries)s files; at most %(most)s are taken. Hand it in in parts.",
            entries=entries,
            most=MOST_ENTRIES,
        )
    if total > MOST_BYTES:
        raise InvalidBatch("The zip unpacks to more than 4 GB. Hand it in in parts.")


def check_objects(keys: list[str]) -> list[str]:
    """Return those of a listing that may be pictures. Raises InvalidBatch for none, or too many."""
    found = [key for key in keys if not is_noise(key)]
    if not found:
        raise InvalidBatch("There is no object whose address begins so. Check the bucket and the beginning.")
    if len(found) > MOST_ENTRIES:
        raise InvalidBatch(
            "There are more than %(most)s objects. Name a longer beginning, and hand them in in parts.",
            most=MOST_ENTRIES,
        )
    return found


def expected_minutes(pictures: int, units: int) -> int:
    """Return how long a model runs for so many pictures, its start not counted."""
    return max(1, ceil(pictures / (TPS_PER_UNIT * max(1, units)) / 60))
