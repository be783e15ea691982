"""Budgets and how their months stand."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Q, QuerySet

from models_registry.domain.billing import billed_minutes, rate_at, usd_for
from models_registry.domain.budgets import BudgetAction, BudgetState
from models_registry.domain.forecast import Month, StoreForecast
from models_registry.domain.planning import deployment_windows
from models_registry.models import Budget, Deployment, OverrideRequest
from models_registry.selectors.forecast import month_forecast
from models_registry.selectors.plans import plans_of_deployments
from models_registry.selectors.spend import inference_rates
from stores.domain.intervals import Span, clip, seconds_in, subtract
from stores.domain.localtime import local_date
from stores.models import Store

PAST_REQUESTS = 20


def budget_states(stores: QuerySet[Store], *, at: datetime) -> list[BudgetState]:
    """Return how every budget stands that bounds nothing but `stores`: fleet first, then areas, then stores.

    A budget's month is the present one by the clock of most of its stores. Those of a scope that holds a
    store outside `stores` are left out: their figures are not this reader's. Three queries and the forecast
    of the stores that have a budget, about two milliseconds each.
    """
    scopes = _scopes(stores)
    budgets = Budget.objects.filter(scopes.mine).select_related("area", "store")
    return _states(stores, scopes, list(budgets.order_by("valid_from", "id")), at)


def budgets_above(store: Store, *, at: datetime) -> list[BudgetState]:
    """Return how the budgets stand that decide about a store's overrides: its own, its area's, the fleet's.

    Those that only warn are left out: they decide nothing.
    """
    stores = Store.objects.order_by("code")
    scopes = _scopes(stores)
    mine = Q(store=store) | Q(area_id=store.area_id) | Q(store__isnull=True, area__isnull=True)
    rows = list(Budget.objects.filter(mine).select_related("area", "store").order_by("valid_from", "id"))
    if all(row.action == BudgetAction.WARN for row in rows):
        return []
    return [each for each in _states(stores, scopes, rows, at) if each.action is not BudgetAction.WARN]


def more_usd(store: Store, span: Span, *, at: datetime) -> Decimal:
    """Return what running a store's model over a span costs beyond the plan, within the present month.

    Opening hours, buffers and overrides that hold are the plan: they cost nothing more. Eight queries.
    """
    deployment = Deployment.objects.filter(assignments__store=store).select_related("connection").first()
    month = Month.of(local_date(store.timezone, at)).local(store.timezone)
    within = clip([span], month)
    if deployment is None or not within:
        return Decimal(0)
    plan = plans_of_deployments([deployment], within[0])[deployment.pk]
    more = seconds_in(subtract(within, deployment_windows(plan.plans, plan.overrides, within[0])))
    rate = rate_at(inference_rates(), deployment.connection.region, at) or Decimal(0)
    return usd_for(billed_minutes(more) * deployment.min_inference_units, rate) if more else Decimal(0)


def waiting_requests(stores: QuerySet[Store], *, at: datetime) -> QuerySet[OverrideRequest]:
    """Return the overrides of some stores that wait for headquarters' yes, the soonest to lapse first."""
    rows = OverrideRequest.objects.filter(store__in=stores.order_by(), answer="", lapses_at__gt=at)
    return rows.select_related("store", "author", "budget").order_by("lapses_at", "id")


def past_requests(stores: QuerySet[Store], *, at: datetime) -> QuerySet[OverrideRequest]:
    """Return what became of the newest requests of some stores, lapsed ones without an answer."""
    rows = OverrideRequest.objects.filter(store__in=stores.order_by())
    rows = rows.exclude(answer="", lapses_at__gt=at)
    return rows.select_related("store", "author", "answered_by").order_by("-asked_at", "-id")[:PAST_REQUESTS]


def all_budgets() -> QuerySet[Budget]:
    """Return every budget ever set, the fleet's first, the newest of a scope first."""
    return Budget.objects.select_related("area", "store", "author").order_by(
        "store__code", "area__name", "-valid_from", "id"
    )


@dataclass(slots=True)
class _Scopes:
    """Stores by what a budget can name, with what lies wholly within them."""

    zones: dict[int, str] = field(default_factory=dict)
    by_area: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    has_all: bool = True
    split_areas: frozenset[int] = frozenset()

    @property
    def mine(self) -> Q:
        """The budgets whose stores are all here."""
        whole = Q(store__in=list(self.zones)) | Q(area__in=set(self.by_area) - self.split_areas)
        return whole | Q(store__isnull=True, area__isnull=True) if self.has_all else whole

    def stores_of(self, budget: Budget) -> list[int]:
        if budget.store_id:
            return [budget.store_id]
        return self.by_area[budget.area_id] if budget.area_id else list(self.zones)

    def month_of(self, budget: Budget, at: datetime) -> date:
        zones = Counter(self.zones[pk] for pk in self.stores_of(budget))
        zone = min(zones, key=lambda name: (-zones[name], name), default="UTC")
        return local_date(zone, at).replace(day=1)


def _scopes(stores: QuerySet[Store]) -> _Scopes:
    scopes = _Scopes()
    for pk, area, zone in stores.order_by("id").values_list("pk", "area_id", "timezone"):
        scopes.zones[pk] = zone
        scopes.by_area[area].append(pk)
    others = set(Store.objects.exclude(pk__in=list(scopes.zones)).values_list("area_id", flat=True))
    scopes.has_all, scopes.split_areas = not others, frozenset(others)
    return scopes


def _states(
    stores: QuerySet[Store], scopes: _Scopes, budgets: Iterable[Budget], at: datetime
) -> list[BudgetState]:
    """Return the newest budget of each scope that holds in its present month, with that month's figures."""
    in_force: dict[tuple[int | None, int | None], tuple[Budget, date]] = {}
    for budget in budgets:
        month = scopes.month_of(budget, at)
        if budget.valid_from <= month:
            in_force[budget.area_id, budget.store_id] = budget, month
    wanted: dict[date, set[int]] = defaultdict(set)
    for budget, month in in_force.values():
        wanted[month].update(scopes.stores_of(budget))
    rows = {
        month: {
            row.store_id: row for row in month_forecast(stores.filter(pk__in=pks), month=month, at=at).rows
        }
        for month, pks in wanted.items()
    }
    states = [
        _state(budget, month, [rows[month][pk] for pk in scopes.stores_of(budget)])
        for budget, month in in_force.values()
    ]
    return sorted(states, key=lambda each: (each.store_id or 0, each.area_id or 0, each.name))


def _rows(stores: QuerySet[Store], month: date, at: datetime) -> dict[int, StoreForecast]:
    return {row.store_id: row for row in month_forecast(stores, month=month, at=at).rows}


def _state(budget: Budget, month: date, rows: Iterable[StoreForecast]) -> BudgetState:
    rows = list(rows)
    name = budget.store.name if budget.store else budget.area.name if budget.area else ""
    return BudgetState(
        budget_id=budget.pk,
        scope=budget.scope,
        name=name,
        area_id=budget.area_id,
        store_id=budget.store_id,
        month=month,
        limit_usd=budget.usd_per_month,
        actual_usd=sum((row.actual_usd for row in rows), Decimal(0)),
        forecast_usd=sum((row.forecast_usd for row in rows), Decimal(0)),
        action=BudgetAction(budget.action),
    )
