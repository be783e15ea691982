"""The facts of a store's monthly statement: shares as they were written down, runs, and prices."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from models_registry.domain.billing import Rate
from models_registry.domain.forecast import SLACK_SECONDS, Month
from models_registry.domain.statement import Allocation, Amounts, Deviation, StartCause, Statement
from models_registry.models import Deployment, Run, SpendCause, StoreSpend
from models_registry.selectors.spend import inference_rates
from stores.domain.localtime import from_seconds, local_date, to_seconds
from stores.models import Store

MONTHS = 12


def statement_of(store: Store, *, month: date, at: datetime) -> Statement:
    """Return a store's month; seven queries."""
    of = Month.of(month)
    spend = StoreSpend.objects.filter(on__gte=of.first, on__lt=of.after)
    mine = spend.filter(store=store)
    served = list(mine.order_by("deployment_id").values_list("deployment_id", flat=True).distinct())
    runs = _runs(store, served, of)
    return Statement(
        code=store.code,
        name=store.name,
        area=store.area.name,
        timezone=store.timezone,
        month=of.first,
        made_at=at,
        is_final=of.local(store.timezone)[1] + SLACK_SECONDS <= to_seconds(at),
        days={on: Amounts(*sums) for on, *sums in _sums(mine, "on")},
        allocations=_allocations(spend, mine, served),
        prices=_prices(served, of),
        causes=_causes(runs),
        deviations=_deviations(store, of),
        runs=len(runs),
        starting=sum((run.running_at - run.accepted_at for run in runs if _was_ours(run)), timedelta()),  # type: ignore[operator]
    )


def _was_ours(run: Run) -> bool:
    return not run.is_outside and run.accepted_at is not None


def _sums(rows: QuerySet[StoreSpend], key: str) -> list[tuple[Any, Decimal, Decimal, Decimal]]:
    grouped = rows.order_by(key).values(key).annotate(
        minutes=Sum("billed_minutes"), overhead=Sum("overhead_minutes"), total=Sum("usd")
    )  # fmt: skip
    return list(grouped.values_list(key, "minutes", "overhead", "total"))


def _allocations(
    spend: QuerySet[StoreSpend], mine: QuerySet[StoreSpend], served: list[int]
) -> tuple[Allocation, ...]:
    """Return what of each deployment's month fell to the store."""
    whole = {
        pk: (name, stores, total)
        for pk, name, stores, total in spend.filter(deployment__in=served)
        .order_by("deployment__name")
        .values("deployment_id")
        .annotate(total=Sum("usd"), stores=Count("store", distinct=True))
        .values_list("deployment_id", "deployment__name", "stores", "total")
    }
    own = {pk: Amounts(*sums) for pk, *sums in _sums(mine, "deployment_id")}
    return tuple(
        Allocation(name, stores, own[pk].usd / total if total else None, own[pk])
        for pk, (name, stores, total) in whole.items()
    )


def _runs(store: Store, served: list[int], month: Month) -> list[Run]:
    """Return the runs that began in the store's month and were needed by it, or are still open."""
    low, high = (from_seconds(second) for second in month.local(store.timezone))
    rows = Run.objects.filter(
        Q(needs__store=store) | Q(ended_at__isnull=True),
        deployment__in=served, running_at__gte=low, running_at__lt=high,
    )  # fmt: skip
    return list(rows.order_by("running_at", "id").distinct())


def _causes(runs: list[Run]) -> tuple[StartCause, ...]:
    counted = Counter((run.start_code, str(run.start_params.get("author", ""))) for run in runs)
    return tuple(StartCause(code, author, count) for (code, author), count in counted.most_common())


def _deviations(store: Store, month: Month) -> tuple[Deviation, ...]:
    """Return why the month differs from its plan, the most money first."""
    rows = SpendCause.objects.filter(store=store, on__gte=month.first, on__lt=month.after)
    sums = rows.order_by().values("cause", "who").annotate(total=Sum("usd"))
    found = [Deviation(*row) for row in sums.values_list("cause", "who", "total")]
    return tuple(sorted(found, key=lambda each: (-abs(each.usd), each.cause, each.who)))


def _prices(served: list[int], month: Month) -> tuple[Rate, ...]:
    """Return the prices of the deployments' regions that held at any time of the month, oldest first."""
    regions = set(
        Deployment.objects.filter(pk__in=served).order_by("id").values_list("connection__region", flat=True)
    )
    low, high = (from_seconds(second) for second in month.local("UTC"))
    known = sorted(inference_rates(), key=lambda rate: (rate.region, rate.valid_from))
    own = {rate.region for rate in known if rate.region in regions}
    chosen = [rate for rate in known if rate.region in own or (rate.region == "" and regions - own)]
    return tuple(
        rate
        for index, rate in enumerate(chosen)
        if rate.valid_from < high
        and not any(later.region == rate.region and later.valid_from <= low for later in chosen[index + 1 :])
    )


def month_totals(store: Store, *, at: datetime) -> list[tuple[date, Decimal, Decimal]]:
    """Return the last year's months with money, newest first: first day, unit minutes, USD; one query."""
    today = local_date(store.timezone, at)
    since = (today.replace(day=1) - timedelta(days=MONTHS * 30)).replace(day=1)
    rows = StoreSpend.objects.filter(store=store, on__gte=since).order_by("on")
    sums: dict[date, tuple[Decimal, Decimal]] = {}
    for on, minutes, usd in rows.values_list("on", "billed_minutes", "usd"):
        first = on.replace(day=1)
        before = sums.get(first, (Decimal(0), Decimal(0)))
        sums[first] = before[0] + minutes, before[1] + usd
    return [(first, *sums[first]) for first in sorted(sums, reverse=True)]
