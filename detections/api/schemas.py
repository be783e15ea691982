"""What the API says, as OpenAPI shows it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from ninja import Field, Schema

from detections.domain.places import Box
from detections.models import Correction
from detections.selectors.answers import Answer, Shown, ShownPlace


class BoxOut(Schema):
    """Shares of the picture's width and height, as Rekognition's BoundingBox."""

    left: float
    top: float
    width: float
    height: float


class BoxIn(Schema):
    left: float = Field(ge=-1, le=2, allow_inf_nan=False)
    top: float = Field(ge=-1, le=2, allow_inf_nan=False)
    width: float = Field(gt=0, le=2, allow_inf_nan=False)
    height: float = Field(gt=0, le=2, allow_inf_nan=False)


class LabelOut(Schema):
    """A label with its confidence and the threshold it was held against, in percent."""

    label: str
    confidence: float
    threshold: float
    box: BoxOut | None = None


class PlaceOut(Schema):
    """A place where a person decides: the labels it may be, likeliest first."""

    box: BoxOut | None = None
    candidates: list[LabelOut]


class ModelOut(Schema):
    """Which model answered, by names that outlive its ARN."""

    deployment: str
    version: str
    threshold_set: int | None = None


class CorrectionOut(Schema):
    items: list[str]
    differs: bool
    at: datetime


class DetectionOut(Schema):
    """A photo and what was made of it."""

    id: int
    outcome: str
    taken_at: datetime
    register_id: str = ""
    model: ModelOut | None = None
    accepted: list[LabelOut]
    ask: list[PlaceOut]
    near_misses: list[PlaceOut]
    totals: dict[str, int]
    correction: CorrectionOut | None = None


class SoldIn(Schema):
    label: str = Field(min_length=1, max_length=255, pattern=r"^[^\x00]+$")
    box: BoxIn | None = None


class CorrectionIn(Schema):
    """What was finally sold: one entry an item, so two of a kind are two entries."""

    items: list[SoldIn] = Field(max_length=300)
    register_id: str = Field("", max_length=40, pattern=r"^[^\x00]*$")


class ImportQuery(Schema):
    """What stands for what the entries do not say; `ids=1` asks for the detections' ids."""

    taken_at: str = Field("", max_length=40)
    register_id: str = Field("", max_length=40, pattern=r"^[^\x00-\x1f]*$")
    ids: bool = False


class LineOut(Schema):
    """An entry that was refused; `line` counts entries from 1."""

    line: int
    code: str
    detail: str


class FoundOut(Schema):
    line: int
    id: int


class ImportOut(Schema):
    """What became of a log. `refusals` has the first thousand."""

    imported: int
    repeated: int
    refused: int
    refusals: list[LineOut]
    detections: list[FoundOut]


class UploadIn(Schema):
    content_type: Literal["image/jpeg", "image/png"] = "image/jpeg"


class UploadOut(Schema):
    """Where one picture may be put: POST `fields` and the file as `file` to `url`, then name `s3_key`."""

    s3_key: str
    url: str
    fields: dict[str, str]
    expires_at: datetime


class LabelInfo(Schema):
    label: str
    threshold: float
    name_ja: str | None = None
    name_en: str | None = None
    price: str | None = None
    currency: str | None = None


class StoreOut(Schema):
    """Whether the store is open and its model ready, and what to do if not."""

    code: str
    name: str
    timezone: str
    is_open: bool
    changes_at: datetime | None = None
    model_state: str
    is_ready: bool
    ready_at: datetime | None = None
    may_be_started: bool
    fallback: str
    labels: list[LabelInfo]


def box_out(box: Box | None) -> BoxOut | None:
    return BoxOut(left=box.left, top=box.top, width=box.width, height=box.height) if box else None


def label_out(shown: Shown) -> LabelOut:
    return LabelOut(
        label=shown.label, confidence=shown.confidence, threshold=shown.threshold, box=box_out(shown.box)
    )


def place_out(place: ShownPlace) -> PlaceOut:
    return PlaceOut(box=box_out(place.box), candidates=[label_out(each) for each in place.candidates])


def detection_out(answer: Answer, correction: Correction | None = None) -> DetectionOut:
    """Put an answer into the API's shape; names, never ARNs."""
    row = answer.detection
    model = None
    if row.deployment is not None and row.version is not None:
        number = row.threshold_set.number if row.threshold_set else None
        model = ModelOut(deployment=row.deployment.name, version=row.version.name, threshold_set=number)
    return DetectionOut(
        id=row.pk,
        outcome=row.outcome,
        taken_at=row.taken_at,
        register_id=row.register,
        model=model,
        accepted=[label_out(each) for each in answer.accepted],
        ask=[place_out(each) for each in answer.ask],
        near_misses=[place_out(each) for each in answer.near_misses],
        totals=answer.totals,
        correction=correction_out(correction),
    )


def correction_out(correction: Correction | None) -> CorrectionOut | None:
    if correction is None:
        return None
    items = [each["label"] for each in correction.items]
    return CorrectionOut(items=items, differs=correction.differs, at=correction.created_at)
