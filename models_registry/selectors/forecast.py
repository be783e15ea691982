"""The facts behind a month's forecast; the arithmetic is `domain.forecast`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from django.db.models import QuerySet, Sum

from models_registry.domain.billing import StoreClaim
from models_registry.domain.forecast import (
    Month,
    MonthForecast,
    PlannedDeployment,
    StoreForecast,
    StoreMoney,
    Unplanned,
    plan_money,
)
from models_registry.domain.lead import usual_start_seconds
from models_registry.domain.planning import StoreNeed, StorePlan, deployment_windows, ready_windows
from models_registry.models import Deployment, Run, StoreSpend
from models_registry.selectors.allocation import planned_weights
from models_registry.selectors.plans import (
    DeploymentPlan,
    needs_of_stores,
    observed_starts,
    owners_of,
    plans_of_deployments,
)
from models_registry.selectors.spend import inference_rates
from stores.domain.control import ACTING_MODES, Control
from stores.domain.hours import open_days, ordinals_around
from stores.domain.intervals import Span, clip, seconds_in
from stores.domain.localtime import to_seconds
from stores.models import Store


def month_forecast(stores: QuerySet[Store], *, month: date, at: datetime) -> MonthForecast:
    """Return the forecast of the month that holds `month`, store by store in the order of `stores`.

    Deployments are planned with all their stores, whoever asks. Nineteen queries at most, whatever the number
    of stores; about two milliseconds a store.
    """
    wanted = Month.of(month)
    chosen = list(stores.select_related("area"))
    owner = owners_of(chosen)
    deployments = Deployment.objects.select_related("connection").in_bulk(set(owner.values()))
    plans = plans_of_deployments(deployments.values(), wanted.bounds)
    needs = _needs(chosen, owner, plans, wanted.bounds)
    frame = _Frame(wanted, owner, deployments, _windows(needs, plans, wanted.bounds), needs, to_seconds(at))
    money = _money(frame, plans, at)
    actual = billed_so_far(chosen, wanted)
    return MonthForecast(wanted.first, at, tuple(_row(store, frame, money, actual) for store in chosen))


@dataclass(frozen=True, slots=True)
class _Frame:
    """What rows are made from: who owns a store, and when it needs its model."""

    month: Month
    owner: Mapping[int, int]
    deployments: Mapping[int, Deployment]
    windows: Mapping[int, list[Span]]
    needs: Mapping[int, StoreNeed]
    second: int


def _needs(
    stores: Iterable[Store], owner: Mapping[int, int], plans: Mapping[int, DeploymentPlan], bounds: Span
) -> dict[int, StoreNeed]:
    """Return what each store needs, those without a deployment included."""
    needs = {each.need.pk: each.need for plan in plans.values() for each in plan.plans}
    alone = [store for store in stores if store.pk not in owner]
    return needs | (needs_of_stores(alone, bounds, owner={}, deployments={}) if alone else {})


def _windows(
    needs: Mapping[int, StoreNeed], plans: Mapping[int, DeploymentPlan], bounds: Span
) -> dict[int, list[Span]]:
    """Return when each store needs its model."""
    windows = {each.need.pk: _spans(each) for plan in plans.values() for each in plan.plans}
    alone = {pk: need for pk, need in needs.items() if pk not in windows}
    return windows | {pk: [each[:2] for each in ready_windows(need, bounds)] for pk, need in alone.items()}


def _open_minutes(need: StoreNeed, month: Span, second: int) -> int:
    """Return how many minutes of a month a store has been open up to a second."""
    bounds = month[0], min(month[1], second)
    if bounds[1] <= bounds[0]:
        return 0
    days = open_days(need.rules, *ordinals_around(bounds))
    return seconds_in(clip([(day.start, day.end) for day in days], bounds)) // 60


def _spans(plan: StorePlan) -> list[Span]:
    return [window[:2] for window in plan.windows]


def _money(
    frame: _Frame, plans: Mapping[int, DeploymentPlan], at: datetime
) -> dict[int, tuple[Unplanned | None, StoreMoney]]:
    """Return what the plans cost, by store, with what keeps them from costing anything."""
    starts = observed_starts(frame.deployments)
    usual = {pk: usual_start_seconds(starts.get(pk, [])) for pk in frame.deployments}
    runs_from = _runs_from(frame.deployments, usual)
    rates = inference_rates()
    stores = {pk: [each.need.pk for each in plan.plans] for pk, plan in plans.items()}
    weights = planned_weights(stores, at=at)
    money: dict[int, tuple[Unplanned | None, StoreMoney]] = {}
    for pk, plan in plans.items():
        deployment = frame.deployments[pk]
        starting = Starting(usual[pk], runs_from.get(pk), weights.get(pk, {}))
        planned = planned_deployment(deployment, plan, frame.month.bounds, starting)
        shares = plan_money(planned, frame.month, second=to_seconds(at), rates=rates)
        money |= {each.need.pk: (planned.unplanned, shares[each.need.pk]) for each in plan.plans}
    return money


class Starting(NamedTuple):
    """How long a deployment's starts take, in seconds, since when its open run has been RUNNING, and by which
    weights its money is divided."""

    usual_seconds: float | None
    runs_from: int | None
    weights: Mapping[int, int]


def planned_deployment(
    deployment: Deployment, plan: DeploymentPlan, bounds: Span, starting: Starting
) -> PlannedDeployment:
    """Return what of a deployment decides its money within the bounds."""
    return PlannedDeployment(
        region=deployment.connection.region,
        units=deployment.min_inference_units,
        windows=deployment_windows(plan.plans, plan.overrides, bounds),
        claims={each.need.pk: StoreClaim(each.need.rules.timezone, _spans(each)) for each in plan.plans},
        usual_start_seconds=starting.usual_seconds,
        runs_from=starting.runs_from,
        unplanned=_unplanned(deployment, plan),
        weights=starting.weights,
    )


def starting_of(deployment: Deployment, stores: Iterable[int], *, at: datetime) -> Starting:
    """Return how one deployment starts, its open run, and the weights of its stores; five queries."""
    weights = planned_weights({deployment.pk: stores}, at=at).get(deployment.pk, {})
    usual = {deployment.pk: usual_start_seconds(observed_starts([deployment.pk]).get(deployment.pk, []))}
    return Starting(usual[deployment.pk], _runs_from([deployment.pk], usual).get(deployment.pk), weights)


def _unplanned(deployment: Deployment, plan: DeploymentPlan) -> Unplanned | None:
    """Return why nothing will be started for a deployment, if so."""
    controls = {each.need.control for each in plan.plans}
    if deployment.live_version_id is None:
        return Unplanned.NO_VERSION
    if controls & ACTING_MODES:
        return None
    return Unplanned.DRY_RUN if Control.DRY_RUN in controls else Unplanned.HANDS_OFF


def _runs_from(deployments: Iterable[int], usual: Mapping[int, float | None]) -> dict[int, int]:
    """Return from which second each open run has been RUNNING, or will be after a usual start; one query."""
    rows = Run.objects.filter(
        ended_at__isnull=True, stop_requested_at__isnull=True, deployment_id__in=list(deployments)
    )
    found = {}
    for pk, running_at, requested_at in rows.values_list("deployment_id", "running_at", "requested_at"):
        head = 0 if running_at else int(usual[pk] or 0)
        found[pk] = to_seconds(running_at or requested_at) + head
    return found


def billed_so_far(stores: Iterable[Store], month: Month) -> dict[int, tuple[Decimal, Decimal, Decimal]]:
    """Return what each store was billed in the month so far: minutes, overhead and USD; one query."""
    rows = (
        StoreSpend.objects.filter(
            store__in=[store.pk for store in stores], on__gte=month.first, on__lt=month.after
        )
        .values("store_id")
        .annotate(minutes=Sum("billed_minutes"), overhead=Sum("overhead_minutes"), total=Sum("usd"))
        .values_list("store_id", "minutes", "overhead", "total")
    )
    return {pk: (minutes, overhead, usd) for pk, minutes, overhead, usd in rows.order_by("store_id")}


def _row(
    store: Store,
    frame: _Frame,
    money: Mapping[int, tuple[Unplanned | None, StoreMoney]],
    actual: Mapping[int, tuple[Decimal, Decimal, Decimal]],
) -> StoreForecast:
    deployment = frame.deployments.get(frame.owner.get(store.pk, 0))
    unplanned, planned = money.get(store.pk, (Unplanned.NO_DEPLOYMENT, StoreMoney()))
    minutes, overhead, usd = actual.get(store.pk, (Decimal(0),) * 3)
    needed = clip(frame.windows[store.pk], frame.month.local(store.timezone))
    return StoreForecast(
        store_id=store.pk,
        code=store.code,
        name=store.name,
        area=store.area.name,
        area_id=store.area_id,
        deployment_id=deployment.pk if deployment else None,
        deployment=deployment.name if deployment else "",
        unplanned=unplanned,
        needed_minutes=seconds_in(needed) // 60,
        planned_minutes=planned.planned.minutes,
        planned_usd=planned.planned.usd,
        actual_minutes=minutes,
        overhead_minutes=overhead,
        actual_usd=usd,
        rest_minutes=planned.rest.minutes,
        rest_usd=planned.rest.usd,
        always_on_usd=planned.always_on.usd,
        open_minutes=_open_minutes(frame.needs[store.pk], frame.month.local(store.timezone), frame.second),
    )
