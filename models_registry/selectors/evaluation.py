"""How well a version knows its labels, and what is known of that when nothing was read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.db.models import F

from models_registry.domain.evaluation import ENOUGH_TEST_IMAGES
from models_registry.domain.status import VersionStatus
from models_registry.models import Evaluation, LabelMetrics, ModelVersion


class Reading(StrEnum):
    """How far the reading of an evaluation has come."""

    READ = "READ"
    UNREADABLE = "UNREADABLE"
    WAITING = "WAITING"
    TRAINING = "TRAINING"
    FAILED = "FAILED"
    NONE = "NONE"


@dataclass(frozen=True, slots=True)
class LabelRow:
    """A label; `is_thin` when so few test images make its threshold look better than it is."""

    metrics: LabelMetrics
    is_thin: bool


@dataclass(frozen=True, slots=True)
class EvaluationPage:
    """What a version's page says of its evaluation, weakest label first."""

    reading: Reading
    evaluation: Evaluation | None
    labels: list[LabelRow]
    enough: int = ENOUGH_TEST_IMAGES

    @property
    def thin_labels(self) -> int:
        return sum(row.is_thin for row in self.labels)


def evaluation_of(version: ModelVersion) -> EvaluationPage:
    """Return a version's evaluation with its labels; two queries."""
    evaluation = Evaluation.objects.filter(version=version).first()
    weakest_first = (F("f1_score").asc(nulls_last=True), "label")
    labels = [_row(each) for each in LabelMetrics.objects.filter(version=version).order_by(*weakest_first)]
    return EvaluationPage(_reading(version, evaluation), evaluation, labels)


def _row(metrics: LabelMetrics) -> LabelRow:
    return LabelRow(metrics, metrics.test_images is not None and metrics.test_images < ENOUGH_TEST_IMAGES)


def _reading(version: ModelVersion, evaluation: Evaluation | None) -> Reading:
    if evaluation is not None:
        return Reading.READ if evaluation.read_at else Reading.UNREADABLE
    if version.summary_uri:
        return Reading.WAITING
    by_status = {
        VersionStatus.TRAINING_IN_PROGRESS: Reading.TRAINING,
        VersionStatus.TRAINING_FAILED: Reading.FAILED,
    }
    return by_status.get(VersionStatus(version.status), Reading.NONE)
