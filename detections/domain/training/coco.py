"""COCO's object detection format: one JSON document; boxes [x, y, width, height] in pixels.

Our own shares stand beside each box, so that what was exported comes back bit by bit; they count only while
the pixels beside them are still theirs, so that an edit by another tool is never lost.
(https://cocodataset.org/#format-data)
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from detections.domain.places import Box
from detections.domain.reviews import Marked
from detections.domain.training.pictures import Labelled, UnreadableSet, labels_of

OWN = "kamado_shares"
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError, ZeroDivisionError)


def write(pictures: Sequence[Labelled], labels: Sequence[str] = ()) -> str:
    """Return pictures as one COCO document; ids count from 1: some tools take a 0 for none.

    `labels` are those of all sides of a set, so that each has the same number on all of them.
    """
    labels = labels or labels_of(pictures)
    number = {label: index for index, label in enumerate(labels, start=1)}
    images, annotations = [], list[dict[str, Any]]()
    for image, picture in enumerate(pictures, start=1):
        images.append(
            {"id": image, "file_name": picture.source, "width": picture.width, "height": picture.height}
        )
        for each in picture.marked:
            sides = _pixels(each.box, picture)
            annotations.append(
                {
                    "id": len(annotations) + 1, "image_id": image, "category_id": number[each.label],
                    "bbox": sides, "area": sides[2] * sides[3], "iscrowd": 0, OWN: _shares(each.box),
                }
            )  # fmt: skip
    categories = [{"id": index, "name": label} for label, index in number.items()]
    document = {"images": images, "annotations": annotations, "categories": categories}
    return json.dumps(document, ensure_ascii=False)


def read(text: str) -> list[Labelled]:
    """Read a document; crowds are left out. Raises UnreadableSet."""
    found = []
    for _, each in read_each(text):
        if isinstance(each, UnreadableSet):
            raise each
        found.append(each)
    return found


def read_each(text: str) -> list[tuple[str, Labelled | UnreadableSet]]:
    """Return every picture's file with its boxes, or why they cannot be read; crowds are left out.

    Raises UnreadableSet where the document itself is none.
    """
    try:
        document = json.loads(text)
        names = {each["id"]: str(each["name"]) for each in document["categories"]}
        boxes: dict[Any, list[dict[str, Any]]] = {each["id"]: [] for each in document["images"]}
        for each in document["annotations"]:
            if not each.get("iscrowd"):
                boxes[each["image_id"]].append(each)
        images = [(str(image["file_name"]), image) for image in document["images"]]
    except UNREADABLE as error:
        raise UnreadableSet(
            "This is no COCO document with images, annotations and categories (%(what)s). Check the file.",
            what=str(error)[:100],
        ) from error
    return [(name, _read(name, image, boxes[image["id"]], names)) for name, image in images]


def _read(
    name: str, image: dict[str, Any], boxes: Sequence[dict[str, Any]], names: dict[Any, str]
) -> Labelled | UnreadableSet:
    try:
        bare = Labelled(name, int(image["width"]), int(image["height"]), ())
        marked = tuple(Marked(names[each["category_id"]], _box(each, bare)) for each in boxes)
    except UNREADABLE as error:
        return UnreadableSet(
            "A box of %(name)s cannot be read, or its category is not in the document (%(what)s).",
            name=name[-200:], what=str(error)[:100],
        )  # fmt: skip
    return Labelled(name, bare.width, bare.height, marked)


def _box(each: dict[str, Any], picture: Labelled) -> Box:
    sides = [float(side) for side in each["bbox"]]
    if OWN in each:
        own = Box(*(float(side) for side in each[OWN]))
        if _pixels(own, picture) == sides:
            return own
    left, top, width, height = sides
    return Box(left / picture.width, top / picture.height, width / picture.width, height / picture.height)


def _pixels(box: Box, picture: Labelled) -> list[float]:
    return [
        box.left * picture.width, box.top * picture.height,
        box.width * picture.width, box.height * picture.height,
    ]  # fmt: skip


def _shares(box: Box) -> list[float]:
    return [box.left, box.top, box.width, box.height]
