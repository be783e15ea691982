"""The ledger's side of a reconciliation: runs of a connection in a month."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from django.db.models import Q

from models_registry.domain.forecast import Month
from models_registry.domain.metering import KEPT, LedgerRun, VersionName
from models_registry.models import Connection, Run
from models_registry.selectors.spend import inference_rates, run_facts
from stores.domain.intervals import Span
from stores.domain.localtime import from_seconds, to_seconds


class LedgerSide(NamedTuple):
    """Which stretch can be compared, the runs in it, their versions, and what deployments served by them."""

    bounds: Span
    is_cut: bool
    runs: list[LedgerRun]
    versions: list[VersionName]
    deployments: dict[int, str]


def ledger_side(connection: Connection, *, month: date, at: datetime) -> LedgerSide:
    """Return the runs that lie whole within a UTC month as far back as CloudWatch keeps minutes; two queries.

    A run that crosses a rim of the stretch is left out on both sides: its minutes cannot be told apart.
    """
    low, high = Month.of(month).local("UTC")
    kept = to_seconds(at - KEPT)
    bounds = max(low, -(-kept // 60) * 60), min(high, to_seconds(at) // 60 * 60)
    rows = Run.objects.filter(
        Q(stopping_at__isnull=False), version__project__connection=connection,
        running_at__isnull=False, requested_at__gte=from_seconds(bounds[0]),
        stopping_at__lt=from_seconds(max(bounds)),
    ).select_related("version__project__connection", "deployment")  # fmt: skip
    rates = inference_rates()
    runs, deployments = [], {}
    for run in rows.order_by("requested_at", "id"):
        name = VersionName(run.version.project.name, run.version.name)
        runs.append(LedgerRun(run.pk, name, to_seconds(run.requested_at), run_facts(run, rates, at=at)))
        deployments[run.pk] = run.deployment.name if run.deployment else ""
    return LedgerSide(bounds, bounds[0] > low, runs, _versions(connection, runs), deployments)


def _versions(connection: Connection, runs: list[LedgerRun]) -> list[VersionName]:
    """Return every trained version of a connection: one that nobody here started may be running, too."""
    known = connection.projects.filter(versions__gone_at__isnull=True, versions__isnull=False)
    names = {VersionName(*row) for row in known.order_by("id").values_list("name", "versions__name")}
    return sorted(names | {run.version for run in runs})
