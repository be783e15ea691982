"""A deployment's plan as schedules of AWS, and what they cannot say of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext

from models_registry.domain.billing import cents, rate_at
from models_registry.domain.overrides import OverrideSpan
from models_registry.domain.planning import StorePlan, deployment_windows, ready_windows
from models_registry.domain.schedule_files import Destination
from models_registry.domain.schedule_limits import Limit, Situation, limits
from models_registry.domain.schedules import Target
from models_registry.domain.week_schedules import (
    Exported,
    NoSchedules,
    Order,
    WeekPlan,
    clock_surprises,
    export,
)
from models_registry.models import AwsSchedules, Budget, Deployment
from models_registry.selectors.plans import plans_of_deployments
from models_registry.selectors.spend import inference_rates
from portal.base.showing import show_converted
from stores.domain.control import ACTING_MODES, Control
from stores.domain.intervals import contains
from stores.domain.localtime import from_seconds, to_seconds, zone

DAYS_AHEAD = 120
PREFIX = "kamado-week-"
FOLLOWED = frozenset(
    {"LEAD_FROZEN", "VERSION_FROZEN", "LATER_WORDS", "HORIZON", "GUARDS", "CLOCKS", "ZONES", "PAST"}
)
"""Limits that keeping the schedules in step does away with."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How to export: how far ahead, with which lead (None: the portal's own), under which names."""

    days: int = DAYS_AHEAD
    lead_minutes: int | None = None
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class DeploymentSchedules:
    """What a deployment looks like in AWS's hands."""

    exported: Exported
    limits: list[Limit]
    place: Destination
    timezone: str
    until_at: datetime

    def notes(self, *, is_kept: bool = False) -> list[str]:
        """Return the limits as sentences in the active language, times on the deployment's clock.

        Schedules that the portal keeps in step follow what an export cannot.
        """
        left = [each for each in self.limits if not (is_kept and each.code in FOLLOWED)]
        return [limit_in_words(limit, self.timezone) for limit in left]


def limit_in_words(limit: Limit, timezone: str) -> str:
    """Return a limit as a sentence in the active language."""
    said = dict(limit.params)
    for name, value in limit.params.items():
        if isinstance(value, datetime):
            said[name] = f"{value.astimezone(zone(timezone)):%Y-%m-%d %H:%M %Z}"
        elif isinstance(value, Decimal):
            said[name] = show_converted(cents(value))
    return gettext(limit.template) % said


def prefix_of(deployment_id: int) -> str:
    """Return how the names of a deployment's schedules begin."""
    return f"{PREFIX}{deployment_id}"


def kept_row(deployment: Deployment) -> AwsSchedules:
    """Return whether a deployment's schedules are kept in AWS; one that was never asked is off."""
    found = AwsSchedules.objects.filter(deployment=deployment).first()
    return found or AwsSchedules(
        deployment=deployment, connection=deployment.connection, prefix=prefix_of(deployment.pk)
    )


def schedules_of(deployment: Deployment, asked: Asked, *, at: datetime) -> DeploymentSchedules:
    """Return a deployment's schedules from `at` on; raise NoSchedules, saying why, if none can be made.

    Ten queries at most, whatever the number of stores.
    """
    version = deployment.live_version
    if version is None:
        raise NoSchedules("“%(name)s” has no live version: there is nothing to start.", name=deployment.name)
    bounds = to_seconds(at), to_seconds(at + timedelta(days=asked.days))
    read = plans_of_deployments([deployment], bounds)[deployment.pk]
    plans, is_aws_alone = _voices(deployment, read.plans)
    learned = max((plan.need.lead_minutes for plan in plans), default=0)
    if asked.lead_minutes is not None:
        plans = [_with_lead(plan, asked.lead_minutes, bounds) for plan in plans]
    plan = WeekPlan(plans, read.overrides, _main_zone(plans), bounds)
    order = Order(
        asked.prefix or prefix_of(deployment.pk), version.arn, deployment.min_inference_units,
        deployment.max_inference_units, f"kamado · {deployment.name}",
    )  # fmt: skip
    exported = export(plan, order)
    facts = _situation(deployment, plan, exported, at=at)
    here = Situation(
        **facts, is_aws_alone=is_aws_alone, learned_minutes=learned, version=str(version),
        controls=frozenset(each.need.control for each in read.plans),
        lead_minutes=learned if asked.lead_minutes is None else asked.lead_minutes,
    )  # fmt: skip
    connection = deployment.connection
    place = Destination(
        connection.region,
        connection.schedule_group,
        connection.scheduler_role_arn,
        connection.dead_letter_arn,
    )
    return DeploymentSchedules(
        exported, limits(exported, here), place, plan.timezone, from_seconds(bounds[1])
    )


def _voices(deployment: Deployment, plans: Sequence[StorePlan]) -> tuple[list[StorePlan], bool]:
    """Return the stores that decide, and whether AWS decides alone: the portal keeps off them all."""
    acting = [plan for plan in plans if plan.need.control in ACTING_MODES]
    if acting:
        return acting, False
    apart = [plan for plan in plans if plan.need.control is Control.HANDS_OFF]
    if apart:
        return [plan._replace(need=plan.need._replace(control=Control.AUTOMATIC)) for plan in apart], True
    if plans:
        raise NoSchedules(
            "Every store of “%(name)s” is in dry run: the portal orders nothing, and AWS must not either.",
            name=deployment.name,
        )
    raise NoSchedules("No store uses “%(name)s”, so it has no hours.", name=deployment.name)


def _with_lead(plan: StorePlan, minutes: int, bounds: tuple[int, int]) -> StorePlan:
    need = plan.need._replace(lead_minutes=minutes)
    return StorePlan(need, ready_windows(need, bounds))


def _main_zone(plans: Sequence[StorePlan]) -> str:
    """Return the clock that most stores live by; of several the first by name."""
    names = [plan.need.rules.timezone for plan in plans]
    return min(set(names), key=lambda name: (-names.count(name), name))


def _situation(deployment: Deployment, plan: WeekPlan, exported: Exported, *, at: datetime) -> dict[str, Any]:
    starts = [edge.second for edge in exported.edges if edge.target is Target.START]
    rate = rate_at(inference_rates(), deployment.connection.region, at) or Decimal(0)
    return {
        "at": at,
        "until_at": from_seconds(plan.bounds[1]),
        "is_learned": deployment.uses_learned_lead,
        "unit_usd_per_hour": rate * deployment.min_inference_units,
        "zones": len({each.need.rules.timezone for each in plan.plans}),
        "quota": deployment.connection.max_running_models,
        "has_guards": any(each.is_guard for each in _overrides(plan)),
        "has_budgets": Budget.objects.filter(_above(deployment)).exists(),
        "has_queue": bool(deployment.connection.dead_letter_arn),
        "is_wanted_now": contains(
            deployment_windows(plan.plans, plan.overrides, plan.bounds), plan.bounds[0]
        ),
        "first_start_at": _instant(min(starts, default=None)),
        "first_date_at": _instant(exported.first_dated),
        "surprises": tuple(from_seconds(each) for each in clock_surprises(plan, exported)),
    }


def _instant(second: int | None) -> datetime | None:
    return from_seconds(second) if second is not None else None


def _overrides(plan: WeekPlan) -> list[OverrideSpan]:
    return [*plan.overrides, *(each for store in plan.plans for each in store.need.overrides)]


def _above(deployment: Deployment) -> Q:
    """Match the budgets over a deployment's stores: their own, their areas', the fleet's."""
    stores = Q(store__assignment__deployment=deployment) | Q(area__stores__assignment__deployment=deployment)
    return stores | Q(store__isnull=True, area__isnull=True)
