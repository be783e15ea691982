"""All that a tick looks at, in two queries: every version with its deployment and plan, and the open runs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models_registry.domain.lifecycle import Desired, History, Observed
from models_registry.domain.status import VersionStatus
from models_registry.models import Connection, ModelVersion, Run

_STATE_FIELDS = (
    "pk", "is_wanted", "may_start", "may_stop", "is_dry_run", "store_count", "wanted_code", "wanted_params",
    "opens_at", "valid_until", "decided_action", "decided_code", "decided_outcome", "retry_after",
    "failed_starts", "problems",
)  # fmt: skip
VERSION_FIELDS = (
    "pk", "arn", "status", "status_since", "gone_at", "min_inference_units",
    "project_id", "project__arn", "project__observed_at", "project__connection_id",
    "deployment__pk", "deployment__name", "deployment__min_inference_units",
    "deployment__max_inference_units", *(f"deployment__state__{name}" for name in _STATE_FIELDS),
)  # fmt: skip


@dataclass(slots=True)
class VersionRow:
    """A version, and where it is live the deployment and its plan. Fields follow `VERSION_FIELDS`."""

    pk: int
    arn: str
    status: str
    status_since: datetime | None
    gone_at: datetime | None
    units: int | None
    project_id: int
    project_arn: str
    seen_at: datetime | None
    connection_id: int
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
    wanted_code: str
    wanted_params: dict[str, Any]
    opens_at: datetime | None
    valid_until: datetime | None
    decided_action: str
    decided_code: str
    decided_outcome: str
    retry_after: datetime | None
    failed_starts: int
    problems: list[str]

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
    def observed(self) -> Observed:
        """What AWS last said."""
        return Observed(VersionStatus(self.status), self.seen_at, self.status_since, self.gone_at is not None)

    def history(self, run: RunRow | None) -> History:
        """What the ledger and the plan remember of our own orders."""
        failed = self.failed_starts or 0
        if run is None:
            return History(retry_after=self.retry_after, failed_starts=failed)
        start = run.requested_at if run.running_at is None else None
        return History(start, run.stop_requested_at, self.retry_after, failed)


@dataclass(slots=True)
class RunRow:
    """An open run."""

    pk: int
    version_id: int
    deployment_id: int | None
    requested_at: datetime
    accepted_at: datetime | None
    running_at: datetime | None
    stop_requested_at: datetime | None
    stopping_at: datetime | None
    stop_wanted_at: datetime | None


@dataclass(slots=True)
class Board:
    """The tick's picture of the world. `open_runs` is keyed by version."""

    versions: dict[int, VersionRow]
    open_runs: dict[int, RunRow]
    connections: dict[int, Connection]

    def by_project(self) -> dict[int, list[VersionRow]]:
        """Return the versions grouped by project."""
        grouped: dict[int, list[VersionRow]] = defaultdict(list)
        for row in self.versions.values():
            grouped[row.project_id].append(row)
        return grouped

    def live(self) -> list[VersionRow]:
        """Return the versions that a deployment points at."""
        return [row for row in self.versions.values() if row.deployment_id is not None]


def load_board() -> Board:
    """Return every version of the active connections that still matters, and the open runs; three queries.

    A version that is gone matters only while a deployment points at it or a run of it is open.
    """
    rows = ModelVersion.objects.filter(project__connection__is_active=True).exclude(
        gone_at__isnull=False, deployment__isnull=True
    )
    versions = {row[0]: VersionRow(*row) for row in rows.values_list(*VERSION_FIELDS)}
    runs = Run.objects.filter(ended_at__isnull=True).values_list(*RunRow.__dataclass_fields__)
    open_runs = {row[1]: RunRow(*row) for row in runs}
    return Board(versions, open_runs, Connection.objects.filter(is_active=True).in_bulk())
