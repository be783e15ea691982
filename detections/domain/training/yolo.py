"""YOLO's text files: one a picture, "class x y width height" a box, middles and sides as shares.

The format has no sizes, so a reader needs the pictures' own; `classes.txt` names the classes in order.
(docs.ultralytics.com/datasets/detect)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from detections.domain.places import Box
from detections.domain.reviews import Marked
from detections.domain.training.pictures import Labelled, UnreadableSet

CLASSES = "classes.txt"


def write(pictures: Sequence[Labelled]) -> dict[str, str]:
    """Return the text files by name: one beside each picture, and the classes."""
    labels = sorted({each.label for picture in pictures for each in picture.marked})
    number = {label: index for index, label in enumerate(labels)}
    files = {CLASSES: "".join(f"{label}\n" for label in labels)}
    for picture in pictures:
        files[text_name(picture.source)] = "".join(
            f"{number[each.label]} {each.box.left + each.box.width / 2!r} "
            f"{each.box.top + each.box.height / 2!r} {each.box.width!r} {each.box.height!r}\n"
            for each in picture.marked
        )
    return files


def read(files: Mapping[str, str], sizes: Mapping[str, tuple[int, int]]) -> list[Labelled]:
    """Read text files; `sizes` are the pictures by source. One without a file has no breads on it.

    Raises UnreadableSet with the file and line.
    """
    if CLASSES not in files:
        raise UnreadableSet("There is no %(name)s that names the classes. Add it.", name=CLASSES)
    labels = files[CLASSES].splitlines()
    return [
        Labelled(source, width, height, _read(text_name(source), files.get(text_name(source), ""), labels))
        for source, (width, height) in sizes.items()
    ]


def text_name(source: str) -> str:
    """Return the text file's name of a picture."""
    return f"{source.rpartition('/')[2].rpartition('.')[0]}.txt"


def _read(name: str, text: str, labels: Sequence[str]) -> tuple[Marked, ...]:
    found = []
    for number, each in enumerate(text.splitlines(), start=1):
        try:
            index, x, y, width, height = each.split()
            sides = float(width), float(height)
            box = Box(float(x) - sides[0] / 2, float(y) - sides[1] / 2, *sides)
            if int(index) < 0:
                raise ValueError("a class below 0")
            found.append(Marked(labels[int(index)], box))
        except (ValueError, IndexError) as error:
            raise UnreadableSet(
                "%(name)s, line %(line)s: five numbers are needed, the first one of a class. Check it.",
                name=name, line=number,
            ) from error  # fmt: skip
    return tuple(found)
