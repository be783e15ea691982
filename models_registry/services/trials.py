"""Trials: asked for by a person, run by the tick in a place that nobody else needs, and always ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from models_registry.domain.promotion import MOVING, Seen
from models_registry.domain.reasons import Reason
from models_registry.domain.status import VersionStatus
from models_registry.domain.trial import TRIED, Act, TrialScene, TrialState, TrialWhy, advance
from models_registry.models import Deployment, ModelVersion, Promotion, Trial
from models_registry.selectors.board import STATUS, Board, RunRow, VersionRow, seen_since
from models_registry.services.deployments import InvalidDeployment, check_version
from models_registry.services.observe import Connect
from models_registry.services.orders import Hands, start_version, stop_version
from models_registry.services.safety import Safety
from portal.base.models import User

LONGEST = timedelta(hours=4)
ASK_AGAIN = timedelta(seconds=60)
"""How long AWS has for a stop before it is asked again."""


def start_trial(
    *, deployment: Deployment, version: ModelVersion, author: User | None, until: datetime, at: datetime
) -> Trial:
    """Ask for a version to run beside a deployment until `until`. Raises InvalidDeployment."""
    if not at < until <= at + LONGEST:
        raise InvalidDeployment("A trial lasts four hours at most. Choose an earlier end.")
    check_version(version, deployment)
    try:
        with transaction.atomic():
            return Trial.objects.create(
                deployment=deployment, version=version, author=author, until=until, created_at=at
            )
    except IntegrityError as error:
        raise InvalidDeployment(
            "This version is on trial already. Wait for its end, or cancel it."
        ) from error


def finish_trial(*, trial: Trial, why: TrialWhy = TrialWhy.FINISHED) -> bool:
    """Let a trial end, since it is done or a person has seen enough; the tick stops the version."""
    mine = Trial.objects.filter(pk=trial.pk, state__in=[TrialState.OPEN, TrialState.READY])
    return mine.update(state=TrialState.ENDING, why=why) == 1


def advance_trials(board: Board, *, at: datetime, connect: Connect, safety: Safety) -> frozenset[int]:
    """Bring every trial a step on; no query while there is none. Returns the versions that are on trial."""
    if not board.is_trying:
        return frozenset()
    promoted = set(
        Promotion.objects.filter(state__in=sorted(MOVING)).values_list("new_version_id", flat=True)
    )
    on_trial = set[int]()
    for trial in Trial.objects.exclude(state__in=sorted(TRIED)).select_related("deployment__connection"):
        row = board.versions.get(trial.version_id)
        scene = _scene(board, trial, row, trial.version_id in promoted, at)
        act, why = advance(scene)
        if row is not None:
            hands = Hands(connect(trial.deployment.connection), safety, trial.until)
            _carry_out(board, trial, row, act, at, hands)
        _note(trial, act, why, at)
        on_trial.add(trial.version_id)
    return frozenset(on_trial)


def _scene(board: Board, trial: Trial, row: VersionRow | None, is_promoted: bool, at: datetime) -> TrialScene:
    live = board.versions.get(trial.deployment.live_version_id or 0)
    connection, seen = trial.deployment.connection, Seen(STATUS["DELETING"], is_gone=True)
    if row is not None:
        seen = seen_since(row, board.open_runs.get(row.pk), trial.created_at, at)
    return TrialScene(
        TrialState(trial.state), seen,
        is_promoted or bool(row and row.deployment_id is not None), bool(live and live.is_dry_run),
        board.has_slot(connection.pk), board.is_crowded(connection.pk), trial.until, at,
    )  # fmt: skip


def _carry_out(board: Board, trial: Trial, row: VersionRow, act: Act, at: datetime, hands: Hands) -> None:
    if act is Act.START:
        units = trial.deployment
        own = replace(
            row, deployment_id=trial.deployment_id, min_units=units.min_inference_units,
            max_units=units.max_inference_units, state_id=None,
        )  # fmt: skip
        outcome = start_version(own, reason=Reason("TRIAL", {}), at=at, hands=hands)
        board.ordered.add(row.pk)
        if outcome.is_refused:
            Trial.objects.filter(pk=trial.pk).update(message=outcome.message)
    run = board.open_runs.get(row.pk)
    if act in {Act.STOP, Act.GIVE_WAY} and run is not None and _may_be_stopped(row, run, at):
        stop_version(row, run, reason=Reason("TRIAL_OVER", {}), at=at, hands=hands)


def _may_be_stopped(row: VersionRow, run: RunRow, at: datetime) -> bool:
    asked = run.stop_requested_at
    is_asked = asked is not None and at - asked < ASK_AGAIN
    return row.deployment_id is None and row.status == VersionStatus.RUNNING and not is_asked


def _note(trial: Trial, act: Act, why: TrialWhy | None, at: datetime) -> None:
    """Write down what a step means, if the trial still stands where it was read."""
    states = {
        Act.BE_READY: TrialState.READY, Act.STOP: TrialState.ENDING, Act.FAIL: TrialState.FAILED,
        Act.END: TrialState.CANCELLED if trial.why == TrialWhy.CANCELLED else TrialState.DONE,
        Act.GIVE_WAY: TrialState.OPEN,
    }  # fmt: skip
    state = states.get(act, TrialState(trial.state))
    changes: dict[str, object] = {"state": state, "why": why or trial.why}
    if state in TRIED:
        changes["ended_at"] = at
    if changes["state"] != trial.state or changes["why"] != trial.why:
        Trial.objects.filter(pk=trial.pk, state=trial.state).update(**changes)
