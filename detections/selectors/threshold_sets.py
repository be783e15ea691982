"""What a person sees before publishing thresholds: every label, what is in force, and the sets before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from detections.domain.places import Rules
from detections.domain.thresholds import (
    FEW_TEST_BOXES,
    LOW_PERCENT,
    Measured,
    Warned,
    assumed_percents,
    warnings_for,
)
from detections.models import ThresholdSet
from detections.selectors.serving import newest_set, rules_of
from models_registry.models import Deployment, LabelMetrics, ModelVersion

SHOWN_SETS = 30
UNPUBLISHED = ThresholdSet(number=0)
"""What holds before the first set is published."""


class Source(StrEnum):
    """Where the threshold in force of a label comes from."""

    SET = "SET"
    ASSUMED = "ASSUMED"
    FALLBACK = "FALLBACK"


@dataclass(frozen=True, slots=True)
class LabelLine:
    """A label with its figures; percentages, F1 as a ratio. `typed` is what the set in force says of it."""

    label: str
    assumed: float | None
    f1_score: float | None
    test_images: int | None
    in_force: float
    source: Source
    typed: float | None
    warned: tuple[Warned, ...]

    @property
    def has_few_images(self) -> bool:
        return Warned.FEW_TEST_BOXES in self.warned

    @property
    def is_low(self) -> bool:
        return Warned.LOW in self.warned


@dataclass(frozen=True, slots=True)
class Sheet:
    """A deployment's labels under the set in force; `number` is 0 before the first set."""

    version: ModelVersion | None
    current: ThresholdSet
    lines: tuple[LabelLine, ...]
    has_metrics: bool
    few: int = FEW_TEST_BOXES
    low: float = LOW_PERCENT

    @property
    def number(self) -> int:
        return self.current.number


@dataclass(frozen=True, slots=True)
class _Word:
    """What the set in force, AWS and the rules that follow from both say of labels."""

    typed: Mapping[str, float]
    assumed: Mapping[str, float]
    rules: Rules

    def source(self, label: str) -> Source:
        if label in self.typed:
            return Source.SET
        return Source.ASSUMED if label in self.assumed else Source.FALLBACK


def sheet_of(deployment: Deployment) -> Sheet:
    """Return what the page of thresholds shows; two queries."""
    version, current = deployment.live_version, newest_set(deployment)
    found = LabelMetrics.objects.filter(version=version).order_by("label", "id") if version else ()
    metrics = {each.label: each for each in found}
    assumed = assumed_percents(_measured(each) for each in metrics.values())
    word = _Word(current.thresholds if current else {}, assumed, rules_of(current, assumed))
    labels = sorted({*metrics, *word.typed})
    lines = tuple(_line(label, metrics.get(label), word) for label in labels)
    return Sheet(version, current or UNPUBLISHED, lines, bool(metrics))


def _measured(metrics: LabelMetrics) -> Measured:
    return Measured(metrics.label, metrics.assumed_threshold, metrics.test_images)


def _line(label: str, metrics: LabelMetrics | None, word: _Word) -> LabelLine:
    percent = word.rules.threshold(label)
    return LabelLine(
        label=label,
        assumed=word.assumed.get(label),
        f1_score=metrics.f1_score if metrics else None,
        test_images=metrics.test_images if metrics else None,
        in_force=percent,
        source=word.source(label),
        typed=word.typed.get(label),
        warned=warnings_for(percent, _measured(metrics) if metrics else None),
    )


@dataclass(frozen=True, slots=True)
class Change:
    """One thing in which a set differs from the one before, as written."""

    what: Any
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PastSet:
    """A published set, and how it differs from the one before."""

    published: ThresholdSet
    changes: tuple[Change, ...]


def history_of(deployment: Deployment) -> list[PastSet]:
    """Return the newest published sets, newest first; one query."""
    found = ThresholdSet.objects.filter(deployment=deployment).select_related("author", "version__project")
    newest = list(found.order_by("-number", "id")[: SHOWN_SETS + 1])
    pairs = pairwise([*newest, UNPUBLISHED] if len(newest) <= SHOWN_SETS else newest)
    return [PastSet(each, tuple(_changes(before, each))) for each, before in pairs]


def older_set(deployment: Deployment, number: int) -> ThresholdSet | None:
    """Return a published set by its number, or None; one query."""
    return ThresholdSet.objects.filter(deployment=deployment, number=number).first()


def _changes(before: ThresholdSet, after: ThresholdSet) -> Iterator[Change]:
    follows = gettext("AWS's assumed")
    for label in sorted({*before.thresholds, *after.thresholds}):
        old, new = before.thresholds.get(label), after.thresholds.get(label)
        if old != new:
            yield Change(label, _percent(old) or follows, _percent(new) or follows)
    for name, said in BESIDES.items():
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            yield Change(said, _written(old), _written(new))


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:g} %"


def _written(value: float | bool) -> str:
    if isinstance(value, bool):
        return gettext("on") if value else gettext("off")
    return f"{value:g}"


BESIDES = {
    "fallback": _("for other labels"),
    "near_miss_band": _("near miss within"),
    "ask_band": _("ask within"),
    "suppresses_duplicates": _("one bread, one box"),
    "same_place": _("same place from"),
}
