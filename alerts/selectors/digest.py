"""A week in figures for one reader: readiness, cost, savings, photos, alerts, and what changes next week."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum

from alerts.models import Alert
from detections.models import StoreHour
from models_registry.models import Assignment, Run, StoreSpend
from models_registry.selectors.fleet_summary import fleet_summary
from models_registry.selectors.forecast import month_forecast
from stores.domain.hours import open_windows
from stores.domain.localtime import day_start, local_date, to_seconds
from stores.models import SpecialDay, Store
from stores.selectors.rules import rules_of

DAYS = 7
NAMED_DAYS = 12


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days on the clock of a zone, from a Monday."""

    first: date
    timezone: str

    @classmethod
    def before(cls, at: datetime, timezone: str) -> Week:
        """Return the last whole week before an instant."""
        today = local_date(timezone, at)
        return cls(today - timedelta(days=today.weekday() + DAYS), timezone)

    @property
    def after(self) -> date:
        """The first day that is not in it."""
        return self.first + timedelta(days=DAYS)

    @property
    def last(self) -> date:
        return self.after - timedelta(days=1)

    @property
    def span(self) -> tuple[datetime, datetime]:
        return day_start(self.timezone, self.first), day_start(self.timezone, self.after)


@dataclass(frozen=True, slots=True)
class Digest:
    """Everything a weekly mail tells. Amounts in US dollars; `late` are stores with openings not ready."""

    week: Week
    stores: int
    openings: int
    ready: int
    late: tuple[tuple[str, int], ...]
    week_usd: Decimal
    beyond_minutes: int
    month_usd: Decimal
    forecast_usd: Decimal
    saved_percent: int | None
    photos: int
    unanswered: int
    corrected: int
    critical: int
    warnings: int
    days: tuple[SpecialDay, ...]
    more_days: int

    @property
    def ready_percent(self) -> str:
        """The share of openings at which the model was ready, with one decimal; nothing without openings."""
        return f"{100 * self.ready / self.openings:.1f}" if self.openings else ""


def digest_of(stores: QuerySet[Store], alerts: QuerySet[Alert], *, timezone: str, at: datetime) -> Digest:
    """Return the digest of the week before `at`; the forecast costs two milliseconds a store."""
    week = Week.before(at, timezone)
    openings, late = _openings(stores, week)
    spent = _spent(stores, week)
    month = month_forecast(stores, month=local_date(timezone, at), at=at).rows
    photos = _photos(stores, week)
    rung = _rung(alerts, week)
    days = list(_special_days(stores, week.after, week.after + timedelta(days=DAYS)))
    return Digest(
        week=week,
        stores=stores.count(),
        openings=openings,
        ready=openings - sum(late.values()),
        late=tuple(sorted(late.items(), key=lambda each: (-each[1], each[0]))[:5]),
        week_usd=spent[0],
        beyond_minutes=int(spent[1]),
        month_usd=sum((row.actual_usd for row in month), Decimal(0)),
        forecast_usd=sum((row.forecast_usd for row in month), Decimal(0)),
        saved_percent=fleet_summary(stores, at=at).saved_share,
        photos=photos["requests"] or 0,
        unanswered=photos["failed"] or 0,
        corrected=photos["corrected"] or 0,
        critical=rung["critical"],
        warnings=rung["warnings"],
        days=tuple(days[:NAMED_DAYS]),
        more_days=max(0, len(days) - NAMED_DAYS),
    )


def _openings(stores: QuerySet[Store], week: Week) -> tuple[int, dict[str, int]]:
    """Count the openings of a week by today's rules, and by store those without a running model."""
    served = dict(
        Assignment.objects.filter(store__in=stores.order_by(), deployment__live_version__isnull=False)
        .order_by("id")
        .values_list("store_id", "deployment_id")
    )
    names = dict(stores.filter(pk__in=served).order_by().values_list("pk", "name"))
    bounds = (to_seconds(week.span[0]), to_seconds(week.span[1]))
    rules = rules_of(
        stores.filter(pk__in=served),
        first_on=week.first - timedelta(days=2),
        last_on=week.after + timedelta(days=1),
    )
    running = _running(set(served.values()), week)
    openings, late = 0, dict[str, int]()
    for pk, each in rules.items():
        for opens, _ in open_windows(each, bounds):
            if opens <= bounds[0]:
                continue
            openings += 1
            if not _covers(running[served[pk]], opens):
                late[names[pk]] = late.get(names[pk], 0) + 1
    return openings, late


def _running(deployments: set[int], week: Week) -> dict[int, list[tuple[int, int]]]:
    """Return when each deployment's models ran in a week, by start; one query."""
    low, high = week.span
    runs = Run.objects.filter(deployment_id__in=deployments, running_at__lt=high).filter(
        Q(stopping_at__isnull=True, ended_at__isnull=True) | Q(stopping_at__gt=low)
    )
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    rows = runs.order_by("running_at").values_list("deployment_id", "running_at", "stopping_at")
    for pk, begun, ended in rows:
        if pk is not None and begun is not None:
            found[pk].append((to_seconds(begun), to_seconds(ended or high)))
    return found


def _covers(spans: list[tuple[int, int]], second: int) -> bool:
    place = bisect_right(spans, (second, 2**62))
    return any(start <= second < end for start, end in spans[max(0, place - 3) : place])


def _spent(stores: QuerySet[Store], week: Week) -> tuple[Decimal, Decimal]:
    rows = StoreSpend.objects.filter(store__in=stores.order_by(), on__gte=week.first, on__lt=week.after)
    sums = rows.aggregate(usd=Sum("usd"), beyond=Sum("overhead_minutes"))
    return sums["usd"] or Decimal(0), sums["beyond"] or Decimal(0)


def _photos(stores: QuerySet[Store], week: Week) -> dict[str, int | None]:
    low, high = week.span
    hours = StoreHour.objects.filter(store__in=stores.order_by(), hour__gte=low, hour__lt=high)
    return hours.aggregate(requests=Sum("requests"), failed=Sum("failed"), corrected=Sum("corrected"))


def _rung(alerts: QuerySet[Alert], week: Week) -> dict[str, int]:
    low, high = week.span
    rung = alerts.filter(rang_at__gte=low, rang_at__lt=high).order_by()
    return rung.aggregate(
        critical=Count("pk", filter=Q(severity="CRITICAL")),
        warnings=Count("pk", filter=Q(severity="WARNING")),
    )


def _special_days(stores: QuerySet[Store], first: date, after: date) -> QuerySet[SpecialDay]:
    mine = stores.order_by()
    scope = Q(store__in=mine.values("pk")) | Q(area__in=mine.values("area_id"))
    scope |= Q(store__isnull=True, area__isnull=True)
    days = SpecialDay.objects.filter(scope, on__gte=first, on__lt=after)
    return days.select_related("store", "area").order_by("on", "store_id", "id")
