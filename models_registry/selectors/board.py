"""All that a tick looks at, in three queries: versions with their deployments and plans, runs, projects.

A quiet tick reads thousands of rows to find that nothing is due, so a row carries only what a quiet version
needs: instants that matter while something is moving are null for one at rest (a timestamp costs more to
read than all the rest of its row), and explanations are fetched for the few that have news (`wishes_of`).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntFlag
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    Exists,
    ExpressionWrapper,
    F,
    Q,
    SmallIntegerField,
    TextField,
    When,
)
from django.db.models.functions import Cast

from models_registry.domain.lifecycle import (
    ANSWER_PATIENCE,
    UNKNOWN_AFTER,
    Desired,
    History,
    Observed,
    retry_after,
)
from models_registry.domain.promotion import JUST_SEEN, MOVING, PASSING, Seen
from models_registry.domain.reasons import Reason
from models_registry.domain.status import HOLDS_A_SLOT, STARTABLE, VersionStatus
from models_registry.domain.trial import TRIED
from models_registry.models import Connection, DeploymentState, ModelVersion, Project, Promotion, Run, Trial

STATUS = {status.value: status for status in VersionStatus}
_MOVING = Q(status__in=("STARTING", "STOPPING"))
_EXPECTED = Q(deployment__state__is_wanted=True) & ~Q(status="RUNNING")
_STATE = "deployment__state__"


class SafetyBits(IntFlag):
    """What AWS holds to stop a version by itself, beside what the plan of its deployment wants."""

    DIFFERS = 1
    HELD = 2
    REFUSED = 4


@dataclass(slots=True)
class VersionRow:
    """A version, and where it is live the deployment and its plan."""

    pk: int
    arn: str
    status: str
    is_gone: bool
    units: int | None
    project_id: int
    deployment_id: int | None
    deployment_name: str
    min_units: int
    max_units: int | None
    state_id: int | None
    is_wanted: bool
    may_start: bool
    may_stop: bool
    is_dry_run: bool
    store_count: int
    decided_action: str
    decided_code: str
    decided_outcome: str
    retry_after: datetime | None
    failed_starts: int
    status_since: datetime | None
    opens_at: datetime | None
    problem_text: str
    safety: int
    project_arn: str = ""
    connection_id: int = 0
    seen_at: datetime | None = None

    @property
    def desired(self) -> Desired:
        """What the deployment wants; nothing for a version that is live nowhere."""
        return Desired(
            bool(self.is_wanted),
            bool(self.may_start),
            bool(self.may_stop),
            bool(self.is_dry_run),
            self.opens_at,
        )

    @property
    def is_due(self) -> bool:
        """Tell whether its deployment wants it started now, and may."""
        is_asked = self.deployment_id is not None and self.is_wanted and self.may_start
        return is_asked and not self.is_dry_run and not self.is_gone and STATUS[self.status] in STARTABLE

    @property
    def observed(self) -> Observed:
        """What AWS last said."""
        return Observed(STATUS[self.status], self.seen_at, self.status_since, self.is_gone)

    @property
    def problems(self) -> list[str]:
        """What was wrong at the last tick, sorted."""
        return sorted(json.loads(self.problem_text)) if self.problem_text not in {None, "", "[]"} else []

    def is_safety_due(self, run: RunRow | None, *, is_off: bool) -> bool:
        """Tell whether its safety stop may have to be looked at: it is not what the plan wants."""
        is_held, differs = bool(self.safety & SafetyBits.HELD), bool(self.safety & SafetyBits.DIFFERS)
        if is_off or run is None or run.stopping_at is not None:
            return is_held
        is_beside = self.deployment_id is None and run.deployment_id is not None
        return is_beside or differs or run.stop_wanted_at is not None

    def history(self, run: RunRow | None) -> History:
        """What the ledger and the plan remember of our own orders."""
        failed = self.failed_starts or 0
        if run is None:
            return History(None, None, self.retry_after, failed)
        start = run.requested_at if run.running_at is None else None
        return History(start, run.stop_requested_at, self.retry_after, failed)


@dataclass(slots=True)
class RunRow:
    """An open run. `requested_at` and `accepted_at` are null once it runs: nothing asks for them then."""

    pk: int
    version_id: int
    deployment_id: int | None
    running_at: datetime | None
    stop_requested_at: datetime | None
    stopping_at: datetime | None
    stop_wanted_at: datetime | None
    requested_at: datetime | None
    accepted_at: datetime | None


@dataclass(slots=True)
class Board:
    """The tick's picture of the world. `open_runs` is keyed by version; does anything change hands?

    `ordered` are versions that were ordered to start since it was read.
    """

    versions: dict[int, VersionRow]
    open_runs: dict[int, RunRow]
    connections: dict[int, Connection]
    is_promoting: bool = False
    is_trying: bool = False
    ordered: set[int] = field(default_factory=set)

    def by_project(self) -> dict[int, list[VersionRow]]:
        """Return the versions grouped by project."""
        grouped: dict[int, list[VersionRow]] = defaultdict(list)
        for row in self.versions.values():
            grouped[row.project_id].append(row)
        return grouped

    def has_slot(self, connection_id: int) -> bool:
        """Tell whether one more model may run; deployments that wait for their own start go first."""
        held, due = self._held_and_due(connection_id)
        return held + due < self.connections[connection_id].max_running_models

    def is_crowded(self, connection_id: int) -> bool:
        """Tell whether a deployment that is due finds no room for its start."""
        held, due = self._held_and_due(connection_id)
        return due > 0 and held + due > self.connections[connection_id].max_running_models

    def held(self, connection_id: int) -> int:
        """Count the models that hold a slot, or will when AWS shows the start that it was ordered."""
        return self._held_and_due(connection_id)[0]

    def _held_and_due(self, connection_id: int) -> tuple[int, int]:
        held = due = 0
        for row in self.versions.values():
            if row.connection_id != connection_id or row.is_gone:
                continue
            if row.status in HOLDS_A_SLOT or row.pk in self.open_runs or row.pk in self.ordered:
                held += 1
            else:
                due += row.is_due
        return held, due

    def live(self) -> list[VersionRow]:
        """Return the versions that a deployment points at."""
        return [row for row in self.versions.values() if row.deployment_id is not None]


def load_board() -> Board:
    """Return every version of the active connections that still matters, and the open runs.

    A version that is gone matters only while a deployment points at it.
    """
    projects = {
        project.pk: project
        for project in Project.objects.filter(connection__is_active=True)
        .select_related("connection")
        .annotate(
            is_promoting=Exists(Promotion.objects.filter(state__in=sorted(MOVING))),
            is_trying=Exists(Trial.objects.exclude(state__in=sorted(TRIED))),
        )
    }
    versions = {row[0]: VersionRow(*row) for row in _version_rows()}
    for row in versions.values():
        project = projects[row.project_id]
        row.project_arn, row.connection_id, row.seen_at = (
            project.arn,
            project.connection_id,
            project.observed_at,
        )
    connections = {project.connection_id: project.connection for project in projects.values()}
    is_promoting = any(project.is_promoting for project in projects.values())
    is_trying = any(project.is_trying for project in projects.values())
    return Board(
        versions, {row[1]: RunRow(*row) for row in _run_rows()}, connections, is_promoting, is_trying
    )


def seen_now(row: VersionRow, run: RunRow | None, at: datetime) -> Seen:
    """Return a version as AWS last showed it, or as our own order will show it."""
    status, age = STATUS[row.status], at - row.seen_at if row.seen_at else None
    if run is not None and status in STARTABLE:
        status = VersionStatus.STARTING
    elif run is not None and status is VersionStatus.RUNNING and is_stop_ordered(run, at):
        status = VersionStatus.STOPPING
    is_fresh, is_just_seen = (age is not None and age <= most for most in (UNKNOWN_AFTER, JUST_SEEN))
    return Seen(status, row.is_gone, is_fresh, is_just_seen=is_just_seen)


def is_stop_ordered(run: RunRow | Run, at: datetime) -> bool:
    """Tell whether a run's stop was taken by AWS, or may have been a moment ago."""
    asked = run.stop_requested_at
    return run.stopping_at is not None or (asked is not None and at - asked < ANSWER_PATIENCE)


def seen_since(row: VersionRow, run: RunRow | None, since: datetime, at: datetime) -> Seen:
    """Return a version as `seen_now` does, with how its starts since an instant failed; one query."""
    starts = Run.objects.filter(version_id=row.pk, requested_at__gte=since).order_by("ended_at", "id")
    ended = list(starts.exclude(outcome="").values_list("outcome", "start_params__refused", "ended_at"))
    refused = [(code, ended_at) for outcome, code, ended_at in ended if outcome == Run.Outcome.REFUSED]
    return seen_now(row, run, at)._replace(
        failures=sum(outcome == Run.Outcome.FAILED for outcome, _, _ in ended),
        refusals=sum(code not in PASSING for code, _ in refused),
        retry_at=retry_after(len(refused), refused[-1][1] or at) if refused else None,
    )


def _version_rows() -> Iterable[tuple[Any, ...]]:
    rows = ModelVersion.objects.filter(Q(gone_at__isnull=True) | Q(deployment__isnull=False))
    return rows.filter(project__connection__is_active=True).values_list(
        "pk", "arn", "status", ExpressionWrapper(Q(gone_at__isnull=False), BooleanField()),
        "min_inference_units", "project_id",
        "deployment__pk", "deployment__name", "deployment__min_inference_units",
        "deployment__max_inference_units",
        *(_STATE + name for name in (
            "pk", "is_wanted", "may_start", "may_stop", "is_dry_run", "store_count", "decided_action",
            "decided_code", "decided_outcome", "retry_after", "failed_starts",
        )),
        Case(When(_MOVING, then=F("status_since"))),
        Case(When(_EXPECTED, then=F(_STATE + "opens_at"))),
        Cast(_STATE + "problems", TextField()),
        _safety(),
    )  # fmt: skip


def _safety() -> Case:
    """Return the `SafetyBits` of a version: the instants themselves stay in the database."""
    held, wanted = Q(safety_stop__stops_at__isnull=False), Q(**{_STATE + "safety_stops_at__isnull": False})
    refused = Q(safety_stop__error_code__gt="")
    return Case(
        When(refused & held, then=SafetyBits.REFUSED | SafetyBits.DIFFERS | SafetyBits.HELD),
        When(refused, then=SafetyBits.REFUSED | SafetyBits.DIFFERS),
        When(safety_stop__stops_at=F(_STATE + "safety_stops_at"), then=SafetyBits.HELD),
        When(held, then=SafetyBits.HELD | SafetyBits.DIFFERS),
        When(wanted, then=SafetyBits.DIFFERS),
        default=SafetyBits(0),
        output_field=SmallIntegerField(),
    )


def _run_rows() -> Iterable[tuple[Any, ...]]:
    unready = Q(running_at__isnull=True)
    return Run.objects.filter(ended_at__isnull=True).values_list(
        "pk", "version_id", "deployment_id", "running_at", "stop_requested_at", "stopping_at",
        "stop_wanted_at",
        Case(When(unready, then=F("requested_at"))),
        Case(When(unready, then=F("accepted_at"))),
    )  # fmt: skip


def wishes_of(deployment_ids: Iterable[int]) -> dict[int, Reason]:
    """Return why each deployment wants what it wants; one query, none for none."""
    chosen = list(deployment_ids)
    if not chosen:
        return {}
    rows = DeploymentState.objects.filter(deployment_id__in=chosen).order_by("id")
    return {
        pk: Reason(code, params)
        for pk, code, params in rows.values_list("deployment_id", "wanted_code", "wanted_params")
    }
