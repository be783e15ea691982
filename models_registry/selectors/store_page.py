"""One store's page: what its model does, whose word holds, what was decided, and what longer would cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from models_registry.domain.billing import billed_minutes, rate_at, usd_for
from models_registry.domain.planning import deployment_windows
from models_registry.models import Decision, Deployment, Override
from models_registry.selectors.fleet import FleetRow, fleet_rows, related, with_state
from models_registry.selectors.plans import DeploymentPlan, plans_of_deployments
from models_registry.selectors.spend import inference_rates
from stores.domain.hours import OpenDay, StoreRules, open_days
from stores.domain.intervals import Span, seconds_in, subtract
from stores.domain.localtime import (
    DAY_MINUTES,
    from_seconds,
    local_date,
    to_seconds,
)
from stores.models import Store
from stores.selectors.rules import rules_of

DECISIONS = 50
LATER_MINUTES = (30, 60, 120)
RUN_NOW = timedelta(hours=2)
REACH = timedelta(days=3)


class Later(NamedTuple):
    """One way to stay open late: minutes more, until when, as a minute of today, and what it costs more."""

    minutes: int
    until: datetime
    until_minute: int
    usd: Decimal


@dataclass(frozen=True, slots=True)
class Offers:
    """What can be asked for with one tap, and its price. `base` is the closing that is put off, or now.

    `sooner` are minutes of today at which it could close early, the first of them now.
    """

    base: datetime
    is_closing: bool
    later: list[Later]
    sooner: list[int]
    run_now_usd: Decimal
    usd_per_hour: Decimal


def store_row(store: Store, *, at: datetime) -> FleetRow:
    """Return the store as the fleet board shows it; eight queries."""
    found = related(with_state(Store.objects.filter(pk=store.pk), at=at))
    return fleet_rows(found, at=at)[0]


def deployment_of(store: Store) -> Deployment | None:
    """Return the deployment that serves a store, if any; one query."""
    return Deployment.objects.filter(assignments__store=store).select_related("connection").first()


def live_overrides(store: Store, deployment: Deployment | None, *, at: datetime) -> QuerySet[Override]:
    """Return the overrides of a store and of its deployment that hold now or will, soonest first."""
    scope = Q(store=store) | Q(deployment=deployment) if deployment else Q(store=store)
    live = Override.objects.filter(scope, cancelled_at__isnull=True, ends_at__gt=at)
    return live.select_related("author", "deployment").order_by("starts_at", "id")


def own_overrides(store: Store) -> QuerySet[Override]:
    """Return the overrides that a store's people may take back."""
    return Override.objects.filter(store=store)


def newest_decisions(deployment: Deployment | None) -> Sequence[Decision]:
    """Return the newest decisions about a store's deployment; one query."""
    if deployment is None:
        return []
    rows = Decision.objects.filter(deployment=deployment).select_related("version__project")
    return list(rows.order_by("-at", "-id")[:DECISIONS])


def offers(store: Store, deployment: Deployment | None, *, at: datetime) -> Offers | None:
    """Return what staying open late and starting now would cost beyond the plan; eight queries.

    The price is the model's own: a shared deployment that runs anyway costs nothing more. None without a
    deployment.
    """
    if deployment is None:
        return None
    bounds = to_seconds(at), to_seconds(at + REACH)
    plan = plans_of_deployments([deployment], bounds)[deployment.pk]
    rules = next(each.need.rules for each in plan.plans if each.need.pk == store.pk)
    rate = rate_at(inference_rates(), deployment.connection.region, at) or Decimal(0)
    price = _Price(_wanted(plan, bounds), deployment.min_inference_units, rate)
    closing = _closing_today(rules, at)
    base = closing or at + timedelta(minutes=-at.minute % 30)
    tail = timedelta(minutes=store.close_buffer_minutes)
    later = []
    for minutes in LATER_MINUTES:
        until = base + timedelta(minutes=minutes)
        minute = _minute_of_today(store.timezone, until, at)
        later.append(Later(minutes, until, minute, price.of(base if closing else at, until + tail)))
    run_now = price.of(at, at + RUN_NOW)
    sooner = _sooner(rules, at)
    return Offers(base, closing is not None, later, sooner, run_now, rate * deployment.min_inference_units)


def _sooner(rules: StoreRules, at: datetime) -> list[int]:
    """Return minutes of today at which a store might close early: now, and before its closing."""
    day = day_to_close(rules, at)
    if day is None:
        return []
    closing, timezone = from_seconds(day.end), rules.timezone
    found = [closing - timedelta(minutes=minutes) for minutes in reversed(LATER_MINUTES)]
    return [_minute_of_today(timezone, each, at) for each in [at, *(each for each in found if each > at)]]


@dataclass(frozen=True, slots=True)
class _Price:
    """What running costs beyond spans that are planned anyway."""

    planned: list[Span]
    units: int
    usd_per_hour: Decimal

    def of(self, start: datetime, end: datetime) -> Decimal:
        """Return the price of running from `start` to `end`, what is planned left out."""
        more = seconds_in(subtract([(to_seconds(start), to_seconds(end))], self.planned))
        return usd_for(billed_minutes(more) * self.units, self.usd_per_hour) if more else Decimal(0)


def _wanted(plan: DeploymentPlan, bounds: Span) -> list[Span]:
    return deployment_windows(plan.plans, plan.overrides, bounds)


def closing_today(store: Store, *, at: datetime) -> datetime | None:
    """Return when a store closes for good today, if it still has to; three queries."""
    day = last_opening(rules_today(store, at=at), at)
    return from_seconds(day.end) if day else None


def rules_today(store: Store, *, at: datetime) -> StoreRules:
    """Return a store's rules with the special days around its today; three queries."""
    on = local_date(store.timezone, at)
    return rules_of([store], first_on=on - timedelta(days=1), last_on=on + timedelta(days=1))[store.pk]


def _closing_today(rules: StoreRules, at: datetime) -> datetime | None:
    day = last_opening(rules, at)
    return from_seconds(day.end) if day else None


def last_opening(rules: StoreRules, at: datetime) -> OpenDay | None:
    """Return the opening that covers `at`, else today's last; None where it runs on into another."""
    second, today = to_seconds(at), local_date(rules.timezone, at).toordinal()
    days = open_days(rules, today - 1, today + 1)
    covering = [day for day in days if day.start <= second < day.end]
    ahead = [day for day in days if day.ordinal == today and day.end > second]
    last = max(covering or ahead, key=lambda day: day.end, default=None)
    if last is None or any(day.start <= last.end < day.end for day in days):
        return None
    return last


def day_to_close(rules: StoreRules, at: datetime) -> OpenDay | None:
    """Return the last opening still to end of the day that covers `at`, else of today; None without one."""
    second, today = to_seconds(at), local_date(rules.timezone, at).toordinal()
    days = [day for day in open_days(rules, today - 1, today) if day.end > second]
    ordinal = min((day.ordinal for day in days if day.start <= second), default=today)
    return max((day for day in days if day.ordinal == ordinal), key=lambda day: day.end, default=None)


def _minute_of_today(timezone: str, until: datetime, at: datetime) -> int:
    """Return `until` as a wall-clock minute of the local day of `at`; past 1,440 is the next day."""
    local = until.astimezone(ZoneInfo(timezone))
    days = local.date().toordinal() - local_date(timezone, at).toordinal()
    return days * DAY_MINUTES + local.hour * 60 + local.minute
