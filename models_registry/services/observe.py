"""Look at AWS and bring the mirror and the ledger into line with what it says. The world is the truth."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from models_registry.domain.arns import parse_version_arn
from models_registry.domain.lifecycle import Problem
from models_registry.domain.ports import (
    AccessDenied,
    Rekognition,
    RekognitionError,
    ResourceNotFound,
    Versions,
    VersionState,
)
from models_registry.models import Connection, ModelVersion, Project
from models_registry.selectors.board import Board, VersionRow
from models_registry.services.ledger import settle_run

Connect = Callable[[Connection], Rekognition]

DENIED_IS_ALL = 3
"""So many projects denied and none answered: the connection is, and asking on only costs calls."""
CALLS_AHEAD_SECONDS = 4
"""A tick describes at most as many projects as AWS allows in this time; the longest unseen go first."""


@dataclass(slots=True)
class Sighting:
    """What a look at AWS brought: projects that answered, how many did not, and those AWS keeps from us."""

    answered: list[int] = field(default_factory=list)
    unanswered: int = 0
    denied: set[int] = field(default_factory=set)


def observe(board: Board, *, at: datetime, connect: Connect) -> Sighting:
    """Describe the projects of the board within each connection's pace, and settle what has changed.

    `board` is brought up to date in place. A project that does not answer keeps its last known state.
    """
    sighting = Sighting()
    grouped = board.by_project()
    for connection in board.connections.values():
        mine = [rows for rows in grouped.values() if rows[0].connection_id == connection.pk]
        _observe_connection(board, connection, mine, sighting, at=at, rekognition=connect(connection))
    if sighting.answered:
        Project.objects.filter(pk__in=sighting.answered).update(observed_at=at)
    return sighting


def _observe_connection(
    board: Board,
    connection: Connection,
    projects: list[list[VersionRow]],
    sighting: Sighting,
    *,
    at: datetime,
    rekognition: Rekognition,
) -> None:
    failed: RekognitionError | None = None
    denied: list[int] = []
    answered = len(sighting.answered)
    budget = connection.control_plane_tps * CALLS_AHEAD_SECONDS
    for rows in in_order_of_need(projects)[:budget]:
        try:
            versions = rekognition.describe_versions(rows[0].project_arn)
        except ResourceNotFound:
            versions = Versions(at, ())
        except RekognitionError as error:
            failed = error
            sighting.unanswered += 1
            if isinstance(error, AccessDenied):
                denied.append(rows[0].project_id)
            if len(denied) == DENIED_IS_ALL and len(sighting.answered) == answered:
                denied += [others[0].project_id for others in projects]
                break
            continue
        settle_project(board, rows, versions, at=at)
        sighting.answered.append(rows[0].project_id)
    sighting.denied.update(denied)
    _note_connection(connection, failed, at=at)


def in_order_of_need(projects: Iterable[list[VersionRow]]) -> list[list[VersionRow]]:
    """Return projects with something on the move first, then those unseen for longest."""
    return sorted(projects, key=lambda rows: (not any(_is_moving(row) for row in rows), _last_seen(rows)))


def _is_moving(row: VersionRow) -> bool:
    if row.status in {"STARTING", "STOPPING"}:
        return True
    return row.deployment_id is not None and bool(row.is_wanted) != (row.status == "RUNNING")


def _last_seen(rows: list[VersionRow]) -> float:
    return rows[0].seen_at.timestamp() if rows[0].seen_at else 0.0


def settle_project(board: Board, rows: list[VersionRow], versions: Versions, *, at: datetime) -> None:
    """Bring a project's versions and their runs into line with one answer of AWS."""
    states = {state.arn: state for state in versions.versions}
    for row in rows:
        state = states.pop(row.arn, None)
        _settle_version(board, row, state, versions.answered_at)
        row.seen_at = at
    for state in states.values():
        mirror_version(rows[0].project_id, state, seen_at=versions.answered_at)


def _settle_version(board: Board, row: VersionRow, state: VersionState | None, seen_at: datetime) -> None:
    """Settle one version; touches the database only when something differs from what is written down."""
    is_gone = state is None
    if (state is not None and state.status != row.status) or is_gone != row.is_gone:
        with transaction.atomic():
            _write_status(row, state, seen_at)
            settle_run(board, row, at=seen_at)
    elif row.pk in board.open_runs or row.status in {"STARTING", "RUNNING", "STOPPING"}:
        settle_run(board, row, at=seen_at)


def _write_status(row: VersionRow, state: VersionState | None, seen_at: datetime) -> None:
    if state is None:
        row.is_gone = True
        ModelVersion.objects.filter(pk=row.pk).update(gone_at=seen_at)
        return
    row.status, row.is_gone, row.units = state.status.value, False, state.min_inference_units
    row.status_since = seen_at
    ModelVersion.objects.filter(pk=row.pk).update(**_mirrored(state), gone_at=None, status_since=seen_at)


def mirror_version(project_id: int, state: VersionState, *, seen_at: datetime) -> ModelVersion:
    """Write down a version as AWS describes it, new or known."""
    version, is_new = ModelVersion.objects.get_or_create(
        arn=state.arn,
        defaults={
            "project_id": project_id,
            "name": parse_version_arn(state.arn).version,
            "aws_created_at": state.created_at,
            "status_since": seen_at,
            **_mirrored(state),
        },
    )
    if not is_new:
        changed = version.status != state.status.value
        ModelVersion.objects.filter(pk=version.pk).update(
            **_mirrored(state), gone_at=None, **({"status_since": seen_at} if changed else {})
        )
    return version


def mirror_training(version: ModelVersion, state: VersionState) -> None:
    """Write down what training left, if it is not yet: the status may have been seen before it was told."""
    learnt = _learnt(state)
    if any(getattr(version, name) != value for name, value in learnt.items()):
        ModelVersion.objects.filter(pk=version.pk).update(**learnt)


def _mirrored(state: VersionState) -> dict[str, object]:
    return {
        "status": state.status.value,
        "status_message": state.status_message,
        "min_inference_units": state.min_inference_units,
        **_learnt(state),
    }


def _learnt(state: VersionState) -> dict[str, object]:
    return {
        "f1_score": state.f1_score,
        "trained_at": state.trained_at,
        "billable_training_seconds": state.billable_training_seconds,
        "summary_uri": state.summary_uri,
        "training_snapshot_uri": state.training_snapshot_uri,
        "testing_snapshot_uri": state.testing_snapshot_uri,
    }


def _note_connection(connection: Connection, failed: RekognitionError | None, *, at: datetime) -> None:
    """Remember since when a connection fails, and forget it when it answers; writes only on a change."""
    code = failed.code if failed else ""
    if code == connection.error_code:
        return
    Connection.objects.filter(pk=connection.pk).update(
        error_code=code,
        error_message=failed.message[:1_000] if failed else "",
        failing_since=(connection.failing_since or at) if failed else None,
    )


def problem_of(row: VersionRow, sighting: Sighting) -> tuple[Problem, ...]:
    """Return what is wrong with a version's project as its deployment should show it."""
    return (Problem.ACCESS_DENIED,) if row.project_id in sighting.denied else ()
