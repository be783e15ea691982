"""The evaluation summary that training leaves in S3, read into figures.

AWS documents two layouts: overall figures directly under AggregatedEvaluationResults, or under its `Metrics`.
Detectors add AveragePrecision and AverageRecall. Every field may be missing. (Custom Labels Guide, "Accessing
the model summary file" and "Reference: Training results summary file".)
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.base.errors import PortalError

MAX_BYTES = 8 * 1024 * 1024
"""A summary of 250 labels with every cell of its confusion matrix has about 6 MB."""
ENOUGH_TEST_IMAGES = 50
"""With fewer a label's assumed threshold fits its test images by chance: its F1 is 0.02 to 0.06 too good."""
LONGEST_LABEL = 255


def _(text: str) -> str:
    """Mark a sentence for the catalogue; it is translated when it is shown."""
    return text


WHAT_TO_DO: Mapping[str, str] = {
    "object_missing": _(
        "The file is not there: it was moved or deleted in S3. Put it back, or train the version again."
    ),
    "object_denied": _(
        "S3 does not let the portal read it. Allow s3:GetObject on this bucket for the connection's role; "
        "with s3:ListBucket a missing file can be told from a forbidden one."
    ),
    "object_too_large": _("The file is far larger than an evaluation summary. Check what lies there."),
    "store_unanswered": _("S3 did not answer. It is asked again with the next sync."),
    "object_unread": _("S3 refused the request. Check the bucket and the region of the connection."),
    "summary_unreadable": _(
        "The file is not an evaluation summary that the portal understands. Check that nothing has "
        "overwritten it."
    ),
    "summary_version_unknown": _(
        "The file is in a newer format than the portal knows. Update the portal, or look at the figures in "
        "the AWS console."
    ),
}
"""Sentences by the code of the error that kept a summary from being read."""


class SummaryUnreadable(PortalError):
    """The file is no evaluation summary, or a figure in it is none."""

    code = "summary_unreadable"


class SummaryVersionUnknown(PortalError):
    """The file is an evaluation summary in a format of the future."""

    code = "summary_version_unknown"


@dataclass(frozen=True, slots=True)
class LabelEvaluation:
    """How a version did on one label. Ratios 0-1; None is not said."""

    label: str
    test_images: int | None
    threshold: float | None
    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True, slots=True)
class EvaluationSummary:
    """How a version did on its test images. The averages are of detectors only."""

    f1: float | None
    precision: float | None
    recall: float | None
    average_precision: float | None
    average_recall: float | None
    training_images: int | None
    test_images: int | None
    labels: tuple[LabelEvaluation, ...]


def parse_summary(content: bytes) -> EvaluationSummary:
    """Read a summary in either layout. Raises SummaryUnreadable and SummaryVersionUnknown."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise SummaryUnreadable(f"The evaluation summary is not JSON: {error}.") from error
    root = _object(document, "The evaluation summary")
    if (version := root.get("Version", 1)) != 1:
        raise SummaryVersionUnknown(f"The evaluation summary has Version {version!r}; the portal knows 1.")
    if not root.keys() & {"AggregatedEvaluationResults", "LabelEvaluationResults"}:
        raise SummaryUnreadable("The evaluation summary has no evaluation results.")
    overall = _part(root, "AggregatedEvaluationResults")
    overall = {**overall, **_part(overall, "Metrics")}
    details = _part(root, "EvaluationDetails")
    return EvaluationSummary(
        f1=_ratio(overall, "F1Score"),
        precision=_ratio(overall, "Precision"),
        recall=_ratio(overall, "Recall"),
        average_precision=_ratio(overall, "AveragePrecision"),
        average_recall=_ratio(overall, "AverageRecall"),
        training_images=_count(details, "NumberOfTrainingImages"),
        test_images=_count(details, "NumberOfTestingImages"),
        labels=_labels(root.get("LabelEvaluationResults")),
    )


def _labels(value: Any) -> tuple[LabelEvaluation, ...]:
    if not isinstance(value, list | None):
        raise SummaryUnreadable("LabelEvaluationResults is not a list.")
    labels = [_label(_object(entry, "An entry of LabelEvaluationResults")) for entry in value or []]
    if len({each.label for each in labels}) < len(labels):
        raise SummaryUnreadable("LabelEvaluationResults names a label twice.")
    return tuple(labels)


def _label(entry: Mapping[str, Any]) -> LabelEvaluation:
    name = entry.get("Label")
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_LABEL or "\0" in name:
        raise SummaryUnreadable(f"LabelEvaluationResults has no usable label in {entry!r:.200}.")
    metrics = _part(entry, "Metrics")
    return LabelEvaluation(
        label=name,
        test_images=_count(entry, "NumberOfTestingImages"),
        threshold=_ratio(metrics, "Threshold"),
        precision=_ratio(metrics, "Precision"),
        recall=_ratio(metrics, "Recall"),
        f1=_ratio(metrics, "F1Score"),
    )


def _object(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise SummaryUnreadable(f"{what} is not an object.")
    return value


def _part(whole: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = whole.get(name)
    return {} if value is None else _object(value, name)


def _ratio(figures: Mapping[str, Any], name: str) -> float | None:
    value = figures.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise SummaryUnreadable(f"{name} is {value!r:.50}, not a number.")
    if not 0 <= value <= 1:
        raise SummaryUnreadable(f"{name} is {value}, not between 0 and 1.")
    return float(value)


def _count(figures: Mapping[str, Any], name: str) -> int | None:
    value = figures.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        raise SummaryUnreadable(f"{name} is {value!r:.50}, not a number of images.")
    return value
