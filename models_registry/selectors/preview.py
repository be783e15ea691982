"""The facts behind a preview; the arithmetic is `domain.preview`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from models_registry.domain.forecast import Month, PlannedDeployment
from models_registry.domain.overrides import OverrideSpan
from models_registry.domain.planning import StoreNeed, StorePlan
from models_registry.domain.preview import Frame, Preview, Proposal, Week, normal_month_of_week, preview
from models_registry.models import Deployment
from models_registry.selectors.forecast import billed_so_far, planned_deployment, starting_of
from models_registry.selectors.plans import (
    LEAD_HISTORY,
    DeploymentPlan,
    lead_of,
    needs_of_stores,
    observed_starts,
    plans_of_deployments,
)
from models_registry.selectors.spend import inference_rates
from models_registry.selectors.store_page import deployment_of
from models_registry.selectors.timeline import Bar, Mark, bars, day_bounds, marks
from stores.domain.intervals import Span
from stores.domain.localtime import from_seconds, local_date, to_seconds
from stores.models import Store

DAYS = 7


def preview_change(
    store: Store, proposal: Proposal, *, at: datetime, open_buffer_minutes: int | None = None
) -> Preview:
    """Return what a proposal would change for a store, and for all that share its model; 13 queries at most.

    Seven days are drawn from today; around the special day where that lies further ahead. A new opening
    buffer counts where the deployment has not learned a lead of its own.
    """
    today = local_date(store.timezone, at)
    first_on = _first_drawn(proposal, today)
    month = Month.of(today)
    deployment = deployment_of(store)
    reach = month.bounds[0], max(month.bounds[1], to_seconds(at) + 86_400 * ((first_on - today).days + 10))
    if deployment is None:
        needs = needs_of_stores([store], reach, owner={}, deployments={})
        if open_buffer_minutes is not None:
            proposal = proposal._replace(lead_minutes=open_buffer_minutes)
        frame = Frame(store.pk, month, to_seconds(at), ())
        return preview(list(needs.values()), proposal, frame, first_on=first_on, days=DAYS)
    plan = plans_of_deployments([deployment], reach)[deployment.pk]
    if open_buffer_minutes is not None:
        lead = _lead(store, deployment, open_buffer_minutes, reach)
        proposal = proposal._replace(lead_minutes=lead)
    needs_list = [each.need for each in plan.plans]
    frame = _frame(store, deployment, needs_list, month, at=at)
    frame = replace(frame, overrides=plan.overrides)
    return preview(needs_list, proposal, frame, first_on=first_on, days=DAYS)


def cost_of_week(store: Store, *, at: datetime) -> Callable[[Week], Decimal] | None:
    """Return a function from a week of the store to what its model costs in a normal month; None without one.

    The rule of the previews, so that a trim saves what is shown before it is saved. No query once made.
    """
    deployment = deployment_of(store)
    if deployment is None:
        return None
    month = Month.of(local_date(store.timezone, at))
    needs = [each.need for each in plans_of_deployments([deployment], month.bounds)[deployment.pk].plans]
    return normal_month_of_week(needs, _frame(store, deployment, needs, month, at=at))


class DrawnDay(NamedTuple):
    """One local day of a preview, as it stands and as proposed."""

    on: date
    marks: list[Mark]
    open_before: list[Bar]
    open_after: list[Bar]
    ready_before: list[Bar]
    ready_after: list[Bar]

    @property
    def differs(self) -> bool:
        """Tell whether the day is another."""
        return (self.open_before, self.ready_before) != (self.open_after, self.ready_after)


def drawn_days(seen: Preview, timezone: str) -> list[DrawnDay]:
    """Return the days of a preview as bars; no query."""
    found = []
    for on in (seen.first_on + timedelta(days=index) for index in range(seen.days)):
        bounds = day_bounds(timezone, on)
        sides = (seen.before.open, seen.after.open, seen.before.ready, seen.after.ready)
        found.append(DrawnDay(on, marks(timezone, on, bounds), *(bars(side, bounds) for side in sides)))
    return found


def _first_drawn(proposal: Proposal, today: date) -> date:
    if proposal.day is None or proposal.day[0] < today + timedelta(days=DAYS):
        return today
    return proposal.day[0] - timedelta(days=DAYS // 2)


def _lead(store: Store, deployment: Deployment, open_buffer_minutes: int, reach: Span) -> int:
    """Return the lead that a store would have with another opening buffer."""
    starts = observed_starts([deployment.pk], since=from_seconds(reach[0]) - LEAD_HISTORY)
    return lead_of(Store(open_buffer_minutes=open_buffer_minutes), deployment, starts)


def _frame(
    store: Store, deployment: Deployment, needs: Sequence[StoreNeed], month: Month, *, at: datetime
) -> Frame:
    starting = starting_of(deployment, [need.pk for need in needs], at=at)

    def planned(
        plans: Sequence[StorePlan], overrides: tuple[OverrideSpan, ...], bounds: Span
    ) -> PlannedDeployment:
        plan = DeploymentPlan(deployment.pk, list(plans), overrides)
        return planned_deployment(deployment, plan, bounds, starting)

    billed = billed_so_far([Store(pk=need.pk) for need in needs], month)
    usd = {pk: row[2] for pk, row in billed.items()}
    return Frame(
        store=store.pk,
        month=month,
        second=to_seconds(at),
        rates=inference_rates(),
        planned=planned,
        billed=usd.get(store.pk, Decimal(0)),
        model_billed=sum(usd.values(), Decimal(0)),
    )
