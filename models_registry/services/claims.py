"""Who pays for runs: frozen needs and weights of ended ones, today's rules for open ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from models_registry.domain.billing import StoreClaim
from models_registry.models import Run, RunNeed, RunWeight
from models_registry.selectors.allocation import run_weights
from models_registry.services.needs import needed_spans
from stores.domain.intervals import Span
from stores.domain.localtime import to_seconds
from stores.models import Store


class Claimed(NamedTuple):
    """What divides a run (`billing.split_run`)."""

    claims: Mapping[int, StoreClaim]
    weights: Mapping[int, int]


Spans = dict[int, list[Span]]


def claims_of(runs: Iterable[Run], *, at: datetime) -> dict[int, Claimed]:
    """Return what divides each run; two queries, and about ten for each open run."""
    runs = list(runs)
    spans: dict[int, Spans] = {run.pk: {} for run in runs}
    weights: dict[int, dict[int, int]] = defaultdict(dict)
    for need in RunNeed.objects.filter(run_id__in=spans).order_by("id"):
        own = spans[need.run_id].setdefault(need.store_id, [])
        if need.starts_at and need.ends_at:
            own.append((to_seconds(need.starts_at), to_seconds(need.ends_at)))
    for weight in RunWeight.objects.filter(run_id__in=spans).order_by("id"):
        weights[weight.run_id][weight.store_id] = weight.weight
    for run in runs:
        if run.ended_at is None and run.deployment_id and run.running_at:
            spans[run.pk], weights[run.pk] = _present(run, run.deployment_id, run.running_at, at)
    for pk, own_weights in weights.items():
        for store in own_weights:
            spans[pk].setdefault(store, [])
    zones = _zones({store for own in spans.values() for store in own})
    return {
        pk: Claimed({store: StoreClaim(zones[store], each) for store, each in own.items()}, weights[pk])
        for pk, own in spans.items()
    }


def _present(run: Run, deployment: int, running_at: datetime, at: datetime) -> tuple[Spans, dict[int, int]]:
    """Return the needs and weights of a run that has not ended."""
    until = run.stopping_at or max(at, running_at)
    needed = needed_spans(deployment, (to_seconds(running_at), to_seconds(until)))
    _, weights = run_weights(deployment, needed, since=running_at, until=until)
    return {store: own for store, own in needed.items() if own} or needed, weights


def _zones(stores: set[int]) -> Mapping[int, str]:
    return dict(Store.objects.filter(pk__in=stores).order_by("id").values_list("pk", "timezone"))
