"""The ledger's side of a reconciliation: runs of a connection in a month."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db.models import Q
from django.db.models.functions import Coalesce

from models_registry.domain.forecast import Month
from models_registry.domain.metering import KEPT, LedgerRun, RimRun, VersionName
from models_registry.models import Connection, Run
from models_registry.selectors.spend import inference_rates, run_facts
from stores.domain.intervals import Span
from stores.domain.localtime import from_seconds, to_seconds

LATELY = timedelta(days=2)
"""Two days hold every run of a day whole, and a day on which nobody looked."""
SETTLED = timedelta(minutes=15)
"""CloudWatch's newest minutes may still change."""


class LedgerSide(NamedTuple):
    """Which stretch can be compared, the runs in it, their versions, and what deployments served by them.

    `rims` are the runs across the stretch's rims.
    """

    bounds: Span
    is_cut: bool
    runs: list[LedgerRun]
    versions: list[VersionName]
    deployments: dict[int, str]
    rims: list[RimRun]


def ledger_side(connection: Connection, *, month: date, at: datetime) -> LedgerSide:
    """Return the runs whole within a UTC month, as far back as CloudWatch keeps minutes; three queries."""
    low, high = Month.of(month).local("UTC")
    kept = to_seconds(at - KEPT)
    bounds = max(low, -(-kept // 60) * 60), min(high, to_seconds(at) // 60 * 60)
    return _side(connection, bounds, at=at, is_cut=bounds[0] > low)


def ledger_lately(connection: Connection, *, at: datetime) -> LedgerSide:
    """Return the runs whole within the last two days, but for the newest minutes; three queries."""
    high = to_seconds(at - SETTLED) // 60 * 60
    return _side(connection, (high - int(LATELY.total_seconds()), high), at=at)


def _side(connection: Connection, bounds: Span, *, at: datetime, is_cut: bool = False) -> LedgerSide:
    """Return the runs whole within a stretch.

    A run that crosses a rim of it is left out on both sides: its minutes cannot be told apart.
    """
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
    return LedgerSide(
        bounds, is_cut, runs, _versions(connection, runs), deployments, _rims(connection, bounds)
    )


def _rims(connection: Connection, bounds: Span) -> list[RimRun]:
    """Return the runs that lie across a rim, those that are still open among them; one query."""
    low, high = from_seconds(bounds[0]), from_seconds(max(bounds))
    rows = Run.objects.filter(version__project__connection=connection, requested_at__lt=high)
    rows = rows.annotate(until=Coalesce("stopping_at", "ended_at"))
    across = Q(until__isnull=True) | Q(until__gte=high) | Q(requested_at__lt=low, until__gte=low)
    return [
        RimRun(
            VersionName(run.version.project.name, run.version.name),
            to_seconds(run.requested_at),
            to_seconds(run.until or high),
        )
        for run in rows.filter(across).select_related("version__project").order_by("id")
    ]


def _versions(connection: Connection, runs: list[LedgerRun]) -> list[VersionName]:
    """Return every trained version of a connection: one that nobody here started may be running, too."""
    known = connection.projects.filter(versions__gone_at__isnull=True, versions__isnull=False)
    names = {VersionName(*row) for row in known.order_by("id").values_list("name", "versions__name")}
    return sorted(names | {run.version for run in runs})
