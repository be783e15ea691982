"""Arm, move and remove the schedules that stop models by themselves: ledger row, AWS call, outcome.

What is asked of AWS is committed before the call. A call that is refused or lost leaves a row whose instants
differ; the tick sees that without a query of its own (`SafetyBits`) and asks again, ever more patiently.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Q

from models_registry.domain.lifecycle import ANSWER_PATIENCE
from models_registry.domain.safety import (
    Act,
    Need,
    reconcile,
    safety_schedule,
    schedule_name,
    wanted_stop,
)
from models_registry.domain.schedules import Scheduler, SchedulerError, SchedulerNotSetUp, SchedulerUnanswered
from models_registry.domain.trial import TRIED
from models_registry.models import Connection, DeploymentState, Installation, SafetyStop, Trial
from models_registry.selectors.board import Board, RunRow, SafetyBits, VersionRow
from models_registry.services.safety_notes import CALM, note_connection, note_missed, note_refusal

OpenScheduler = Callable[[Connection], Scheduler]
CALLS_A_TICK = 40
SECONDS_A_TICK = 3
"""What keeping schedules in step may take of a tick; the rest follows in the next."""
REST = timedelta(seconds=30)
"""How long an account whose scheduler failed is left alone: a silent one must not hold up the ticks."""
OFF, REQUIRED = Connection.SafetyStop.OFF, Connection.SafetyStop.REQUIRED


def no_scheduler(connection: Connection) -> Scheduler:
    """Refuse: nobody has said how schedules are reached. A connection without a safety stop never asks."""
    raise SchedulerNotSetUp("This run of the portal has no way to EventBridge Scheduler.")


def installation_id() -> str:
    """Return this portal's identity, made at the first question; one query."""
    row, _ = Installation.objects.get_or_create(pk=1)
    return str(row.identity)


@dataclass(slots=True)
class Safety:
    """The hands of one tick, or of one sweep, on the schedules of the connections."""

    connections: Mapping[int, Connection]
    open_scheduler: OpenScheduler = no_scheduler
    calls: int = 0
    _identity: str = ""
    _settled: set[int] = field(default_factory=set)

    @property
    def identity(self) -> str:
        """Return this portal's identity; one query for all."""
        self._identity = self._identity or installation_id()
        return self._identity

    def arm(self, row: VersionRow, *, at: datetime, until: datetime | None = None) -> None:
        """Have AWS stop a version by itself, before it is started; `until` is the end of a trial.

        Raises SchedulerError where the connection lets nothing start without. Four queries, one call.
        """
        connection = self.connections[row.connection_id]
        if connection.safety_stop == OFF:
            return
        stop = self._row(row)
        if until is not None:
            need = Need(True, True, True, until + _margin(connection), stop.stops_at, starting_since=at)
        else:
            need = _need_of_start(row.deployment_id, stop.stops_at, at)
        wanted = wanted_stop(need, margin=_margin(connection), at=at)
        self._settled.add(row.pk)
        act = reconcile(wanted, stop.stops_at)
        if act is Act.PUT and wanted is not None:
            error = self._put(connection, row.arn, stop, wanted, at)
            if error is not None and connection.safety_stop == REQUIRED:
                raise error
        elif act is Act.REMOVE:
            self._remove(connection, stop, at)

    def disarm(self, row: VersionRow, *, at: datetime) -> None:
        """Take a schedule back: its version was stopped, or did not start. No query where none is held."""
        if row.pk not in self._settled and not row.safety & SafetyBits.HELD:
            return
        stop = SafetyStop.objects.filter(version_id=row.pk, stops_at__isnull=False).first()
        if stop is not None:
            note_missed(row, stop, at=at)
            self._remove(self.connections[row.connection_id], stop, at)
        self._settled.add(row.pk)

    def keep(self, board: Board, *, at: datetime) -> None:
        """Bring what AWS holds into line with the plan; no query while it is, three where it differs."""
        due = [row for row in board.versions.values() if self._is_due(board, row)]
        if not due:
            return
        stops = SafetyStop.objects.in_bulk([row.pk for row in due], field_name="version_id")
        needs = _needs(board, due, stops, self.connections)
        begun = time.monotonic()
        for row in due:
            if self.calls >= CALLS_A_TICK or time.monotonic() - begun > SECONDS_A_TICK:
                return
            self._keep_one(row, needs[row.pk], stops.get(row.pk), at)

    def is_unarmed(self, row: VersionRow, run: RunRow | None) -> bool:
        """Tell whether a version runs, or is to run, and AWS could not be told when to stop it."""
        connection = self.connections[row.connection_id]
        if connection.safety_stop == OFF or not row.safety & SafetyBits.DIFFERS:
            return False
        is_failing = bool(connection.safety_error_code) or bool(row.safety & SafetyBits.REFUSED)
        is_on = run is not None and run.stopping_at is None
        return is_failing and (is_on or bool(row.is_wanted))

    def _is_due(self, board: Board, row: VersionRow) -> bool:
        if row.pk in self._settled:
            return False
        is_off = self.connections[row.connection_id].safety_stop == OFF
        return row.is_safety_due(board.open_runs.get(row.pk), is_off=is_off)

    def _keep_one(self, row: VersionRow, need: Need, stop: SafetyStop | None, at: datetime) -> None:
        connection = self.connections[row.connection_id]
        wanted = wanted_stop(need, margin=_margin(connection), at=at)
        if stop is None and wanted is None:
            return
        stop = stop or self._row(row)
        if need.runs and need.held is not None and row.status == "RUNNING":
            note_missed(row, stop, at=at)
        match reconcile(wanted, stop.stops_at):
            case Act.KEEP if stop.error_code:
                SafetyStop.objects.filter(pk=stop.pk).update(**CALM)
            case Act.PUT if wanted is not None and _may_ask(stop, wanted, at):
                self._put(connection, row.arn, stop, wanted, at)
            case Act.REMOVE if _may_ask(stop, None, at):
                self._remove(connection, stop, at)

    def _row(self, row: VersionRow) -> SafetyStop:
        name = schedule_name(self.identity, row.arn)
        stop, _ = SafetyStop.objects.get_or_create(version_id=row.pk, defaults={"name": name})
        return stop

    def _put(
        self, connection: Connection, arn: str, stop: SafetyStop, wanted: datetime, at: datetime
    ) -> SchedulerError | None:
        schedule = safety_schedule(self.identity, arn, wanted)
        armed: dict[str, object] = {
            "name": schedule.name, "state": SafetyStop.State.ARMED, "stops_at": wanted, "armed_at": at,
            "checked_at": at,
        }  # fmt: skip
        return self._ask(
            connection, stop, wanted, lambda scheduler: scheduler.put(schedule), done=armed, at=at
        )

    def _remove(self, connection: Connection, stop: SafetyStop, at: datetime) -> SchedulerError | None:
        removed: dict[str, object] = {"state": SafetyStop.State.REMOVED, "stops_at": None}
        return self._ask(
            connection, stop, None, lambda scheduler: scheduler.remove(stop.name), done=removed, at=at
        )

    def _ask(
        self,
        connection: Connection,
        stop: SafetyStop,
        wanted: datetime | None,
        call: Callable[[Scheduler], None],
        *,
        done: dict[str, object],
        at: datetime,
    ) -> SchedulerError | None:
        """Commit what is asked, ask, write down what came of it; return what AWS refused."""
        resting, mine = _resting(connection, at), SafetyStop.objects.filter(pk=stop.pk)
        unasked = Q(asked_at=stop.asked_at) if stop.asked_at else Q(asked_at__isnull=True)
        if not mine.filter(unasked).update(asked_at=at, asked_stops_at=wanted):
            return SchedulerUnanswered("Another worker is setting this safety stop at this moment.")
        try:
            if resting is not None:
                raise resting
            self.calls += 1
            call(self.scheduler_of(connection))
        except SchedulerError as error:
            note_refusal(stop, error, at)
            if resting is None:
                note_connection(connection, error, at=at)
            return error
        mine.filter(asked_at=at, asked_stops_at=wanted).update(**done, **CALM)
        note_connection(connection, None, at=at)
        return None

    def scheduler_of(self, connection: Connection) -> Scheduler:
        """Return an account's schedules; raises SchedulerNotSetUp where it names no role for them."""
        if not connection.scheduler_role_arn:
            raise SchedulerNotSetUp("The AWS connection names no scheduler role. Add its ARN there.")
        return self.open_scheduler(connection)


def _margin(connection: Connection) -> timedelta:
    return timedelta(minutes=connection.safety_margin_minutes)


def _need_of_start(deployment_id: int | None, held: datetime | None, at: datetime) -> Need:
    """Return what decides for a version that is about to start, whether its deployment is open or, for a
    switch between two versions, closed; one query.
    """
    states = DeploymentState.objects.filter(deployment_id=deployment_id) if deployment_id else None
    state = states.first() if states is not None else None
    if state is None:
        return Need(True, False, True, None, held, starting_since=at)
    may_stop = state.may_stop and not state.is_dry_run
    return Need(True, state.is_wanted, may_stop, state.safety_stops_at, held, starting_since=at)


def _may_ask(stop: SafetyStop, wanted: datetime | None, at: datetime) -> bool:
    """Tell whether an order may be given now: not while the same is on its way, nor right after a refusal."""
    is_on_its_way = stop.asked_at is not None and stop.asked_stops_at == wanted and not stop.error_code
    if is_on_its_way and stop.asked_at is not None and at - stop.asked_at < ANSWER_PATIENCE:
        return False
    return stop.retry_after is None or at >= stop.retry_after


def _needs(
    board: Board,
    rows: Iterable[VersionRow],
    stops: Mapping[int, SafetyStop],
    connections: Mapping[int, Connection],
) -> dict[int, Need]:
    """Return what decides for each version: the plan of the deployment that runs it, or its trial's end."""
    rows = list(rows)
    runs = {row.pk: board.open_runs.get(row.pk) for row in rows}
    owners = {row.pk: row.deployment_id or _deployment_of(runs[row.pk]) for row in rows}
    states = DeploymentState.objects.in_bulk(
        {pk for pk in owners.values() if pk is not None}, field_name="deployment_id"
    )
    trials = dict(
        Trial.objects.exclude(state__in=sorted(TRIED)).values_list("version_id", "until")
        if board.is_trying
        else ()
    )
    needs = {}
    for row in rows:
        connection, stop = connections[row.connection_id], stops.get(row.pk)
        until = trials.get(row.pk) if row.deployment_id is None else None
        need = _need(row, runs[row.pk], states.get(owners[row.pk] or 0), stop.stops_at if stop else None)
        if until is not None:
            need = need._replace(is_wanted=True, planned=until + _margin(connection))
        needs[row.pk] = need._replace(runs=False) if connection.safety_stop == OFF else need
    return needs


def _deployment_of(run: RunRow | None) -> int | None:
    return run.deployment_id if run is not None else None


def _need(row: VersionRow, run: RunRow | None, state: DeploymentState | None, held: datetime | None) -> Need:
    runs = run is not None and run.stopping_at is None and not row.is_gone
    starting_since = run.requested_at if run is not None and run.running_at is None else None
    if state is None:
        is_asked = run is not None and run.stop_wanted_at is not None
        return Need(runs, False, is_asked, None, held, starting_since)
    may_stop = state.may_stop and not state.is_dry_run
    return Need(runs, state.is_wanted, may_stop, state.safety_stops_at, held, starting_since)


def _resting(connection: Connection, at: datetime) -> SchedulerError | None:
    """Return the last error of an account that failed a moment ago, instead of asking it again."""
    tried_at = connection.safety_tried_at
    if not connection.safety_error_code or tried_at is None or not tried_at <= at < tried_at + REST:
        return None
    error = SchedulerError(connection.safety_error_message)
    error.code = connection.safety_error_code
    return error
