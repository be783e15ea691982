"""Read the evaluation summaries that trainings have left in S3, each once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from models_registry.domain.evaluation import (
    MAX_BYTES,
    EvaluationSummary,
    SummaryUnreadable,
    SummaryVersionUnknown,
    parse_summary,
)
from models_registry.domain.objects import ObjectStore, ObjectStoreError, StoreUnanswered, place_of
from models_registry.models import Connection, Evaluation, LabelMetrics, ModelVersion
from portal.base.errors import PortalError

OpenBuckets = Callable[[Connection], ObjectStore]

MOST_AT_ONCE = 100
"""So many summaries are read with one look at a connection; those that were never tried go first."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How many summaries were read, and how many could not be."""

    read: int = 0
    unread: int = 0


def read_evaluations(connection: Connection, *, at: datetime, objects: ObjectStore) -> Reading:
    """Read the summaries not yet read. A store that does not answer is not asked further this time."""
    read = unread = 0
    for version in _waiting(connection):
        try:
            summary = parse_summary(objects.read(*place_of(version.summary_uri), max_bytes=MAX_BYTES))
        except (ObjectStoreError, SummaryUnreadable, SummaryVersionUnknown) as error:
            unread += 1
            _note_problem(version, error, at)
            if isinstance(error, StoreUnanswered):
                break
        else:
            read += 1
            _store(version, summary, at)
    return Reading(read, unread)


def _waiting(connection: Connection) -> list[ModelVersion]:
    unread = Q(evaluation__isnull=True) | Q(evaluation__read_at__isnull=True)
    found = ModelVersion.objects.filter(unread, project__connection=connection, gone_at__isnull=True)
    order = F("evaluation__tried_at").asc(nulls_first=True)
    return list(found.exclude(summary_uri="").order_by(order, "id")[:MOST_AT_ONCE])


def _note_problem(version: ModelVersion, error: PortalError, at: datetime) -> None:
    noted = {"tried_at": at, "problem": error.code, "detail": error.message[:1_000]}
    rows = Evaluation.objects.filter(version=version)
    if not rows.filter(read_at__isnull=True).update(**noted) and not rows.exists():
        Evaluation.objects.bulk_create([Evaluation(version=version, **noted)], ignore_conflicts=True)


def _store(version: ModelVersion, summary: EvaluationSummary, at: datetime) -> None:
    """Replace what is known of the version's figures, all at once."""
    with transaction.atomic():
        ModelVersion.objects.select_for_update().get(pk=version.pk)
        LabelMetrics.objects.filter(version=version).delete()
        LabelMetrics.objects.bulk_create(
            LabelMetrics(
                version=version,
                label=each.label,
                assumed_threshold=each.threshold,
                precision=each.precision,
                recall=each.recall,
                f1_score=each.f1,
                test_images=each.test_images,
            )
            for each in summary.labels
        )
        Evaluation.objects.update_or_create(
            version=version,
            defaults={
                "tried_at": at,
                "read_at": at,
                "problem": "",
                "detail": "",
                "f1_score": summary.f1,
                "precision": summary.precision,
                "recall": summary.recall,
                "average_precision": summary.average_precision,
                "average_recall": summary.average_recall,
                "training_images": summary.training_images,
                "test_images": summary.test_images,
            },
        )
