"""Whether a store's photos can be answered now, and if not, when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from models_registry.selectors.deployments import start_times
from models_registry.selectors.fleet import FleetRow, ModelState
from models_registry.selectors.store_page import store_row
from stores.domain.control import Control
from stores.models import Store

LIKELY_START = timedelta(minutes=15)
"""How long a start is thought to take where nothing has been learnt yet (AWS says up to 30 minutes)."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """A store's opening and its model's state. `ready_at` is an estimate; None when nothing is planned."""

    is_open: bool
    changes_at: datetime | None
    state: ModelState
    ready_at: datetime | None
    may_be_started: bool

    @property
    def is_ready(self) -> bool:
        return self.state is ModelState.RUNNING


def readiness_of(store: Store, *, at: datetime) -> Readiness:
    """Return what a register may expect; some ten queries, asked only when something is not ready."""
    row = store_row(store, at=at)
    can_start = row.deployment is not None and store.control in {Control.AUTOMATIC, Control.START_ONLY}
    return Readiness(
        is_open=row.opening.holds,
        changes_at=row.opening.until,
        state=row.state,
        ready_at=_ready_at(row, at),
        may_be_started=can_start and row.state in {ModelState.OFF, ModelState.STOPPING, ModelState.UNKNOWN},
    )


def _ready_at(row: FleetRow, at: datetime) -> datetime | None:
    if row.deployment is None or row.version is None:
        return None
    if row.state is ModelState.RUNNING:
        return at
    learned = start_times(row.deployment).lead_minutes
    lead = timedelta(minutes=learned) if learned else LIKELY_START
    if row.state is ModelState.STARTING:
        return max((row.since or at) + lead, at + timedelta(seconds=15))
    if row.need.holds:
        return at + lead
    return None if row.need.until is None else row.need.until + lead
