"""Threshold sets: what may be published, and what deserves a warning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from stores.domain.sentences import Refusal

FEW_TEST_BOXES = 50
"""Below this a label's F1 says little (measured: 20 test boxes leave an interval 0.14 wide)."""
LOW_PERCENT = 85.0
"""The article's experience: values below box one bread twice."""
FALLBACK_PERCENT = 50.0
MAX_LABELS = 250


class InvalidThresholds(Refusal):
    """A set that cannot be published; says what to do."""

    code = "invalid_thresholds"


class Warned(StrEnum):
    """Why a threshold deserves a second look."""

    FEW_TEST_BOXES = "FEW_TEST_BOXES"
    LOW = "LOW"


@dataclass(frozen=True, slots=True)
class Measured:
    """What the evaluation says of a label: assumed threshold 0–1 as AWS writes it, and its test boxes."""

    label: str
    assumed_threshold: float | None
    test_boxes: int | None


def assumed_percents(labels: Iterable[Measured]) -> dict[str, float]:
    """Return AWS's assumed thresholds in percent; a label without one is left to the fallback."""
    return {
        each.label: round(each.assumed_threshold * 100, 4)
        for each in labels
        if each.assumed_threshold is not None
    }


def check_thresholds(thresholds: Mapping[str, float]) -> None:
    """Raise InvalidThresholds unless every threshold is a percentage and no more labels than AWS allows."""
    if len(thresholds) > MAX_LABELS:
        raise InvalidThresholds(
            "%(count)s labels are more than a model can have (%(most)s).",
            count=len(thresholds),
            most=MAX_LABELS,
        )
    for label, percent in thresholds.items():
        if not 0 <= percent <= 100:
            raise InvalidThresholds(
                "The threshold of “%(label)s” must lie between 0 and 100, not %(percent)s.",
                label=label,
                percent=percent,
            )


def warnings_for(percent: float, measured: Measured | None) -> tuple[Warned, ...]:
    """Return what a person should know before publishing a threshold."""
    found = []
    if measured is None or measured.test_boxes is None or measured.test_boxes < FEW_TEST_BOXES:
        found.append(Warned.FEW_TEST_BOXES)
    if percent < LOW_PERCENT:
        found.append(Warned.LOW)
    return tuple(found)
