"""Spend per store and day: computed from runs, and from nothing else; rebuildable at any time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction

from models_registry.domain.billing import Share, StoreClaim, split_run
from models_registry.models import Run, RunNeed, StoreSpend
from models_registry.selectors.spend import inference_rates, run_facts
from models_registry.services.needs import needed_spans
from stores.domain.intervals import Span
from stores.domain.localtime import to_seconds
from stores.models import Store

ZONE_SLACK = timedelta(days=1)
"""A local day reaches up to 14 hours beyond the UTC day of the same date."""


def rebuild_spend(*, first_on: date, last_on: date, at: datetime) -> int:
    """Compute the spend rows of local days `first_on` to `last_on` again; return how many there are.

    Runs are taken whole and cut at local midnights, so that a day's row is the same whoever asks. A run that
    is still open counts up to `at`.
    """
    runs = runs_touching(first_on - ZONE_SLACK, last_on + ZONE_SLACK, at=at)
    shares = _shares(runs, at=at)
    rows = [
        StoreSpend(store_id=store, deployment_id=deployment, on=on, billed_minutes=minutes,
                   overhead_minutes=overhead, usd=usd)
        for (store, deployment, on), (minutes, overhead, usd) in sorted(shares.items())
        if first_on <= on <= last_on
    ]  # fmt: skip
    with transaction.atomic():
        StoreSpend.objects.filter(on__range=(first_on, last_on)).delete()
        StoreSpend.objects.bulk_create(rows, batch_size=1_000)
    return len(rows)


def runs_touching(first_on: date, last_on: date, *, at: datetime) -> list[Run]:
    """Return the billed runs of deployments that touch the UTC days given, oldest first."""
    from_at = datetime.combine(first_on, datetime.min.time(), tzinfo=at.tzinfo)
    until_at = datetime.combine(last_on + timedelta(days=1), datetime.min.time(), tzinfo=at.tzinfo)
    runs = Run.objects.filter(
        running_at__isnull=False, running_at__lt=until_at, deployment__isnull=False
    ).exclude(stopping_at__lt=from_at)
    return list(runs.select_related("version__project__connection").order_by("running_at", "id"))


def _shares(
    runs: Iterable[Run], *, at: datetime
) -> dict[tuple[int, int, date], tuple[Decimal, Decimal, Decimal]]:
    runs = list(runs)
    rates = inference_rates()
    claims = _claims(runs, at)
    sums: dict[tuple[int, int, date], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 3)
    for run in runs:
        facts = run_facts(run, rates, at=at)
        for share in split_run(facts, claims[run.pk]):
            _add(sums[share.store, run.deployment_id or 0, share.on], share)
    return {key: (total[0], total[1], total[2]) for key, total in sums.items()}


def _add(total: list[Decimal], share: Share) -> None:
    total[0] += share.minutes
    total[1] += share.overhead
    total[2] += share.usd


def _claims(runs: Iterable[Run], at: datetime) -> dict[int, dict[int, StoreClaim]]:
    """Return each run's claims: frozen ones of ended runs, today's rules for open ones."""
    spans: dict[int, dict[int, list[Span]]] = {run.pk: {} for run in runs}
    for need in RunNeed.objects.filter(run_id__in=spans).order_by("id"):
        own = spans[need.run_id].setdefault(need.store_id, [])
        if need.starts_at and need.ends_at:
            own.append((to_seconds(need.starts_at), to_seconds(need.ends_at)))
    for run in runs:
        if run.ended_at is None and run.deployment_id and run.running_at:
            bounds = to_seconds(run.running_at), to_seconds(run.stopping_at or max(at, run.running_at))
            needed = needed_spans(run.deployment_id, bounds)
            spans[run.pk] = {store: own for store, own in needed.items() if own} or needed
    zones = _zones({store for own in spans.values() for store in own})
    return {
        run: {store: StoreClaim(zones[store], own) for store, own in stores.items()}
        for run, stores in spans.items()
    }


def _zones(stores: set[int]) -> Mapping[int, str]:
    return dict(Store.objects.filter(pk__in=stores).order_by("id").values_list("pk", "timezone"))
