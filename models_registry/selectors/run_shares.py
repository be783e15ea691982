"""The leaves of spend: a store's share of each run of one deployment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db.models import Sum

from models_registry.domain.allocation import Rule
from models_registry.domain.rounding import fit
from models_registry.models import Deployment, Run, RunShare, StoreSpend
from models_registry.selectors.allocation import run_weights
from models_registry.selectors.spend_levels import Wanted
from portal.base.currency import Currency
from portal.base.errors import NotFound
from stores.models import Store


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run with a store's part of it in a month, exact.

    `run_usd` is the whole run, all stores and days; `rule` is what divides it, frozen when it ends.
    """

    run: Run
    minutes: Decimal
    overhead: Decimal
    usd: Decimal
    run_usd: Decimal
    rule: str

    @property
    def part(self) -> Decimal | None:
        """The store's part of the run's money."""
        return self.usd / self.run_usd if self.run_usd else None

    @property
    def starting(self) -> timedelta | None:
        """How long it was STARTING."""
        run = self.run
        return run.running_at - run.accepted_at if run.running_at and run.accepted_at else None


def run_lines(store: Store, deployment: int, wanted: Wanted) -> list[RunLine]:
    """Return the runs that a store shares in a month, newest first; five queries at most."""
    shares = RunShare.objects.filter(wanted.days, store=store, run__deployment_id=deployment)
    sums = {
        row["run_id"]: row
        for row in shares.order_by("run_id")
        .values("run_id")
        .annotate(minutes=Sum("billed_minutes"), overhead=Sum("overhead_minutes"), own=Sum("usd"))
    }
    whole = RunShare.objects.filter(run_id__in=sums).order_by("run_id").values("run_id")
    totals = dict(whole.annotate(total=Sum("usd")).values_list("run_id", "total"))
    runs = Run.objects.filter(pk__in=sums).select_related("version__project").order_by("-requested_at", "-id")
    return [
        RunLine(run, row["minutes"], row["overhead"], row["own"], totals[run.pk], _rule(run))
        for run in runs
        if (row := sums[run.pk])
    ]


def _rule(run: Run) -> str:
    """Return what divides a run: as it was frozen, or by the rule of its day while it is open."""
    if run.ended_at is not None or run.running_at is None or run.deployment_id is None:
        return run.allocation or Rule.MINUTES.value
    rule, _ = run_weights(run.deployment_id, (), since=run.running_at, until=run.running_at)
    return rule.value


def shares_shown(lines: list[RunLine], total: Decimal, currency: Currency) -> dict[int, Decimal]:
    """Return each run's share as shown: they add up to what the deployment's line shows."""
    exact = {line.run.pk: currency.of(line.usd) for line in lines}
    return fit(exact, total, currency.step)


def deployment_of(store: Store, pk: int) -> Deployment:
    """Return a deployment that serves a store or has cost it something; raise NotFound for any other."""
    found = Deployment.objects.filter(pk=pk).first()
    is_known = found is not None and (
        found.assignments.filter(store=store).exists()
        or StoreSpend.objects.filter(store=store, deployment=found).exists()
    )
    if found is None or not is_known:
        raise NotFound("This store has no such deployment.")
    return found
