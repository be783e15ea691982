"""Folders and zips of labelled pictures as tools leave them: what is offered, and what of it cannot be taken.

Taken are COCO documents with their pictures, YOLO's texts beside pictures, and manifests that name pictures
in S3. Nothing is lost: whatever is offered is either taken whole or told with its reason.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import isfinite

from detections.domain.batches import is_noise
from detections.domain.reviews import InvalidReview, checked
from detections.domain.training import coco, manifest, yolo
from detections.domain.training.pictures import Labelled, Split, UnreadableSet
from stores.domain.sentences import Refusal

PICTURES = (".jpg", ".jpeg", ".png")
MANIFESTS = (".manifest", ".jsonl")
CLASSES = (yolo.CLASSES, "data.yaml", "data.yml")
TRAIN_WORDS = frozenset({"train", "training"})
TEST_WORDS = frozenset({"test", "testing", "val", "valid", "validation"})
"""What tools call the pictures to judge by; AWS knows two sides only, and neither is learnt from."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One picture that is offered: `file` in the folder, or empty for one in S3.

    `where` is what a person finds it by. `said` has the boxes, or why they cannot be taken; its size is 0 × 0
    where the format names none. `split` is the side that the source puts it on.
    """

    where: str
    file: str
    split: Split | None
    said: Labelled | Refusal


def offers(names: Sequence[str], text_of: Callable[[str], str]) -> list[Offer]:
    """Return what a folder of files offers. Raises UnreadableSet where it offers nothing that is known."""
    files = sorted(name for name in names if not is_noise(name))
    documents = [name for name in files if name.lower().endswith(".json")]
    texts = [name for name in files if name.lower().endswith(MANIFESTS)]
    if documents:
        found = [each for name in documents for each in _of_coco(name, text_of(name), files)]
    elif texts:
        found = [each for name in texts for each in _of_manifest(name, text_of(name))]
    elif any(_base(name) in CLASSES for name in files):
        found = _of_yolo(files, text_of)
    else:
        raise UnreadableSet(
            "There is no COCO document (.json), no %(classes)s of YOLO and no manifest. Add one of them.",
            classes=yolo.CLASSES,
        )
    if not found:
        raise UnreadableSet("There is no labelled picture in it. Check that the right file was chosen.")
    return [_fitted(each) for each in found]


def split_of(name: str) -> Split | None:
    """Return the side that a path tells: by a folder, or by a word in the file's own name."""
    folders, _, base = name.lower().rpartition("/")
    for word in [*folders.split("/"), *re.split(r"[^a-z]+", base.rpartition(".")[0])]:
        if word in TRAIN_WORDS:
            return Split.TRAIN
        if word in TEST_WORDS:
            return Split.TEST
    return None


def _of_manifest(name: str, text: str) -> Iterator[Offer]:
    split = split_of(name)
    for line, each in manifest.read_each(text):
        said: Labelled | Refusal = each
        if isinstance(each, Labelled) and not re.match(r"s3://[^/]+/.", each.source):
            said = UnreadableSet(
                "“%(source)s” is no s3:// address. AWS reads pictures from S3 only: name the bucket.",
                source=each.source[:200],
            )
        where = f"{name}:{line}" if isinstance(said, Refusal) else f"{name}:{line} {said.source}"
        yield Offer(where, "", split, said)


def _of_coco(name: str, text: str, files: Sequence[str]) -> Iterator[Offer]:
    index = _Index(files)
    split, folder = split_of(name), name.rpartition("/")[0]
    try:
        pictures = coco.read_each(text)
    except UnreadableSet as refused:
        yield Offer(name, "", None, refused)
        return
    for file, each in pictures:
        found = index.find(file, folder)
        said: Labelled | Refusal = each
        if isinstance(each, Labelled) and not found:
            said = UnreadableSet(
                "The picture %(file)s is not there, or there are several of that name.", file=file[-200:]
            )
        yield Offer(found or file, found, split or split_of(found or file), said)


class _Index:
    """Where the pictures of a COCO document lie: each tool has its own habit."""

    def __init__(self, files: Sequence[str]) -> None:
        self.files = set(files)
        self.by_base: dict[str, list[str]] = defaultdict(list)
        for name in files:
            self.by_base[_base(name)].append(name)

    def find(self, file: str, folder: str) -> str:
        """Return the path of a picture that a document in `folder` names; empty for none, or for several."""
        plain = file.replace("\\", "/").lstrip("/").removeprefix("./")
        for path in (plain, f"images/{plain}"):
            inside = f"{folder}/{path}" if folder else path
            if inside in self.files:
                return inside
        ending = [name for name in self.by_base[_base(plain)] if f"/{name}".endswith(f"/{plain}")]
        return ending[0] if len(ending) == 1 else ""


def _of_yolo(files: Sequence[str], text_of: Callable[[str], str]) -> list[Offer]:
    known = set(files)
    classes = {
        name.rpartition("/")[0]: yolo.class_names(name, text_of(name))
        for name in files if _base(name) in CLASSES
    }  # fmt: skip
    found = []
    for file in files:
        if file.lower().endswith(PICTURES):
            texts = _texts_of(file)
            text = next((name for name in texts if name in known), "")
            said = _boxes(file, text_of(text) if text else "", text, _nearest(classes, file))
            found.append(Offer(file, file, split_of(file), said))
    return found


def _texts_of(picture: str) -> list[str]:
    """Return where a picture's boxes may lie: in `labels` beside `images`, or beside the picture."""
    stem = picture.rpartition(".")[0]
    parts = stem.split("/")
    at = max((place for place, part in enumerate(parts[:-1]) if part == "images"), default=None)
    beside = f"{stem}.txt"
    if at is None:
        return [beside, "/".join([*parts[:-1], "labels", parts[-1]]) + ".txt"]
    return ["/".join([*parts[:at], "labels", *parts[at + 1 :]]) + ".txt", beside]


def _boxes(file: str, text: str, name: str, labels: Sequence[str] | None) -> Labelled | Refusal:
    if labels is None:
        return UnreadableSet("There is no %(name)s that names the classes. Add it.", name=yolo.CLASSES)
    try:
        return Labelled(file, 0, 0, yolo.read_boxes(name, text, labels))
    except UnreadableSet as refused:
        return refused


def _nearest(classes: dict[str, list[str]], file: str) -> list[str] | None:
    """Return the classes named in the nearest folder above a picture, else the only ones there are."""
    folder = file
    while folder:
        folder = folder.rpartition("/")[0]
        if folder in classes:
            return classes[folder]
    return next(iter(classes.values())) if len(classes) == 1 else None


def _fitted(offer: Offer) -> Offer:
    """Clip boxes to the picture, and refuse what could not be taught."""
    said = offer.said
    if isinstance(said, Refusal):
        return offer
    boxes = (each.box for each in said.marked)
    if not all(isfinite(side) for box in boxes for side in (box.left, box.top, box.width, box.height)):
        return replace(offer, said=UnreadableSet("A box has a side that is no number. Check it."))
    try:
        marked = checked(said.marked)
    except InvalidReview as refused:
        return replace(offer, said=refused)
    return replace(offer, said=Labelled(said.source, said.width, said.height, marked))


def _base(name: str) -> str:
    return name.rpartition("/")[2]
