"""Work out what deployments want, and keep it beside them until something may differ."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import BigIntegerField, Q, Value

from models_registry.domain.planning import Wish, deployment_windows, deployment_wish
from models_registry.domain.reasons import why_wished
from models_registry.domain.safety import planned_end, rolling_stop
from models_registry.models import Connection, Deployment, DeploymentState, RulesChange
from models_registry.selectors.plans import DeploymentPlan, plans_of_deployments
from stores.domain.intervals import Span
from stores.domain.localtime import from_seconds, to_seconds

HORIZON = timedelta(days=8)
REFRESH = timedelta(hours=1)
"""A plan is worked out again at least this often, so that even a change nobody noted heals itself."""
PLAN_FIELDS = (
    "is_wanted", "may_start", "may_stop", "is_dry_run", "store_count", "wanted_code", "wanted_params",
    "opens_at", "next_change_at", "valid_until", "safety_stops_at",
)  # fmt: skip


def due_for_replanning(*, at: datetime) -> tuple[list[int], set[int]]:
    """Return the notes of changed rules, and the deployments that they or the clock name; one query."""
    expired = Deployment.objects.filter(Q(state__isnull=True) | Q(state__valid_until__lte=at))
    notes = RulesChange.objects.values_list("pk", "deployment_id")
    rows = list(notes.union(expired.values_list(Value(0, BigIntegerField()), "pk"), all=True))
    return [pk for pk, _ in rows if pk], {deployment for _, deployment in rows}


def replan(deployment_ids: Iterable[int], *, at: datetime, notes: Iterable[int] = ()) -> int:
    """Work out the wishes of deployments at `at` and keep them; forget the notes that asked for it.

    Safe to run twice and beside itself: a note is deleted only after rules newer than it were read.
    Returns how many deployments were planned. A bounded number of queries.
    """
    chosen = Deployment.objects.filter(pk__in=list(deployment_ids)).select_related("connection")
    deployments = list(chosen.order_by("id"))
    plans = plans_of_deployments(deployments, planning_bounds(at))
    states = [_state(plans[deployment.pk], deployment.connection, at) for deployment in deployments]
    if states:
        DeploymentState.objects.bulk_create(
            states,
            update_conflicts=True,
            unique_fields=["deployment"],
            update_fields=PLAN_FIELDS,
            batch_size=500,
        )
    notes = list(notes)
    if notes:
        RulesChange.objects.filter(pk__in=notes).delete()
    return len(states)


def planning_bounds(at: datetime) -> Span:
    """Return the span a plan looks at: now and the next eight days."""
    second = to_seconds(at)
    return second - 1, second + int(HORIZON.total_seconds())


def _state(plan: DeploymentPlan, connection: Connection, at: datetime) -> DeploymentState:
    second = to_seconds(at)
    wish = deployment_wish(plan.plans, plan.overrides, second)
    reason = why_wished(plan.plans, wish)
    limit = at + REFRESH
    change = from_seconds(wish.next_change) if wish.next_change is not None else None
    if change is not None and change >= at + HORIZON:
        change = None
    return DeploymentState(
        deployment_id=plan.deployment_id,
        is_wanted=wish.is_wanted,
        may_start=wish.may_start,
        may_stop=wish.may_stop,
        is_dry_run=wish.is_dry_run,
        store_count=len(plan.plans),
        wanted_code=reason.code,
        wanted_params=reason.params,
        opens_at=from_seconds(wish.opens_at) if wish.opens_at is not None else None,
        next_change_at=change,
        valid_until=min(limit, change) if change else limit,
        safety_stops_at=_safety_stop(plan, wish, connection, at),
    )


def _safety_stop(plan: DeploymentPlan, wish: Wish, connection: Connection, at: datetime) -> datetime | None:
    """Return when AWS should stop the model by itself, were nobody here to do it; None where it should not.

    A model that may not be stopped when its window ends (a start-only store) is left running by AWS, too.
    """
    if connection.safety_stop == Connection.SafetyStop.OFF or not wish.is_wanted or wish.is_dry_run:
        return None
    second, bounds = to_seconds(at), planning_bounds(at)
    margin = connection.safety_margin_minutes * 60
    windows = deployment_windows(plan.plans, plan.overrides, bounds)
    end = planned_end(windows, second, margin=margin, until=bounds[1])
    last = deployment_wish(plan.plans, plan.overrides, end) if end is not None else wish
    if not last.may_stop:
        return None
    stop = end + margin if end is not None else rolling_stop(second, phase=plan.deployment_id * 677)
    return from_seconds(stop - stop % 60)
