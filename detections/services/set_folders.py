"""A set with its pictures as a folder that other tools read: FOLDER/train and FOLDER/test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from detections.domain.ports import PictureMissing, PictureStore
from detections.domain.training.formats import Form, file_name, texts
from detections.domain.training.pictures import Labelled, Split
from detections.domain.training.sets import Entry
from models_registry.domain.objects import ObjectDenied, ObjectMissing, ObjectStore, place_of

WORKERS = 4
MOST_PICTURE_BYTES = 15_000_000


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where pictures are read from, and how files of the folder are written: `save(path, content)`."""

    pictures: PictureStore
    buckets: ObjectStore
    save: Callable[[str, bytes], None]


@dataclass(frozen=True, slots=True)
class Folder:
    """How a folder is written: its format, where a manifest's pictures will lie, and when that was."""

    form: Form
    prefix: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Written:
    """How many pictures lie there now on each side, and how many could not be read."""

    learnt: int
    judged: int
    lost: int


def write_set(
    *, entries: Sequence[Entry], shelf: Shelf, folder: Folder, watch: Callable[[int], object]
) -> Written:
    """Write the pictures side by side, then the texts that name them; `watch` is told of each picture."""
    sides: dict[Split, list[Labelled]] = {split: [] for split in Split}
    with ThreadPoolExecutor(WORKERS) as pool:
        for entry, is_there in zip(
            entries, pool.map(lambda each: _copied(each, shelf), entries), strict=True
        ):
            if is_there:
                said = entry.picture
                named = Labelled(file_name(entry), said.width, said.height, said.marked)
                sides[entry.split].append(named)
            watch(1)
    for path, text in texts(folder.form, sides, prefix=folder.prefix, at=folder.at).items():
        shelf.save(path, text.encode())
    learnt, judged = len(sides[Split.TRAIN]), len(sides[Split.TEST])
    return Written(learnt, judged, len(entries) - learnt - judged)


def _copied(entry: Entry, shelf: Shelf) -> bool:
    """Copy one picture; tell whether it was there."""
    try:
        content = _content(entry, shelf)
    except (PictureMissing, ObjectMissing, ObjectDenied):
        return False
    shelf.save(f"{entry.split.lower()}/images/{file_name(entry)}", content)
    return True


def _content(entry: Entry, shelf: Shelf) -> bytes:
    if entry.copied_from:
        return shelf.buckets.read(*place_of(entry.copied_from), max_bytes=MOST_PICTURE_BYTES)
    return shelf.pictures.read(place_of(entry.picture.source).key)
