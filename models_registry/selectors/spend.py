"""What runs have cost: dated prices, and what of a run is billed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Count, F, QuerySet, Sum

from models_registry.domain.billing import Rate, RunFacts, rate_at
from models_registry.domain.forecast import Month
from models_registry.models import Assignment, PriceRate, Run, StoreSpend
from stores.domain.localtime import from_seconds, local_date, to_seconds
from stores.models import Store


def inference_rates() -> list[Rate]:
    """Return the dated prices of an inference unit hour; one query."""
    return dated_rates(PriceRate.Kind.INFERENCE)


def dated_rates(kind: PriceRate.Kind) -> list[Rate]:
    """Return the dated prices of a kind; one query."""
    rows = PriceRate.objects.filter(kind=kind).order_by("id")
    return [Rate(row.region, row.valid_from, row.usd_per_hour) for row in rows]


def run_facts(run: Run, rates: Iterable[Rate], *, at: datetime) -> RunFacts:
    """Return what is billed of a run that has been running; an open one up to `at`.

    The whole run is charged at the price of the instant it began to run.
    """
    if run.running_at is None:
        raise ValueError("A run that never ran has no billed time.")
    rate = rate_at(rates, run.version.project.connection.region, run.running_at)
    end = run.stopping_at or max(at, run.running_at)
    return RunFacts(to_seconds(run.running_at), to_seconds(end), run.inference_units, rate or Decimal(0))


def zone_of(stores: QuerySet[Store]) -> str:
    """Return the zone by which a page about many stores is dated: that of most of them, else UTC."""
    zones = stores.order_by().values("timezone").annotate(count=Count("pk"))
    first = zones.order_by("-count", "timezone").values_list("timezone", flat=True).first()
    return first or "UTC"


def month_of(stores: QuerySet[Store], *, at: datetime) -> date:
    """Return the first day of the present month by the clock of most stores; one query."""
    return local_date(zone_of(stores), at).replace(day=1)


OTHER = ""
SHOWN_SERIES = 6


@dataclass(frozen=True, slots=True)
class DailySpend:
    """What each day of a month has cost, by deployment: the dearest ones by name, the rest as one."""

    days: list[date]
    series: list[tuple[str, list[Decimal]]]

    @property
    def totals(self) -> list[Decimal]:
        """The sums of the days."""
        return [sum(parts, Decimal(0)) for parts in zip(*(values for _, values in self.series), strict=True)]


def daily_spend(stores: QuerySet[Store], *, month: date) -> DailySpend:
    """Return the spend of stores by local day and deployment; one query."""
    of = Month.of(month)
    rows = (
        StoreSpend.objects.filter(store__in=stores.order_by(), on__gte=of.first, on__lt=of.after)
        .values_list("deployment__name", "on")
        .annotate(total=Sum("usd"))
        .order_by("deployment__name", "on")
    )
    days = [of.first + timedelta(days=index) for index in range((of.after - of.first).days)]
    by_name: dict[str, dict[date, Decimal]] = defaultdict(dict)
    for name, on, total in rows:
        by_name[name][on] = total
    dearest = sorted(by_name, key=lambda name: -sum(by_name[name].values()))
    series = [(name, [by_name[name].get(on, Decimal(0)) for on in days]) for name in dearest[:SHOWN_SERIES]]
    rest = dearest[SHOWN_SERIES:]
    if rest:
        sums = [sum((by_name[name].get(on, Decimal(0)) for name in rest), Decimal(0)) for on in days]
        series.append((OTHER, sums))
    return DailySpend(days, series)


def starting_time(stores: QuerySet[Store], *, month: date) -> timedelta:
    """Return how long the deployments of stores were STARTING in a month: shown, not billed; one query.

    A run counts in the month in which it began to run, by the clock of most stores.
    """
    low, high = (from_seconds(second) for second in Month.of(month).local(zone_of(stores)))
    runs = Run.objects.filter(
        deployment__in=Assignment.objects.filter(store__in=stores.order_by()).values("deployment_id"),
        is_outside=False, accepted_at__isnull=False, running_at__gte=low, running_at__lt=high,
    )  # fmt: skip
    taken: timedelta | None = runs.aggregate(taken=Sum(F("running_at") - F("accepted_at")))["taken"]
    return taken or timedelta(0)
