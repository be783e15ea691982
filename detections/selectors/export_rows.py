"""What a file of the history says of a photo, and of a box."""

from __future__ import annotations

from typing import Any

from detections.domain.exports import Shape
from detections.models import DetectedLabel, Detection
from detections.selectors.history import HistoryRow, rows_of

PHOTO_COLUMNS = (
    "id", "store", "taken_at", "received_at", "register", "source", "outcome", "error", "accepted", "near",
    "smallest_margin", "corrected", "total_ms", "rekognition_ms", "version", "sha256",
)  # fmt: skip
BOX_COLUMNS = (
    "photo", "store", "taken_at", "source", "outcome", "label", "confidence", "threshold", "fate", "left",
    "top", "width", "height", "picture_width", "picture_height", "version", "sha256", "box",
)  # fmt: skip
COLUMNS = {Shape.PHOTOS: PHOTO_COLUMNS, Shape.BOXES: BOX_COLUMNS}


def export_rows(page: list[Detection], shape: Shape) -> list[list[Any]]:
    """Return the rows of some photos in their order, cells as in COLUMNS. One query.

    Confidences and thresholds are percentages, sides of a box shares of the picture; every raw box is
    there, hidden ones too. A photo without boxes has no row among boxes.
    """
    if shape is Shape.PHOTOS:
        return [_photo(each) for each in rows_of(page)]
    found = DetectedLabel.objects.filter(detection__in=[row.pk for row in page]).select_related("label")
    boxes: dict[int, list[DetectedLabel]] = {}
    for box in found.order_by("id"):
        boxes.setdefault(box.detection_id, []).append(box)
    return [_box(row, box) for row in page for box in boxes.get(row.pk, ())]


def _photo(each: HistoryRow) -> list[Any]:
    row = each.detection
    return [
        row.pk, row.store.code, row.taken_at.isoformat(), row.at.isoformat(), row.register, row.source,
        row.outcome, row.error_code, "; ".join(f"{name} × {count}" for name, count in each.accepted),
        "; ".join(f"{name} {confidence:.1f}" for name, confidence in each.close), row.smallest_margin,
        row.is_corrected, row.total_ms, row.rekognition_ms, row.version.name if row.version else "",
        row.picture_sha256,
    ]  # fmt: skip


def _box(row: Detection, box: DetectedLabel) -> list[Any]:
    return [
        row.pk, row.store.code, row.taken_at.isoformat(), row.source, row.outcome, box.label.name,
        box.confidence, box.threshold, _fate(box), box.left, box.top, box.width, box.height, row.width,
        row.height, row.version.name if row.version else "", row.picture_sha256, box.pk,
    ]  # fmt: skip


def _fate(box: DetectedLabel) -> str:
    return DetectedLabel.Fate(box.fate).name.lower()
