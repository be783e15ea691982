"""The pages of spend, from the fleet to one deployment: figures by store, and what they are made of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property

from django.db.models import Q, QuerySet, Sum

from models_registry.domain.forecast import Month, StoreForecast
from models_registry.domain.spend_levels import (
    Billed,
    Figures,
    Leaf,
    Range,
    StoreLine,
    billed_shown,
    forecast_range,
    sum_of,
)
from models_registry.domain.variance import Cause, Named
from models_registry.models import SpendCause, StoreSpend
from models_registry.selectors.forecast import month_forecast
from models_registry.selectors.spend import starting_time
from models_registry.selectors.trays import trays_of
from portal.base.currency import Currency
from stores.domain.localtime import from_seconds
from stores.models import Store

ZERO = Decimal(0)
HISTORY = timedelta(days=28)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which month, seen when; `today` is the date by the clock of most stores."""

    month: date
    at: datetime
    today: date

    @property
    def days(self) -> Q:
        """The local days of the month."""
        of = Month.of(self.month)
        return Q(on__gte=of.first, on__lt=of.after)

    @property
    def days_left(self) -> int:
        """Today and the days after it in the month."""
        of = Month.of(self.month)
        return max(0, (of.after - max(self.today, of.first)).days)


def store_lines(stores: QuerySet[Store], wanted: Wanted) -> list[StoreLine]:
    """Return the month of each store, in the order of `stores`; 23 queries at most for any number."""
    forecast = month_forecast(stores, month=wanted.month, at=wanted.at)
    spent = _spent(stores, wanted)
    trays = _trays(stores, wanted)
    return [_line(row, spent.get(row.store_id, {}), trays.get(row.store_id, 0)) for row in forecast.rows]


def _line(row: StoreForecast, spent: Mapping[int, Figures], trays: int) -> StoreLine:
    """Put what was billed beside what is to come: that belongs to the deployment the store has now."""
    to_come = Figures(rest_usd=row.rest_usd, always_on_usd=row.always_on_usd, article_usd=row.article_usd)
    deployments = dict(spent)
    if row.deployment_id is not None:
        deployments[row.deployment_id] = deployments.get(row.deployment_id, Figures()) + to_come
    own = sum_of(deployments.values()) + Figures(open_minutes=row.open_minutes, trays=trays)
    return StoreLine(row, own, deployments)


def _spent(stores: QuerySet[Store], wanted: Wanted) -> dict[int, dict[int, Figures]]:
    """Return what was billed and planned by store and deployment; one query."""
    yesterday = Sum("usd", filter=Q(on=wanted.today - timedelta(days=1)), default=ZERO)
    rows = (
        StoreSpend.objects.filter(wanted.days, store__in=stores.order_by())
        .values("store_id", "deployment_id")
        .annotate(actual=Sum("usd"), planned=Sum("planned_usd"), yesterday=yesterday,
                  minutes=Sum("billed_minutes"), overhead=Sum("overhead_minutes"))
        .order_by("store_id", "deployment_id")
    )  # fmt: skip
    found: dict[int, dict[int, Figures]] = defaultdict(dict)
    for row in rows:
        found[row["store_id"]][row["deployment_id"]] = Figures(
            row["actual"], row["planned"], row["yesterday"],
            minutes=row["minutes"], overhead_minutes=row["overhead"],
        )  # fmt: skip
    return found


def _trays(stores: QuerySet[Store], wanted: Wanted) -> dict[int, int]:
    """Return the trays of each store in the month up to now, by the clock of UTC; two queries."""
    low, high = (from_seconds(second) for second in Month.of(wanted.month).local("UTC"))
    pks = stores.order_by().values_list("pk", flat=True)
    return trays_of(pks, since=low, until=min(high, wanted.at)) if wanted.at > low else {}


def billed(wanted: Wanted, currency: Currency) -> Billed:
    """Return what the whole fleet was billed in a month as shown, whoever asks; one query."""
    rows = (
        StoreSpend.objects.filter(wanted.days)
        .values("store__area_id", "store_id", "deployment_id")
        .annotate(usd=Sum("usd"), minutes=Sum("billed_minutes"))
        .order_by("store__area_id", "store_id", "deployment_id")
        .values_list("store__area_id", "store_id", "deployment_id", "usd", "minutes")
    )
    money = {Leaf(*key): usd for *key, usd, _ in rows}
    return billed_shown(money, {Leaf(*key): minutes for *key, _, minutes in rows}, currency)


def causes_in(
    stores: QuerySet[Store], wanted: Wanted, *, deployment: int | None = None
) -> dict[Named, Decimal]:
    """Return why a month differs from its plan up to now, exact; one query."""
    rows = SpendCause.objects.filter(wanted.days, store__in=stores.order_by())
    if deployment is not None:
        rows = rows.filter(deployment_id=deployment)
    sums = rows.order_by().values("cause", "who").annotate(total=Sum("usd"))
    found = {Named(Cause(cause), who): usd for cause, who, usd in sums.values_list("cause", "who", "total")}
    return {named: usd for named, usd in found.items() if usd}


def range_of(
    stores: QuerySet[Store], figures: Figures, wanted: Wanted, *, deployment: int | None = None
) -> Range | None:
    """Return how far a month's forecast may be off, from the last 28 whole days; one query."""
    rows = StoreSpend.objects.filter(
        store__in=stores.order_by(), on__gte=wanted.today - HISTORY, on__lt=wanted.today
    )
    if deployment is not None:
        rows = rows.filter(deployment_id=deployment)
    days = rows.order_by("on").values("on").annotate(actual=Sum("usd"), planned=Sum("planned_usd"))
    differences = [day["actual"] - day["planned"] for day in days if day["planned"]]
    return forecast_range(figures, differences, wanted.days_left)


@dataclass(frozen=True)
class Headline:
    """What stands above a level's lines."""

    stores: QuerySet[Store]
    wanted: Wanted
    figures: Figures
    deployment: int | None = None

    @cached_property
    def range(self) -> Range | None:
        """How far the forecast may be off."""
        return range_of(self.stores, self.figures, self.wanted, deployment=self.deployment)

    @cached_property
    def causes(self) -> dict[Named, Decimal]:
        """Why it differs from the plan."""
        return causes_in(self.stores, self.wanted, deployment=self.deployment)

    @cached_property
    def starting(self) -> timedelta:
        """How long models were STARTING: shown, not billed."""
        return starting_time(self.stores, month=self.wanted.month)
