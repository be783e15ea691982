"""Deployments as headquarters' pages show them: lists for every one, and all about one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery, Sum

from models_registry.domain.forecast import Month
from models_registry.domain.lead import learned_lead_minutes
from models_registry.models import Decision, Deployment, ModelVersion, Override, Run, StoreSpend
from models_registry.selectors.plans import observed_starts
from stores.models import Store

PAGE = 100
SHOWN_STORES = 100
SHOWN_FOUND = 20
NEWEST = 10


def zone_of_first_store(path: str) -> Subquery:
    """Return the zone of a deployment's first store by code; `path` leads to the deployment's key."""
    stores = Store.objects.filter(assignment__deployment=OuterRef(path)).order_by("code")
    return Subquery(stores.values("timezone")[:1])


def deployments_with_facts() -> QuerySet[Deployment]:
    """Return deployments with version, connection, plan, `zone` and `store_count`."""
    return (
        Deployment.objects.select_related("live_version__project", "connection", "state")
        .annotate(zone=zone_of_first_store("pk"), store_count=Count("assignments"))
        .order_by("name")
    )


def zone_shown(deployment: Deployment) -> str:
    """Return the clock by which a deployment with its facts is shown."""
    return getattr(deployment, "zone", None) or "UTC"


@dataclass(frozen=True, slots=True)
class DeploymentPage:
    """One page of deployments, with what each has cost in the month; `after` leads to the next page."""

    rows: list[Deployment]
    spent: dict[int, Decimal]
    after: str


def deployment_page(*, text: str, only_troubled: bool, after: str, month: date) -> DeploymentPage:
    """Return up to a hundred deployments by name, beginning after the name `after`. Two queries."""
    found = deployments_with_facts().filter(name__gt=after)
    if text:
        found = found.filter(Q(name__icontains=text) | Q(live_version__arn__icontains=text))
    if only_troubled:
        found = found.filter(state__isnull=False).exclude(state__problems=[])
    rows = list(found[: PAGE + 1])
    more = rows[PAGE - 1].name if len(rows) > PAGE else ""
    return DeploymentPage(rows[:PAGE], spent_in(rows[:PAGE], month), more)


def spent_in(deployments: Iterable[Deployment], month: date) -> dict[int, Decimal]:
    """Return what deployments have cost in their stores' local months; one query."""
    of = Month.of(month)
    rows = StoreSpend.objects.filter(
        deployment__in=[each.pk for each in deployments], on__gte=of.first, on__lt=of.after
    )
    sums = rows.values("deployment_id").annotate(total=Sum("usd")).order_by("deployment_id")
    return dict(sums.values_list("deployment_id", "total"))


def names_of(deployments: Iterable[int]) -> dict[int, str]:
    """Return the names of deployments; one query."""
    rows = Deployment.objects.filter(pk__in=list(deployments)).order_by("name")
    return dict(rows.values_list("pk", "name"))


def deployment_by_id(pk: int) -> Deployment | None:
    """Return one deployment with its facts, or None."""
    return deployments_with_facts().filter(pk=pk).first()


class StartBar(NamedTuple):
    """One start, as drawn: how long it took in seconds, and that as a percentage of the longest."""

    taken: float
    percent: int


@dataclass(frozen=True, slots=True)
class StartTimes:
    """How long the newest starts have taken, oldest first, and the lead that follows from them."""

    bars: list[StartBar]
    p50: float | None
    p95: float | None
    lead_minutes: int
    fixed_minutes: int
    is_learned: bool


def start_times(deployment: Deployment) -> StartTimes:
    """Return a deployment's observed starts; the fixed buffer is the longest of its stores'. Two queries."""
    seconds = observed_starts([deployment.pk]).get(deployment.pk, [])
    fixed = stores_of(deployment).aggregate(most=Max("open_buffer_minutes"))["most"] or 0
    learned = learned_lead_minutes(seconds, fallback_minutes=0)
    is_learned = deployment.uses_learned_lead and learned > 0
    longest = max(seconds, default=1.0) or 1.0
    return StartTimes(
        bars=[StartBar(taken, round(100 * taken / longest)) for taken in seconds],
        p50=_rank(seconds, 0.5),
        p95=_rank(seconds, 0.95),
        lead_minutes=learned if is_learned else fixed,
        fixed_minutes=fixed,
        is_learned=is_learned,
    )


def _rank(seconds: Sequence[float], share: float) -> float | None:
    ordered = sorted(seconds)
    return ordered[math.ceil(share * len(ordered)) - 1] if ordered else None


def stores_of(deployment: Deployment, text: str = "") -> QuerySet[Store]:
    """Return a deployment's stores by code, those that match `text`."""
    stores = Store.objects.filter(assignment__deployment=deployment).select_related("area").order_by("code")
    return stores.filter(_matches(text)) if text else stores


def stores_to_add(deployment: Deployment, stores: QuerySet[Store], text: str) -> list[Store]:
    """Return a few of `stores` that match `text` and are not the deployment's yet; none without a text."""
    if not text:
        return []
    found = stores.filter(_matches(text)).exclude(assignment__deployment=deployment)
    return list(found.select_related("area", "assignment__deployment").order_by("code")[:SHOWN_FOUND])


def _matches(text: str) -> Q:
    return Q(code__icontains=text) | Q(name__icontains=text) | Q(area__name__icontains=text)


def live_overrides(deployment: Deployment, *, at: datetime) -> QuerySet[Override]:
    """Return a deployment's own overrides that hold or are to come."""
    return (
        Override.objects.filter(deployment=deployment, ends_at__gt=at, cancelled_at__isnull=True)
        .select_related("author")
        .order_by("starts_at", "id")
    )


def newest_decisions(deployment: Deployment) -> QuerySet[Decision]:
    """Return the last decisions for a deployment, newest first."""
    rows = Decision.objects.filter(deployment=deployment).select_related("version")
    return rows.order_by("-at", "-id")[:NEWEST]


def newest_runs(deployment: Deployment) -> QuerySet[Run]:
    """Return the last runs of a deployment, newest first."""
    rows = Run.objects.filter(deployment=deployment).select_related("version__project__connection")
    return rows.order_by("-requested_at", "-id")[:NEWEST]


def versions_to_choose() -> QuerySet[ModelVersion]:
    """Return the versions a deployment may be pointed at, newest first within their projects."""
    rows = ModelVersion.objects.filter(gone_at__isnull=True, project__connection__is_active=True)
    return rows.select_related("project__connection").order_by("project__name", "-aws_created_at", "-id")


def has_run(deployment: Deployment) -> bool:
    """Tell whether the ledger holds a run of a deployment: such a one is emptied, never deleted."""
    return Run.objects.filter(deployment=deployment).exists()
