"""Compare two versions on the same pictures: asked for by a person or a training, worked out by a worker."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db.models import Q

from detections.domain.evaluation.comparison import (
    Comparison,
    Difference,
    Gate,
    LabelChange,
    check_gate,
    compare,
)
from detections.domain.evaluation.matching import as_ratio
from detections.models import TrainingSet, VersionComparison
from detections.selectors.looks import Unjudged, unjudged_by
from detections.selectors.pairs import Pairs, bestsellers_of, pairs_of
from detections.selectors.serving import rules_of_rivals
from models_registry.domain.objects import ObjectStore
from models_registry.models import Connection, LabelMetrics, ModelVersion
from portal.base.models import User

logger = logging.getLogger(__name__)
LEASE = timedelta(minutes=5)
SEED = 20_261_101
"""The bootstrap's: the same pictures give the same intervals."""
GATE = Gate()


def ask_for(*, old: ModelVersion, new: ModelVersion, author: User | None, at: datetime) -> VersionComparison:
    """Ask for a comparison, or for the same again; what was found before stays until the worker is done."""
    asked, _ = VersionComparison.objects.update_or_create(
        old_version=old, new_version=new,
        defaults={"author": author, "asked_at": at, "is_waiting": True, "problem": ""},
    )  # fmt: skip
    return asked


def compare_with_live(made: TrainingSet, *, at: datetime) -> None:
    """Ask for comparisons of a set's version with whatever is live in its project."""
    if made.version is None:
        return
    live = ModelVersion.objects.filter(project=made.project_id, deployment__isnull=False)
    for each in live.exclude(pk=made.version.pk).order_by("pk"):
        ask_for(old=each, new=made.version, author=made.author, at=at)


def advance_comparisons(
    *, at: datetime, open_buckets: Callable[[Connection], ObjectStore], is_time: Callable[[], bool]
) -> int:
    """Work out comparisons that somebody waits for, oldest first, while there is time; return how many."""
    made = 0
    waiting = VersionComparison.objects.filter(is_waiting=True).order_by("asked_at", "pk")
    for row in waiting.select_related("old_version", "new_version__project__connection"):
        if not is_time():
            break
        free = VersionComparison.objects.filter(
            Q(lease_until__isnull=True) | Q(lease_until__lte=at), pk=row.pk
        )
        if free.update(lease_until=at + LEASE):
            made += _make(row, open_buckets, at)
    return made


def _make(row: VersionComparison, open_buckets: Callable[[Connection], ObjectStore], at: datetime) -> bool:
    """Work one out; tell whether it was not asked for again meanwhile, for then the next outcome counts."""
    open_objects = partial(open_buckets, row.new_version.project.connection)
    pairs = pairs_of(row.old_version, row.new_version, open_objects=open_objects)
    outcome = outcome_of(row.old_version, row.new_version, pairs)
    VersionComparison.objects.filter(pk=row.pk).update(
        outcome=outcome, made_at=at, problem=pairs.problem, lease_until=None
    )
    asked = VersionComparison.objects.filter(pk=row.pk, asked_at=row.asked_at)
    logger.info("comparison %s made on %s pictures", row.pk, len(pairs.pairs))
    return asked.update(is_waiting=False) == 1


def outcome_of(old: ModelVersion, new: ModelVersion, pairs: Pairs) -> dict[str, Any]:
    """Return what a comparison row keeps (models.comparison); about ten queries."""
    rules = rules_of_rivals(old, new)
    thresholds = [lambda label, own=each: as_ratio(own.threshold(label)) for each in rules]
    found = compare(
        [pair.old for pair in pairs.pairs], [pair.new for pair in pairs.pairs],
        old_threshold=thresholds[0], new_threshold=thresholds[1], seed=SEED,
    )  # fmt: skip
    known = frozenset(LabelMetrics.objects.filter(version=new).values_list("label", flat=True))
    failures = check_gate(found, bestsellers=bestsellers_of(old), known=known, gate=GATE)
    unjudged = unjudged_by(old, new, rules[1])
    return {
        **_told(found, pairs),
        "failures": [[each.hurdle.value, each.label, each.value] for each in failures],
        "unjudged": _unjudged(unjudged),
    }


def _told(found: Comparison, pairs: Pairs) -> dict[str, Any]:
    changes = zip(pairs.pairs, found.changes, strict=True)
    return {
        "pictures": {"tested": pairs.tested, "answered": pairs.answered, "looked": pairs.looked},
        "total": _label(found.total),
        "labels": [_label(each) for each in found.labels],
        "changes": [[pair.photo, pair.number, change.value] for pair, change in changes],
    }


def _label(each: LabelChange) -> dict[str, Any]:
    ratios = {"precision": each.precision, "recall": each.recall, "f1": each.f1}
    return {
        "label": each.label,
        "truths": each.truths,
        **{name: _difference(ratio) for name, ratio in ratios.items()},
    }


def _difference(each: Difference) -> list[Any]:
    return [each.old, each.new, None if each.interval is None else list(each.interval)]


def _unjudged(found: Unjudged) -> dict[str, Any]:
    different = [[each.photo, list(each.old), list(each.new)] for each in found.different]
    return {"alike": found.alike, "different": different}
