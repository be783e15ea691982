"""A month of the ledger laid beside AWS's own counts; nothing is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from models_registry.domain.forecast import Month
from models_registry.domain.metering import (
    Cost,
    Metering,
    MeteringDenied,
    MeteringError,
    Reconciliation,
    reconcile,
    without_rims,
)
from models_registry.models import Connection
from models_registry.selectors.reconciliation import LedgerSide, ledger_side


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What could be read: the comparison, the bill, and for each what kept it from being read."""

    side: LedgerSide
    minutes: Reconciliation | None = None
    costs: list[Cost] = field(default_factory=list)
    missing_permissions: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def cost_usd(self) -> Decimal:
        """The sum of the bill's lines."""
        return sum((line.usd for line in self.costs), Decimal(0))


def reconcile_month(*, connection: Connection, month: date, metering: Metering, at: datetime) -> Reconciled:
    """Ask CloudWatch and Cost Explorer for a month. Never raises MeteringError: it says what is missing."""
    side = ledger_side(connection, month=month, at=at)
    denied: list[str] = []
    problems: list[str] = []
    minutes, costs = None, list[Cost]()
    try:
        if side.bounds[0] < side.bounds[1]:
            metric = metering.units_in_service(side.versions, side.bounds)
            minutes = reconcile(side.runs, without_rims(metric, side.rims), side.bounds)
    except MeteringError as error:
        _note(error, denied, problems)
    try:
        of = Month.of(month)
        costs = metering.costs(of.first, of.after)
    except MeteringError as error:
        _note(error, denied, problems)
    return Reconciled(side, minutes, costs, tuple(denied), tuple(problems))


def _note(error: MeteringError, denied: list[str], problems: list[str]) -> None:
    if isinstance(error, MeteringDenied):
        denied.append(error.permission)
    else:
        problems.append(error.message)
