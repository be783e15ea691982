"""YOLO's text files: one a picture, "class x y width height" a box, middles and sides as shares.

The format has no sizes, so a reader needs the pictures' own; `classes.txt` names the classes in order.
(docs.ultralytics.com/datasets/detect)
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress

from detections.domain.places import Box
from detections.domain.reviews import Marked
from detections.domain.training.pictures import Labelled, UnreadableSet, labels_of

CLASSES = "classes.txt"


def write(pictures: Sequence[Labelled], labels: Sequence[str] = ()) -> dict[str, str]:
    """Return the text files by name: one beside each picture, and the classes.

    `labels` are those of all sides of a set, so that each has the same number on all of them.
    """
    labels = labels or labels_of(pictures)
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
    found = []
    for source, (width, height) in sizes.items():
        name = text_name(source)
        found.append(Labelled(source, width, height, read_boxes(name, files.get(name, ""), labels)))
    return found


def data_file(labels: Sequence[str]) -> str:
    """Return the `data.yaml` by which a training finds both sides."""
    names = json.dumps(list(labels), ensure_ascii=False)
    return f"path: .\ntrain: train/images\nval: test/images\nnames: {names}\n"


def text_name(source: str) -> str:
    """Return the text file's name of a picture."""
    return f"{source.rpartition('/')[2].rpartition('.')[0]}.txt"


def read_boxes(name: str, text: str, labels: Sequence[str]) -> tuple[Marked, ...]:
    """Read one text file; `name` is what to call it. Raises UnreadableSet with the line."""
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


def class_names(name: str, text: str) -> list[str]:
    """Return the classes of a `classes.txt`, or of the `names` of a `data.yaml`; none where it has none."""
    if not name.endswith((".yaml", ".yml")):
        return text.splitlines()
    after = re.search(r"^names\s*:(.*)", text, re.MULTILINE)
    if after is None:
        return []
    flow = re.match(r"\s*[\[{](.*?)[\]}]", text[after.start(1) :], re.DOTALL)
    if flow and flow[0].strip().startswith('["'):
        with suppress(ValueError):
            return [str(each) for each in json.loads(flow[0])]
    if flow:
        return [_plain(each) for each in flow[1].split(",") if each.strip()]
    rows = []
    for each in text[after.end() :].splitlines():
        if each.strip() and not re.match(r"\s*(-\s|\d+\s*:)", each):
            break
        if each.strip():
            rows.append(_plain(each))
    return rows


def _plain(text: str) -> str:
    """Return a name without its number, dash and quotes."""
    return re.sub(r"^\s*(-\s+|\d+\s*:\s*)?", "", text).strip().strip("\"'")
