"""What is written down of safety stops that could not be armed, were not carried out, or were changed."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F

from models_registry.domain.lifecycle import Problem, retry_after
from models_registry.domain.safety import LATE_AFTER
from models_registry.domain.schedules import SchedulerError
from models_registry.models import Connection, SafetyStop, Trouble
from models_registry.selectors.board import VersionRow

CALM = {"failures": 0, "retry_after": None, "error_code": "", "error_message": ""}
"""What a safety stop shows when the last order was carried out."""


def note_refusal(stop: SafetyStop, error: SchedulerError, at: datetime) -> None:
    """Write a refusal beside the order; what AWS held before, it holds still."""
    held = SafetyStop.State.ARMED if stop.stops_at else SafetyStop.State.UNARMED
    SafetyStop.objects.filter(pk=stop.pk).update(
        state=held, failures=F("failures") + 1, retry_after=retry_after(stop.failures + 1, at),
        error_code=error.code, error_message=error.message[:1_000],
    )  # fmt: skip


def note_connection(connection: Connection, error: SchedulerError | None, *, at: datetime) -> None:
    """Remember since when an account cannot be armed, and forget it when it can; writes on a change only."""
    if error is None and not connection.safety_error_code:
        return
    connection.safety_error_code = error.code if error else ""
    connection.safety_error_message = error.message[:1_000] if error else ""
    connection.safety_failing_since = (connection.safety_failing_since or at) if error else None
    connection.safety_tried_at = at if error else None
    names = ("safety_error_code", "safety_error_message", "safety_failing_since", "safety_tried_at")
    Connection.objects.filter(pk=connection.pk).update(**{name: getattr(connection, name) for name in names})


def note_missed(row: VersionRow, stop: SafetyStop, *, at: datetime) -> None:
    """Say that AWS has not carried a schedule out: the model runs on although its instant is long past."""
    if stop.stops_at is not None and row.status == "RUNNING" and at - stop.stops_at > LATE_AFTER:
        open_trouble(row.pk, Problem.SAFETY_MISSED, stop.stops_at, at=at)


def open_trouble(version_id: int, code: Problem, stops_at: datetime, *, at: datetime) -> None:
    """Open a problem of a version's safety stop; at most one of a kind stands."""
    params = {"stops_at": stops_at.isoformat()}
    trouble = Trouble(version_id=version_id, code=code, params=params, opened_at=at)
    Trouble.objects.bulk_create([trouble], ignore_conflicts=True)
