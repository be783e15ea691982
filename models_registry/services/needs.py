"""Who needed a run: frozen into rows when it ends, worked out from today's rules while it is open."""

from __future__ import annotations

from collections.abc import Iterable

from models_registry.domain.allocation import Rule
from models_registry.models import Deployment, Run, RunNeed, RunWeight
from models_registry.selectors.allocation import run_weights
from models_registry.selectors.plans import plans_of_deployments
from stores.domain.intervals import Span, clip
from stores.domain.localtime import from_seconds, to_seconds


def freeze_needs(run_id: int) -> None:
    """Write down which stretches of an ended run each store needed; once, and never again.

    Stores that needed none of it are written without a stretch where nobody needed any, so that its cost
    still has an address.
    """
    run = Run.objects.get(pk=run_id)
    if run.running_at is None or run.stopping_at is None or run.deployment_id is None:
        return
    if RunNeed.objects.filter(run_id=run_id).exists():
        return
    bounds = to_seconds(run.running_at), to_seconds(run.stopping_at)
    spans = needed_spans(run.deployment_id, bounds)
    rows = [
        RunNeed(run_id=run_id, store_id=store, starts_at=from_seconds(start), ends_at=from_seconds(end))
        for store, own in spans.items()
        for start, end in own
    ]
    if not rows:
        rows = [RunNeed(run_id=run_id, store_id=store) for store in spans]
    RunNeed.objects.bulk_create(rows, batch_size=1_000)
    _freeze_weights(run, run.deployment_id, spans)


def _freeze_weights(run: Run, deployment: int, stores: Iterable[int]) -> None:
    """Write down the rule that divides a run, and what it went by, so that a later rule never moves money."""
    if run.running_at is None or run.stopping_at is None:
        return
    rule, weights = run_weights(deployment, stores, since=run.running_at, until=run.stopping_at)
    if rule is Rule.MINUTES:
        return
    Run.objects.filter(pk=run.pk).update(allocation=rule.value)
    rows = [RunWeight(run_id=run.pk, store_id=store, weight=weight) for store, weight in weights.items()]
    RunWeight.objects.bulk_create(rows, batch_size=1_000)


def needed_spans(deployment_id: int, bounds: Span) -> dict[int, list[Span]]:
    """Return, for each store of a deployment, the spans within `bounds` in which today's rules need it."""
    if bounds[0] >= bounds[1]:
        bounds = bounds[0], bounds[0] + 1
    deployments = Deployment.objects.filter(pk=deployment_id)
    plan = plans_of_deployments(deployments, bounds).get(deployment_id)
    if plan is None:
        return {}
    return {each.need.pk: clip([window[:2] for window in each.windows], bounds) for each in plan.plans}
