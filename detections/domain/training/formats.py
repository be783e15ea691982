"""The three formats in which a set leaves: which files stand beside the pictures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from detections.domain.training import coco, manifest, yolo
from detections.domain.training.pictures import Labelled, Split, labels_of
from detections.domain.training.sets import Entry


class Form(StrEnum):
    """A format, as the command line and addresses call it."""

    COCO = "coco"
    YOLO = "yolo"
    MANIFEST = "manifest"


def file_name(entry: Entry) -> str:
    """Return what an entry's picture is called in a folder: no other one of its set is called so."""
    place, _, base = entry.picture.source.rpartition("/")
    if entry.detection is not None:
        return f"{entry.detection}.{base.rpartition('.')[2]}"
    is_unique = len(base.partition(".")[0]) >= 32
    return base if is_unique else f"{sha256(place.encode()).hexdigest()[:12]}-{base}"


def manifest_of(entries: Iterable[Entry]) -> str:
    """Return entries as AWS gets them; one that is not copied yet is named where it lies now."""
    return "".join(f"{manifest.line(_lying(each), at=each.labelled_at)}\n" for each in entries)


def one_file(form: Form, entries: Sequence[Entry], split: Split) -> str:
    """Return one side as one text that names pictures where they lie, labels numbered alike on both sides."""
    mine = [each for each in entries if each.split is split]
    if form is Form.MANIFEST:
        return manifest_of(mine)
    return coco.write([_lying(each) for each in mine], labels_of(each.picture for each in entries))


def texts(
    form: Form, sides: Mapping[Split, Sequence[Labelled]], *, prefix: str, at: datetime
) -> dict[str, str]:
    """Return the texts of a folder by their paths. `prefix` is where a manifest's pictures will lie in S3.

    Sources are the names of the pictures in `images`.
    """
    labels = labels_of(each for pictures in sides.values() for each in pictures)
    found: dict[str, str] = {}
    for split, pictures in sides.items():
        side = split.lower()
        if form is Form.COCO and pictures:
            found[f"{side}/annotations.json"] = coco.write(pictures, labels)
        elif form is Form.YOLO and pictures:
            for name, text in yolo.write(pictures, labels).items():
                found[f"{side}/{name}" if name == yolo.CLASSES else f"{side}/labels/{name}"] = text
        elif pictures:
            placed = (_placed(each, f"{prefix.rstrip('/')}/{side}/images") for each in pictures)
            lines = "".join(f"{manifest.line(each, at=at)}\n" for each in placed)
            found[f"{side}/manifest.jsonl"] = lines
    if form is Form.YOLO:
        found["data.yaml"] = yolo.data_file(labels)
    return found


def _lying(entry: Entry) -> Labelled:
    said = entry.picture
    return Labelled(entry.copied_from or said.source, said.width, said.height, said.marked)


def _placed(picture: Labelled, folder: str) -> Labelled:
    return Labelled(f"{folder}/{picture.source}", picture.width, picture.height, picture.marked)
