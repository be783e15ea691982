"""One line of a manifest: what it says of its picture, and what is wrong with it.

Findings stand where AWS puts them: `errors` on the line, the label attribute, its metadata or the single
annotation; `warnings` in the same places. Findings that a line brings along are dropped and made anew, so
that what ListDatasetEntries gave can be sent back. Where AWS is silent:

- Attributes are the keys `x` that have an `x-metadata` beside them. Other keys are passed over, unless there
  is no attribute at all: then the line is unannotated if source-ref and group are its only keys, else wrong.
- A label name has 1-255 characters, what the service model's DatasetLabel holds; one page says 256.
- Wrong metadata, a missing confidence or class id, and more than 50 boxes spoil their attribute; an
  annotation off the frame or too small is dropped alone.
- Of two numbers only whole ones are pixels: 10.5 spoils the attribute.
"""

import json
import math
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from rekognition_local.buckets import S3Place
from rekognition_local.manifests.messages import Json, line_error, line_warning

MAX_LINE_CHARACTERS = 100_000
MAX_BOXES, MAX_LABEL_CHARACTERS = 50, 255
BOXES, TAGS = "groundtruth/object-detection", "groundtruth/image-classification"
_METADATA = "-metadata"
_FINDINGS = ("errors", "warnings")
_GROUP = "group"
# Training shrinks a picture to this many pixels on its longer side; a box must be larger than 1 pixel then.
_TRAINING_SIDE = 1280

Size = tuple[int, int]


class UseCase(StrEnum):
    OBJECT_LOCALIZATION = "OBJECT_LOCALIZATION"
    IMAGE_LEVEL_LABELS = "IMAGE_LEVEL_LABELS"
    NOT_DETERMINED = "NOT_DETERMINED"


@dataclass(frozen=True, slots=True)
class Annotation:
    """A usable box, in pixels of the picture as it is stored."""

    label: str
    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Entry:
    """`line` is the JSON with its findings. `boxes` and `tags` are what can be learnt from it.

    has_errors   something is wrong with it, be it one box of many
    is_invalid   nothing of it can be used, which counts against the 20 %
    is_ignored   nothing is wrong, but nothing is labelled either
    image_size   of the picture if it was looked at, otherwise as the line says, if it does
    """

    source_ref: str | None
    line: Json
    boxes: tuple[Annotation, ...] = ()
    tags: tuple[str, ...] = ()
    has_errors: bool = False
    is_invalid: bool = False
    is_ignored: bool = False
    image_size: Size | None = None
    group: str | None = None

    @property
    def is_labeled(self) -> bool:
        return bool(self.boxes or self.tags)

    @property
    def is_usable(self) -> bool:
        return not self.is_invalid and not self.is_ignored

    def labels_for(self, use_case: UseCase) -> frozenset[str]:
        """What it shows of the labels of one use case."""
        if use_case is UseCase.OBJECT_LOCALIZATION:
            return frozenset(box.label for box in self.boxes)
        return frozenset(self.tags) if use_case is UseCase.IMAGE_LEVEL_LABELS else frozenset()

    def is_usable_for(self, use_case: UseCase) -> bool:
        return self.is_usable and bool(self.labels_for(use_case))

    @property
    def labels(self) -> frozenset[str]:
        return frozenset(self.tags).union(box.label for box in self.boxes)

    @property
    def text(self) -> str:
        """The line as one line of text."""
        return as_text(self.line)


def as_text(line: Json) -> str:
    return json.dumps(line, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def read_line(text: str) -> Entry:
    """Everything that can be said of a line without looking at the picture."""
    line = _parsed(text)
    # A line that was no JSON has been replaced by its error, and is still the same line when read again.
    if line is None or set(line) == {"errors"}:
        return Entry(
            None, {"errors": [line_error("ERROR_INVALID_JSON_LINE")]}, has_errors=True, is_invalid=True
        )
    return _judged(line, size=None, picture_error=None)


def judged(line: Json, *, size: Size | None, picture_error: str | None) -> Entry:
    """The entry of a line whose picture was looked at; boxes are held against its size, if it has one."""
    return _judged(deepcopy(line), size=size, picture_error=picture_error)


def _judged(line: Json, *, size: Size | None, picture_error: str | None) -> Entry:
    """Puts the findings into the line itself."""
    _drop_findings(line)
    reading = _Reading(line, size)
    reading.read_source_ref()
    for name in _attribute_names(line):
        reading.read_attribute(name)
    reading.conclude()
    if picture_error is not None:
        # AWS reports dimensions for pictures with boxes only.
        has_no_boxes = picture_error == "ERROR_INVALID_IMAGE_DIMENSION" and not reading.boxes
        reading.fail(line, "ERROR_INVALID_IMAGE" if has_no_boxes else picture_error)
        reading.is_unusable = True
    return reading.entry()


class _Reading:
    """The state of reading one line; `line` gets its findings on the way."""

    def __init__(self, line: Json, size: Size | None) -> None:
        self.line, self.size = line, size
        self.declared: Size | None = None
        self.boxes: list[Annotation] = []
        self.tags: list[str] = []
        self.has_errors = self.has_warnings = self.is_unusable = False
        self.valid_attributes = self.attributes = 0

    def entry(self) -> Entry:
        has_labels = bool(self.boxes or self.tags)
        is_ignored = not self.has_errors and self.has_warnings and not has_labels
        source_ref = self.line.get("source-ref")
        return Entry(
            source_ref=source_ref if isinstance(source_ref, str) else None,
            line=self.line,
            boxes=tuple(self.boxes),
            tags=tuple(dict.fromkeys(self.tags)),
            has_errors=self.has_errors,
            is_invalid=self.is_unusable or (not has_labels and not is_ignored),
            is_ignored=is_ignored and not self.is_unusable,
            image_size=self.size or self.declared,
            group=_group(self.line),
        )

    def fail(self, place: Json, code: str, attribute: str = "") -> None:
        self.has_errors = True
        place.setdefault("errors", []).append(line_error(code, attribute))

    def warn(self, place: Json, code: str) -> None:
        self.has_warnings = True
        place.setdefault("warnings", []).append(line_warning(code))

    def read_source_ref(self) -> None:
        if "source-ref" not in self.line:
            self.fail(self.line, "ERROR_MISSING_SOURCE_REF")
        elif not _is_place(self.line["source-ref"]):
            self.fail(self.line, "ERROR_INVALID_SOURCE_REF_FORMAT")
        self.is_unusable = self.has_errors

    def conclude(self) -> None:
        if self.attributes:
            if not self.valid_attributes:
                self.fail(self.line, "ERROR_NO_VALID_LABEL_ATTRIBUTES")
        elif set(self.line) - {"source-ref", _GROUP, *_FINDINGS}:
            self.fail(self.line, "ERROR_NO_LABEL_ATTRIBUTES")
        else:
            self.warn(self.line, "WARNING_UNANNOTATED_RECORD")

    def read_attribute(self, name: str) -> None:
        self.attributes += 1
        value, metadata = self.line[name], self.line[name + _METADATA]
        if not isinstance(metadata, dict) or not isinstance(metadata.get("type"), str):
            self.fail(
                metadata if isinstance(metadata, dict) else self.line,
                "ERROR_INVALID_LABEL_ATTRIBUTE_METADATA_FORMAT",
            )
        elif metadata["type"] == BOXES:
            self._read_boxes(name, value, metadata)
        elif metadata["type"] == TAGS:
            self._read_tag(name, value, metadata)
        else:
            self.fail(metadata, "ERROR_UNSUPPORTED_USE_CASE_TYPE")

    def _read_tag(self, name: str, value: Any, metadata: Json) -> None:
        label = metadata.get("class-name")
        if not _is_whole(value):
            self.fail(self.line, "ERROR_INVALID_LABEL_ATTRIBUTE_FORMAT", name)
        elif not _has_common_metadata(metadata) or not _is_confidence(metadata) or not isinstance(label, str):
            self.fail(metadata, "ERROR_INVALID_LABEL_ATTRIBUTE_METADATA_FORMAT")
        elif not _is_label(label):
            self.fail(metadata, "ERROR_INVALID_LABEL_NAME_LENGTH")
        else:
            self.valid_attributes += 1
            self.tags.append(label)

    def _read_boxes(self, name: str, value: Any, metadata: Json) -> None:
        if not isinstance(value, dict):
            self.fail(self.line, "ERROR_INVALID_LABEL_ATTRIBUTE_FORMAT", name)
            return
        if code := _fault_of_boxes(value):
            self.fail(value, code, name)
            return
        if code := _fault_of_metadata(value, metadata):
            self.fail(metadata, code)
            return
        self.valid_attributes += 1
        self.declared = self.declared or _declared_size(value)
        if not value.get("annotations"):
            # AWS gives both codes the same reason and tells them apart by a missing array only.
            code = "WARNING_NO_ANNOTATIONS" if "annotations" in value else "WARNING_NO_ATTRIBUTE_ANNOTATIONS"
            self.warn(value, code)
            return
        self._keep_good(value, metadata["class-map"])

    def _keep_good(self, value: Json, class_map: Json) -> None:
        before = len(self.boxes)
        size = self.size or _declared_size(value)
        for annotation in value["annotations"]:
            if code := _fault_of_annotation(annotation, size):
                self.fail(annotation, code)
                continue
            label = class_map[str(annotation["class_id"])]
            pixels = (annotation[key] for key in ("left", "top", "width", "height"))
            self.boxes.append(Annotation(label, *pixels))
        if len(self.boxes) == before:
            self.fail(value, "ERROR_NO_VALID_ANNOTATIONS")


def _parsed(text: str) -> Json | None:
    """The JSON object of a line; None when it is none, or one that could not be given back."""
    if len(text) > MAX_LINE_CHARACTERS:
        return None
    try:
        line = json.loads(text, parse_constant=_refuse)
        # Lone surrogates and numbers beyond a double can be read and never be written again.
        as_text(line).encode()
    except (ValueError, RecursionError):
        return None
    return line if isinstance(line, dict) else None


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is not JSON")


def _drop_findings(line: Json) -> None:
    places: list[Any] = [line, *line.values()]
    for value in line.values():
        if isinstance(value, dict) and isinstance(value.get("annotations"), list):
            places += value["annotations"]
    for place in places:
        if isinstance(place, dict):
            for key in _FINDINGS:
                place.pop(key, None)


def _attribute_names(line: Json) -> list[str]:
    return [key for key in line if key != "source-ref" and key + _METADATA in line]


def _group(line: Json) -> str | None:
    """What pictures of one scene share: `group` in a metadata, or on the line itself."""
    metadata = [value for key, value in line.items() if key.endswith(_METADATA) and isinstance(value, dict)]
    for place in (*metadata, line):
        group = place.get(_GROUP)
        if isinstance(group, str) and group:
            return group
    return None


def _fault_of_boxes(value: Json) -> str | None:
    annotations = value.get("annotations", [])
    if _declared_size(value) is None or not isinstance(annotations, list):
        return "ERROR_INVALID_LABEL_ATTRIBUTE_FORMAT"
    if not all(_is_annotation(annotation) for annotation in annotations):
        return "ERROR_INVALID_LABEL_ATTRIBUTE_FORMAT"
    return "ERROR_TOO_MANY_BOUNDING_BOXES" if len(annotations) > MAX_BOXES else None


def _fault_of_metadata(value: Json, metadata: Json) -> str | None:
    annotations, objects = value.get("annotations", []), metadata.get("objects")
    class_map = metadata.get("class-map")
    if not _has_common_metadata(metadata) or not isinstance(objects, list) or not _is_class_map(class_map):
        return "ERROR_INVALID_LABEL_ATTRIBUTE_METADATA_FORMAT"
    if len(objects) != len(annotations) or not all(_is_confidence(item) for item in objects):
        return "ERROR_MISSING_BOUNDING_BOX_CONFIDENCE"
    if any(str(annotation["class_id"]) not in metadata["class-map"] for annotation in annotations):
        return "ERROR_MISSING_CLASS_MAP_ID"
    if not all(_is_label(label) for label in metadata["class-map"].values()):
        return "ERROR_INVALID_LABEL_NAME_LENGTH"
    return None


def _fault_of_annotation(annotation: Json, size: Size | None) -> str | None:
    left, top, width, height = (annotation[key] for key in ("left", "top", "width", "height"))
    full_width, full_height = size or (0, 0)
    if min(left, top, width, height) < 0 or left + width > full_width or top + height > full_height:
        return "ERROR_INVALID_BOUNDING_BOX"
    longest = max(full_width, full_height)
    shrink = max(1.0, longest / _TRAINING_SIDE)
    return "ERROR_BOUNDING_BOX_TOO_SMALL" if min(width, height) / shrink <= 1 else None


def _declared_size(value: Json) -> Size | None:
    match value.get("image_size"):
        case [{"width": width, "height": height, "depth": depth}]:
            if all(_is_whole(number) and number > 0 for number in (width, height, depth)):
                return width, height
    return None


def _has_common_metadata(metadata: Json) -> bool:
    return metadata.get("human-annotated") in ("yes", "no") and _is_date(metadata.get("creation-date"))


def _is_annotation(annotation: Any) -> bool:
    keys = ("class_id", "left", "top", "width", "height")
    return isinstance(annotation, dict) and all(_is_whole(annotation.get(key)) for key in keys)


def _is_class_map(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(label, str) for label in value.values())


def _is_confidence(item: Any) -> bool:
    number = item.get("confidence") if isinstance(item, dict) else None
    return isinstance(number, int | float) and not isinstance(number, bool) and math.isfinite(number)


def _is_label(label: str) -> bool:
    return 0 < len(label) <= MAX_LABEL_CHARACTERS


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_date(value: Any) -> bool:
    try:
        datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True


def _is_place(value: Any) -> bool:
    if not isinstance(value, str) or len(value) > 2048:
        return False
    try:
        S3Place.parse(value)
    except ValueError:
        return False
    return True
