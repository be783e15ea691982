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
from detections.domain.training.pictures import Labelled, UnreadableSet

OWN = "kamado_shares"


def write(pictures: Sequence[Labelled]) -> str:
    """Return pictures as one COCO document; ids count from 1: some tools take a 0 for none."""
    labels = sorted({each.label for picture in pictures for each in picture.marked})
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
    try:
        document = json.loads(text)
        names = {each["id"]: str(each["name"]) for each in document["categories"]}
        boxes: dict[Any, list[dict[str, Any]]] = {each["id"]: [] for each in document["images"]}
        for each in document["annotations"]:
            if not each.get("iscrowd"):
                boxes[each["image_id"]].append(each)
        return [_read(image, boxes[image["id"]], names) for image in document["images"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, ZeroDivisionError) as error:
        raise UnreadableSet(
            "This is no COCO document with images, annotations and categories (%(what)s). Check the file.",
            what=str(error)[:100],
        ) from error


def _read(image: dict[str, Any], boxes: Sequence[dict[str, Any]], names: dict[Any, str]) -> Labelled:
    bare = Labelled(str(image["file_name"]), int(image["width"]), int(image["height"]), ())
    marked = tuple(Marked(names[each["category_id"]], _box(each, bare)) for each in boxes)
    return Labelled(bare.source, bare.width, bare.height, marked)


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
