"""Manifest lines of Amazon Rekognition Custom Labels: one JSON object a picture, boxes in whole pixels.

Boxes are rounded half up by their edges and clipped to the frame: an edge that is cut off instead moves
boxes of 80–260 pixels to an IoU of 0.946 with themselves. (Custom Labels Guide, "Object localization in
manifest files".)
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from detections.domain.places import Box
from detections.domain.reviews import Marked
from detections.domain.training.pictures import Labelled, UnreadableSet

ATTRIBUTE = "bounding-box"
JOB = "kamado"
PREDICTION = "rekognition-custom-labels-evaluation"
"""What an evaluation adds to a line: the model's boxes, beside the true ones."""
UNREADABLE = (
    ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError, StopIteration,
    ZeroDivisionError,
)  # fmt: skip
MOST_BATCH_BYTES = 4_500_000
"""UpdateDatasetEntries takes less than 5 MB a call, base64 apart."""


def line(picture: Labelled, *, at: datetime) -> str:
    """Return one picture as a manifest line, without a line break. `at` is when it was labelled."""
    labels = sorted({each.label for each in picture.marked})
    number = {label: index for index, label in enumerate(labels)}
    annotations = [
        {"class_id": number[each.label], **_pixels(each.box, picture.width, picture.height)}
        for each in picture.marked
    ]
    said = {
        "source-ref": picture.source,
        ATTRIBUTE: {
            "image_size": [{"width": picture.width, "height": picture.height, "depth": 3}],
            "annotations": annotations,
        },
        f"{ATTRIBUTE}-metadata": {
            "objects": [{"confidence": 1} for _ in annotations],
            "class-map": {str(index): label for label, index in number.items()},
            "type": "groundtruth/object-detection",
            "human-annotated": "yes",
            "creation-date": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
            "job-name": JOB,
        },
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def batches(lines: Iterable[str], *, most: int = MOST_BATCH_BYTES) -> Iterable[bytes]:
    """Yield lines in order as bodies of at most `most` bytes; a longer line stands alone."""
    part: list[bytes] = []
    size = 0
    for each in lines:
        content = each.encode() + b"\n"
        if part and size + len(content) > most:
            yield b"".join(part)
            part, size = [], 0
        part.append(content)
        size += len(content)
    if part:
        yield b"".join(part)


def digest(lines: Sequence[str]) -> str:
    """Return the SHA-256 of a manifest, whatever the order of its lines."""
    return sha256("\n".join(sorted(lines)).encode()).hexdigest()


def read(text: str) -> list[Labelled]:
    """Read a manifest, Ground Truth's or ours. Raises UnreadableSet with the number of the line."""
    found = []
    for _, each in read_each(text):
        if isinstance(each, UnreadableSet):
            raise each
        found.append(each)
    return found


def read_each(text: str) -> Iterator[tuple[int, Labelled | UnreadableSet]]:
    """Yield the number of every line with its picture, or why it is none."""
    for number, each in enumerate(text.split("\n"), start=1):
        if each.strip():
            try:
                yield number, labelled(json.loads(each))
            except UNREADABLE:
                refused = UnreadableSet(
                    "Line %(line)s is no manifest line with boxes. Check the file, or leave that line out.",
                    line=number,
                )
                yield number, refused


def labelled(said: dict[str, Any]) -> Labelled:
    """Return the true boxes of a parsed line; raises one of UNREADABLE where there are none."""
    name = next(
        key for key in said
        if not key.startswith(PREDICTION)
        and said.get(f"{key}-metadata", {}).get("type") == "groundtruth/object-detection"
    )  # fmt: skip
    size = said[name]["image_size"][0]
    width, height = int(size["width"]), int(size["height"])
    names = said[f"{name}-metadata"]["class-map"]
    marked = tuple(
        Marked(
            names[str(each["class_id"])],
            Box(each["left"] / width, each["top"] / height, each["width"] / width, each["height"] / height),
        )
        for each in said[name].get("annotations", ())
    )
    return Labelled(str(said["source-ref"]), width, height, marked)


def _pixels(box: Box, width: int, height: int) -> dict[str, int]:
    left, right = _edge(box.left, width), _edge(box.left + box.width, width)
    top, bottom = _edge(box.top, height), _edge(box.top + box.height, height)
    return {"left": left, "top": top, "width": max(0, right - left), "height": max(0, bottom - top)}


def _edge(share: float, side: int) -> int:
    return min(side, max(0, math.floor(share * side + 0.5)))
