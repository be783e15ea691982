"""Keep the run ledger in line with what AWS says: open, date and close runs."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from models_registry.domain.lead import usual_start_seconds
from models_registry.domain.lifecycle import ANSWER_PATIENCE
from models_registry.domain.status import STARTABLE, VersionStatus
from models_registry.models import DeploymentState, Run
from models_registry.selectors.board import STATUS, Board, RunRow, VersionRow
from models_registry.selectors.plans import observed_starts
from models_registry.services.needs import freeze_needs
from models_registry.services.orders import note_failure
from models_registry.services.safety_fired import note_fired

CALM = timedelta(seconds=15)
"""Two looks closer together than this date a change well enough by themselves."""


def settle_run(board: Board, row: VersionRow, *, at: datetime) -> None:
    """Bring the open run of a version, if any, into line with its status as seen at `at` (AWS's clock)."""
    run = board.open_runs.get(row.pk)
    if row.is_gone:
        if run is not None:
            close_run(board, run, at=at, outcome=Run.Outcome.GONE)
        return
    match STATUS[row.status]:
        case VersionStatus.STARTING:
            _note_starting(board, row, run, at)
        case VersionStatus.RUNNING:
            _note_running(board, row, run, at)
        case VersionStatus.STOPPING if run is not None:
            _note_stopping(row, run, at)
        case status if run is not None:
            _note_at_rest(board, row, run, status, at)


def _note_starting(board: Board, row: VersionRow, run: RunRow | None, at: datetime) -> None:
    run = _unless_stopped(board, row, run, at)
    if run is None:
        _open_outside_run(board, row, at, running_at=None)
    elif run.accepted_at is None:
        _update(run, accepted_at=run.requested_at)


def _note_running(board: Board, row: VersionRow, run: RunRow | None, at: datetime) -> None:
    run = _unless_stopped(board, row, run, at)
    if run is None:
        _open_outside_run(board, row, at, running_at=at)
    elif run.running_at is None:
        accepted = run.accepted_at or run.requested_at or at
        _update(run, accepted_at=accepted, running_at=_running_since(row, run, accepted, at))
        _forget_failures(row)


def _forget_failures(row: VersionRow) -> None:
    if row.state_id is not None and (row.failed_starts or row.retry_after):
        DeploymentState.objects.filter(pk=row.state_id).update(failed_starts=0, retry_after=None)
    row.failed_starts, row.retry_after = 0, None


def _unless_stopped(board: Board, row: VersionRow, run: RunRow | None, at: datetime) -> RunRow | None:
    """Return the run that goes on. One that was stopped and is alive again was not stopped, or is another.

    Seen alive within moments of the stop: the stop has not shown yet, or was not carried out and is ordered
    again. Seen after a blind stretch: somebody started it anew.
    """
    if run is None or run.stopping_at is None:
        return run
    if at - run.stopping_at < ANSWER_PATIENCE:
        return run
    if row.seen_at is not None and at - row.seen_at <= CALM and row.status == VersionStatus.RUNNING:
        _update(run, stopping_at=None, stop_requested_at=None)
        return run
    close_run(board, run, at=at, outcome=Run.Outcome.STOPPED)
    return None


def _running_since(row: VersionRow, run: RunRow, accepted: datetime, seen_at: datetime) -> datetime:
    """Date the change to RUNNING: when it was first seen, or, after a blind hour, when starts usually end.

    AWS has no such field. Between the last look and this one the model became ready; the usual length of a
    start says when, and the two looks bound it.
    """
    unseen_since = max(row.seen_at or accepted, accepted)
    if seen_at - unseen_since <= CALM or run.deployment_id is None:
        return seen_at
    usual = usual_start_seconds(observed_starts([run.deployment_id]).get(run.deployment_id, []))
    if usual is None:
        return seen_at
    return min(max(accepted + timedelta(seconds=usual), unseen_since), seen_at)


def _note_stopping(row: VersionRow, run: RunRow, at: datetime) -> None:
    if run.stopping_at is None and not _was_fired(row, run, at):
        _update(run, stopping_at=_stop_instant(run, at), **_outside_stop(run))


def _note_at_rest(board: Board, row: VersionRow, run: RunRow, status: VersionStatus, at: datetime) -> None:
    """The version is neither starting, running nor stopping: the run is over, or never was."""
    if status is VersionStatus.STOPPED and run.stopping_at is None:
        _was_fired(row, run, at)
    if run.running_at is not None:
        if run.stopping_at is None:
            _update(run, stopping_at=_stop_instant(run, at), **_outside_stop(run))
        close_run(board, run, at=at, outcome=Run.Outcome.STOPPED)
    elif status is VersionStatus.FAILED and run.accepted_at is not None:
        close_run(board, run, at=at, outcome=Run.Outcome.FAILED)
    elif status in STARTABLE and at - (run.accepted_at or run.requested_at or at) < ANSWER_PATIENCE:
        return
    else:
        close_run(board, run, at=at, outcome=Run.Outcome.NOT_DONE)


def _stop_instant(run: RunRow, seen_at: datetime) -> datetime:
    """Date the stop: our own order where there was one, else the look that first saw it."""
    ordered = run.stop_requested_at
    instant = ordered if ordered is not None and ordered <= seen_at else seen_at
    return max(instant, run.running_at) if run.running_at else instant


def _was_fired(row: VersionRow, run: RunRow, at: datetime) -> bool:
    """Tell whether AWS stopped a version by its safety stop, and if so date the stop by that.

    A start whose end nobody saw is dated as ever; where even its usual length is unknown, AWS is taken to
    have billed from the order on.
    """
    if run.stop_requested_at is not None:
        return False
    fired = note_fired(row.pk, seen_alive_at=row.seen_at, seen_at=at)
    if fired is None:
        return False
    if run.running_at is None:
        accepted = run.accepted_at or run.requested_at or fired.at
        since = _running_since(row, run, accepted, fired.at)
        _update(run, accepted_at=accepted, running_at=since if since < fired.at else min(accepted, fired.at))
    stopped = max(fired.at, run.running_at or fired.at)
    params = {"stops_at": fired.planned_at.isoformat()}
    _update(run, stopping_at=stopped, stop_code="SAFETY_STOP", stop_params=params)
    return True


def _outside_stop(run: RunRow) -> dict[str, object]:
    return {} if run.stop_requested_at else {"stop_code": "OUTSIDE_STOP"}


def _update(run: RunRow, **fields: object) -> None:
    """Write instants down, unless another worker has done so since the board was read."""
    read = {name: getattr(run, name) for name in fields if hasattr(run, name)}
    unchanged = {f"{name}__isnull" if value is None else name: value or True for name, value in read.items()}
    Run.objects.filter(pk=run.pk, **unchanged).update(**fields)
    for name, value in fields.items():
        if hasattr(run, name):
            setattr(run, name, value)


def close_run(board: Board, run: RunRow, *, at: datetime, outcome: Run.Outcome) -> None:
    """End a run and freeze who needed it, so that later edits of hours never move past money."""
    with transaction.atomic():
        if run.running_at is not None and run.stopping_at is None:
            _update(run, stopping_at=max(at, run.running_at))
        ended_at = max(at, run.stopping_at or at)
        if (
            Run.objects.filter(pk=run.pk, ended_at__isnull=True).update(ended_at=ended_at, outcome=outcome)
            == 1
        ):
            freeze_needs(run.pk)
    board.open_runs.pop(run.version_id, None)
    row = board.versions.get(run.version_id)
    if outcome is Run.Outcome.FAILED and row is not None and row.state_id is not None:
        note_failure(row, at=at)


def _open_outside_run(board: Board, row: VersionRow, at: datetime, *, running_at: datetime | None) -> None:
    """Write down a run that nobody ordered here: started by hand in AWS, or before the portal knew it."""
    run, is_new = Run.objects.get_or_create(
        version_id=row.pk,
        ended_at=None,
        defaults={
            "deployment_id": row.deployment_id,
            "inference_units": row.units or 1,
            "requested_at": at,
            "accepted_at": at,
            "running_at": running_at,
            "is_outside": True,
            "start_code": "OUTSIDE",
        },
    )
    if is_new:
        names = RunRow.__dataclass_fields__
        board.open_runs[row.pk] = RunRow(*(getattr(run, name) for name in names))
