"""What happened to each deployment beside what its hours asked for: the facts behind `domain.variance`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Min

from models_registry.domain.billing import Rate, RunFacts, StoreClaim, from_running, rate_at
from models_registry.domain.lead import usual_start_seconds
from models_registry.domain.overrides import OverrideSpan
from models_registry.domain.planning import StorePlan, deployment_windows, ready_windows
from models_registry.domain.variance import Divided, Story
from models_registry.models import Deployment, Run
from models_registry.selectors.allocation import planned_weights
from models_registry.selectors.plans import DeploymentPlan, observed_starts, plans_of_deployments
from stores.domain.control import ACTING_MODES
from stores.domain.intervals import Span, clip
from stores.domain.localtime import from_seconds, to_seconds

FAILED = (Run.Outcome.FAILED, Run.Outcome.REFUSED, Run.Outcome.NOT_DONE)


class Lost(NamedTuple):
    """Starts of a deployment that came to nothing, and the one under way."""

    failed: list[int]
    starting: int | None


@dataclass(frozen=True, slots=True)
class _Facts:
    """What plans of all deployments are made from."""

    bounds: Span
    rates: list[Rate]
    usual: Mapping[int, float | None]
    begun: Mapping[int, datetime]
    weights: Mapping[int, Mapping[int, int]]
    lost: Mapping[int, Lost]


def stories_of(
    runs: Mapping[int, list[Divided]], bounds: Span, *, rates: list[Rate], at: datetime
) -> dict[int, Story]:
    """Return the story of every deployment that has ever been started, within bounds up to `at`.

    At most fifteen queries, whatever the number of deployments. A plan counts from the first start that was
    ordered: before it nobody expected the model.
    """
    first = Run.objects.filter(deployment__isnull=False).order_by().values("deployment_id")
    begun = dict(first.annotate(first=Min("requested_at")).values_list("deployment_id", "first"))
    deployments = Deployment.objects.select_related("connection").in_bulk(begun)
    until = min(bounds[1], to_seconds(at))
    plans = plans_of_deployments(deployments.values(), bounds)
    starts = observed_starts(deployments)
    stores = {pk: [each.need.pk for each in plan.plans] for pk, plan in plans.items()}
    facts = _Facts(
        (bounds[0], until),
        rates,
        {pk: usual_start_seconds(starts.get(pk, [])) for pk in deployments},
        begun,
        planned_weights(stores, at=at),
        _lost(bounds),
    )
    return {pk: _story(deployments[pk], plan, runs.get(pk, []), facts) for pk, plan in plans.items()}


def _lost(bounds: Span) -> dict[int, Lost]:
    """Return the starts that came to nothing; one query."""
    rows = Run.objects.filter(
        running_at__isnull=True, deployment__isnull=False, requested_at__gte=from_seconds(bounds[0])
    ).order_by("requested_at", "id")
    found: dict[int, Lost] = defaultdict(lambda: Lost([], None))
    for pk, requested_at, outcome in rows.values_list("deployment_id", "requested_at", "outcome"):
        known = found[pk or 0]
        if outcome in FAILED:
            known.failed.append(to_seconds(requested_at))
        elif not outcome:
            found[pk or 0] = known._replace(starting=to_seconds(requested_at))
    return found


def _story(deployment: Deployment, plan: DeploymentPlan, runs: list[Divided], facts: _Facts) -> Story:
    hours = [_by_hours(each, facts.bounds) for each in plan.plans]
    zones = {each.need.pk: each.need.rules.timezone for each in hours}
    for run in runs:
        zones |= {store: claim.timezone for store, claim in run.claims.items()}
    overrides: list[OverrideSpan] = list(plan.overrides)
    overrides += [override for each in plan.plans for override in each.need.overrides]
    lost = facts.lost.get(deployment.pk, Lost([], None))
    return Story(
        timezones=zones, plan=list(_planned(deployment, hours, facts)), runs=runs, overrides=overrides,
        failed_at=lost.failed, starting_at=lost.starting,
    )  # fmt: skip


def _by_hours(plan: StorePlan, bounds: Span) -> StorePlan:
    """Return a store's plan as if nobody had overridden anything."""
    if not plan.need.overrides:
        return plan
    need = plan.need._replace(overrides=())
    return StorePlan(need, ready_windows(need, bounds))


def _planned(deployment: Deployment, hours: list[StorePlan], facts: _Facts) -> Iterable[Divided]:
    """Yield the runs that the hours ask for, up to now; none where the portal does not act."""
    is_acting = any(each.need.control in ACTING_MODES for each in hours)
    if deployment.live_version_id is None or not is_acting:
        return
    low = max(facts.bounds[0], to_seconds(facts.begun[deployment.pk]))
    claims = {
        each.need.pk: StoreClaim(each.need.rules.timezone, [window[:2] for window in each.windows])
        for each in hours
    }
    windows = from_running(deployment_windows(hours, (), facts.bounds), facts.usual[deployment.pk])
    for span in clip(windows, (low, max(low, facts.bounds[1]))):
        rate = rate_at(facts.rates, deployment.connection.region, from_seconds(span[0]))
        run = RunFacts(*span, deployment.min_inference_units, rate or Decimal(0))
        yield Divided(run, claims, facts.weights.get(deployment.pk, {}))
