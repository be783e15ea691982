"""The tick: look, decide, act once, come back. Everything the day loop does, it does here.

1. Replan the deployments whose rules have changed or whose plan has run out.
2. Describe the projects and settle the ledger with what AWS says; bring promotions and trials a step on.
3. Decide for every deployment, from the plan, the observation and the ledger: a pure function.
4. Issue the orders: stops first (they free slots), then starts in the order of their openings, each with
   its safety stop armed before; then move the safety stops whose plan has changed.
5. Write down decisions and problems that are new, and the tick's own pulse.

A tick that is missed, doubled, or killed between any two lines changes nothing that the next does not mend.
"""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from models_registry.domain.lifecycle import Action, Code, Decision, Desired, Problem, decide
from models_registry.domain.quota import Candidate, by_priority
from models_registry.domain.reasons import Reason
from models_registry.models import TickHeartbeat
from models_registry.selectors.board import Board, RunRow, VersionRow, load_board
from models_registry.services.journal import Entry, explain, write_journal
from models_registry.services.observe import Connect, Sighting, observe, problem_of
from models_registry.services.orders import Hands, Outcome, start_version, stop_version
from models_registry.services.promotions import advance_promotions
from models_registry.services.replan import due_for_replanning, replan
from models_registry.services.safety import OpenScheduler, Safety, no_scheduler
from models_registry.services.trials import advance_trials
from stores.domain.localtime import to_seconds

ORDERS_AHEAD_SECONDS = 4
"""A tick issues at most as many orders of a kind as AWS allows in this time; the rest follow next tick."""


@dataclass(slots=True)
class TickReport:
    """What a tick did: numbers for one log line."""

    at: datetime
    deployments: int = 0
    replanned: int = 0
    started: int = 0
    stopped: int = 0
    refused: int = 0
    unanswered_projects: int = 0
    milliseconds: int = 0


@dataclass(slots=True)
class _Tick:
    board: Board
    connect: Connect
    at: datetime
    report: TickReport
    safety: Safety
    kept: frozenset[int] = frozenset()
    entries: list[Entry] = field(default_factory=list)


def run_tick(*, at: datetime, connect: Connect, open_scheduler: OpenScheduler = no_scheduler) -> TickReport:
    """Run one tick at `at`. Never waits for a state.

    `connect` returns the Rekognition of a connection, `open_scheduler` its schedule group.
    """
    begun = time.monotonic()
    report = TickReport(at=at)
    notes, stale = due_for_replanning(at=at)
    if stale:
        report.replanned = replan(stale, at=at, notes=notes)
    board = load_board()
    sighting = observe(board, at=at, connect=connect)
    # Looking at a slow AWS takes its time; how long an old version drains is counted from the switch.
    at += timedelta(seconds=int(time.monotonic() - begun))
    safety = Safety(board.connections, open_scheduler)
    has_switched, kept = advance_promotions(board, at=at, connect=connect, safety=safety)
    if has_switched:
        board = load_board()
    on_trial = advance_trials(board, at=at, connect=connect, safety=safety)
    tick = _Tick(board, connect, at, report, safety, kept | on_trial)
    _decide_and_act(tick, sighting)
    safety.keep(board, at=at)
    write_journal(tick.entries, at=at)
    report.deployments = len(board.live())
    report.unanswered_projects = sighting.unanswered
    report.milliseconds = round((time.monotonic() - begun) * 1000)
    _beat(report)
    return report


def _decide_and_act(tick: _Tick, sighting: Sighting) -> None:
    starts: dict[int, list[Entry]] = defaultdict(list)
    stops: dict[int, list[Entry]] = defaultdict(list)
    tick.entries = [_decide(tick, row, sighting) for row in tick.board.live()]
    explain(tick.entries)
    for entry in tick.entries:
        row = entry.row
        if entry.decision.action is Action.START:
            starts[row.connection_id].append(entry)
        elif entry.decision.action is Action.STOP:
            stops[row.connection_id].append(entry)
    for row, run in _left_behind(tick):
        stops[row.connection_id].append(_left_behind_entry(tick, row, run))
    for pk, connection in tick.board.connections.items():
        most = connection.control_plane_tps * ORDERS_AHEAD_SECONDS
        for entry in stops[pk][:most]:
            if entry.decision.action is Action.STOP:
                _stop(tick, entry)
        _start_within_quota(tick, pk, starts[pk], most)


def _decide(tick: _Tick, row: VersionRow, sighting: Sighting) -> Entry:
    run = tick.board.open_runs.get(row.pk)
    decision = decide(desired=row.desired, observed=row.observed, history=row.history(run), at=tick.at)
    if sighting.denied:
        extra = problem_of(row, sighting)
        decision = Decision(decision.action, decision.code, decision.problems + extra)
    if row.safety and tick.safety.is_unarmed(row, run):
        decision = decision._replace(problems=(*decision.problems, Problem.UNARMED))
    return Entry(row, decision)


def _left_behind(tick: _Tick) -> list[tuple[VersionRow, RunRow]]:
    """Return runs to end that no live version stands for: superseded ones, and orphans somebody gave up.

    One that was superseded just now may still be answering a register; trials end their own.
    """
    board = tick.board
    successors = {row.deployment_id: row for row in board.live()}
    found = []
    for run in board.open_runs.values():
        row = board.versions.get(run.version_id)
        if row is None or row.deployment_id is not None or row.status != "RUNNING":
            continue
        if run.stop_wanted_at is None and run.version_id in tick.kept:
            continue
        is_replaced = run.deployment_id is not None and _is_replaced(
            board, row, successors.get(run.deployment_id)
        )
        if run.stop_wanted_at is not None or is_replaced:
            found.append((row, run))
    return found


def _is_replaced(board: Board, row: VersionRow, live: VersionRow | None) -> bool:
    """Tell whether the live version runs, is not needed, is none, or waits for the slot of this one."""
    if live is None or live.status == "RUNNING" or not live.is_wanted:
        return True
    most = board.connections[row.connection_id].max_running_models
    return live.is_due and board.held(row.connection_id) >= most


def _left_behind_entry(tick: _Tick, row: VersionRow, run: RunRow) -> Entry:
    desired = Desired(is_wanted=False, may_start=False, may_stop=True)
    decision = decide(desired=desired, observed=row.observed, history=row.history(run), at=tick.at)
    code = "ORPHAN_STOP" if run.stop_wanted_at else "SUPERSEDED"
    return Entry(row, decision, Reason(code, {}))


def _stop(tick: _Tick, entry: Entry) -> None:
    run = tick.board.open_runs.get(entry.row.pk)
    if run is None:
        return
    hands = _hands(tick, entry.row.connection_id)
    entry.outcome = stop_version(entry.row, run, reason=entry.because, at=tick.at, hands=hands)
    _count(tick.report, entry.outcome, "stopped")


def _hands(tick: _Tick, connection_id: int) -> Hands:
    return Hands(tick.connect(tick.board.connections[connection_id]), tick.safety)


def _start_within_quota(tick: _Tick, connection_id: int, entries: list[Entry], most: int) -> None:
    """Start as many as the account's quota has room for, earliest opening first; tell the rest why not."""
    connection = tick.board.connections[connection_id]
    running = tick.board.held(connection_id)
    waiting = {entry.row.pk: entry for entry in entries}
    candidates = [_candidate(entry.row) for entry in entries]
    hands = _hands(tick, connection_id)
    for place, candidate in enumerate(by_priority(candidates)):
        entry = waiting[candidate.pk]
        if running >= connection.max_running_models:
            _hold_back(entry, connection.max_running_models, running)
        elif place < most:
            entry.outcome = start_version(entry.row, reason=entry.because, at=tick.at, hands=hands)
            running += entry.outcome.is_done
            _count(tick.report, entry.outcome, "started")


def _candidate(row: VersionRow) -> Candidate:
    opens_at = to_seconds(row.opens_at) if row.opens_at else None
    return Candidate(row.pk, opens_at, row.store_count or 0, row.deployment_name)


def _hold_back(entry: Entry, limit: int, running: int) -> None:
    problems = (*entry.decision.problems, Problem.QUOTA)
    entry.decision = Decision(Action.WAIT, Code.QUOTA, problems)
    entry.details = {"limit": limit, "running": running}


def _count(report: TickReport, outcome: Outcome, done: str) -> None:
    if outcome.is_done:
        setattr(report, done, getattr(report, done) + 1)
    elif outcome.code != "lost":
        report.refused += 1


def _beat(report: TickReport) -> None:
    """Leave the pulse: one row, whose age tells whether the portal still decides."""
    pulse = {
        "started_at": report.at,
        "finished_at": report.at,
        "milliseconds": report.milliseconds,
        "orders": report.started + report.stopped,
        "unanswered_projects": report.unanswered_projects,
    }
    if not TickHeartbeat.objects.filter(pk=1).update(**pulse):
        TickHeartbeat.objects.bulk_create([TickHeartbeat(pk=1, **pulse)], ignore_conflicts=True)
