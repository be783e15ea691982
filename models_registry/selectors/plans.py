"""Stores' needs as the planner wants them, for any number of deployments in a handful of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Least

from models_registry.domain.lead import WINDOW, learned_lead_minutes
from models_registry.domain.overrides import OverrideKind, OverrideSpan
from models_registry.domain.planning import StoreNeed, StorePlan, ready_windows
from models_registry.models import Assignment, Deployment, Guard, Override, Run
from stores.domain.control import Control
from stores.domain.intervals import Span
from stores.domain.localtime import from_seconds, to_seconds
from stores.models import Store
from stores.selectors.rules import rules_of

LEAD_HISTORY = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class DeploymentPlan:
    """Everything that decides when a deployment's model runs, worked out for some bounds."""

    deployment_id: int
    plans: list[StorePlan] = field(default_factory=list)
    overrides: tuple[OverrideSpan, ...] = ()


def plans_of_deployments(
    deployments: Iterable[Deployment] | QuerySet[Deployment], bounds: Span
) -> dict[int, DeploymentPlan]:
    """Return the plans of deployments within `bounds` (UTC seconds), by primary key.

    Seven queries at most, whatever the number of stores.
    """
    chosen = {deployment.pk: deployment for deployment in deployments}
    owner = dict(
        Assignment.objects.filter(deployment_id__in=chosen)
        .order_by("id")
        .values_list("store_id", "deployment_id")
    )
    stores = list(Store.objects.filter(pk__in=owner).order_by("code"))
    needs = needs_of_stores(stores, bounds, owner=owner, deployments=chosen)
    overrides = overrides_of(Q(deployment_id__in=chosen), "deployment_id", bounds)
    plans: dict[int, list[StorePlan]] = defaultdict(list)
    for store in stores:
        need = needs[store.pk]
        plans[owner[store.pk]].append(StorePlan(need, ready_windows(need, bounds)))
    return {pk: DeploymentPlan(pk, plans[pk], overrides.get(pk, ())) for pk in chosen}


def needs_of_stores(
    stores: Iterable[Store],
    bounds: Span,
    *,
    owner: Mapping[int, int] | None = None,
    deployments: Mapping[int, Deployment] | None = None,
) -> dict[int, StoreNeed]:
    """Return what the planner needs of each store, by primary key; six queries at most."""
    stores = list(stores)
    owner = owner if owner is not None else owners_of(stores)
    if deployments is None:
        deployments = Deployment.objects.in_bulk(set(owner.values()))
    starts = observed_starts(deployments, since=from_seconds(bounds[0]) - LEAD_HISTORY)
    first, last = (from_seconds(edge).date() for edge in bounds)
    rules = rules_of(stores, first_on=first - timedelta(days=4), last_on=last + timedelta(days=3))
    overrides = overrides_of(Q(store_id__in=[store.pk for store in stores]), "store_id", bounds)
    return {
        store.pk: StoreNeed(
            pk=store.pk,
            code=store.code,
            rules=rules[store.pk],
            lead_minutes=lead_of(store, deployments.get(owner.get(store.pk, 0)), starts),
            close_buffer_minutes=store.close_buffer_minutes,
            control=Control(store.control),
            overrides=overrides.get(store.pk, ()),
        )
        for store in stores
    }


def owners_of(stores: Iterable[Store]) -> dict[int, int]:
    """Return the deployment of each store that has one; one query."""
    rows = Assignment.objects.filter(store__in=[store.pk for store in stores]).order_by("id")
    return dict(rows.values_list("store_id", "deployment_id"))


def lead_of(store: Store, deployment: Deployment | None, starts: Mapping[int, list[float]]) -> int:
    """Return the minutes before opening at which a store's model is started."""
    if deployment is None or not deployment.uses_learned_lead:
        return store.open_buffer_minutes
    return learned_lead_minutes(starts.get(deployment.pk, []), fallback_minutes=store.open_buffer_minutes)


def observed_starts(deployments: Iterable[int], *, since: datetime | None = None) -> dict[int, list[float]]:
    """Return how long each deployment's newest starts took, in seconds, oldest first; one query.

    Starts outside the portal are left out: nobody saw when they were ordered. `since` bounds what is read.
    """
    runs = Run.objects.filter(
        deployment_id__in=list(deployments),
        running_at__isnull=False,
        accepted_at__isnull=False,
        is_outside=False,
    )
    if since is not None:
        runs = runs.filter(requested_at__gte=since)
    rows = (
        runs.annotate(took=F("running_at") - F("accepted_at"))
        .order_by("-requested_at", "-id")
        .values_list("deployment_id", "took")
    )
    found: dict[int, list[float]] = defaultdict(list)
    for pk, took in rows.iterator(chunk_size=5_000):
        if len(found[pk]) < WINDOW:
            found[pk].append(took.total_seconds())
    return {pk: taken[::-1] for pk, taken in found.items()}


def overrides_of(scope: Q, key: str, bounds: Span) -> dict[int, tuple[OverrideSpan, ...]]:
    """Return the overrides and guards of a scope that touch the bounds, grouped by `key`; one query.

    One that was taken back or lifted ends at that instant, so that the past stays explained.
    """
    said = _spans_of(Override.objects.filter(scope), key, "cancelled_at", bounds, is_guard=False)
    guarded = _spans_of(Guard.objects.filter(scope), key, "lifted_at", bounds, is_guard=True)
    found: dict[int, list[OverrideSpan]] = defaultdict(list)
    rows = said.union(guarded, all=True).order_by("is_guard", "pk")
    for owner, pk, start, end, kind, first, last, user, why, is_guard in rows:
        author = f"{first or ''} {last or ''}".strip() or user or ""
        span = to_seconds(start), to_seconds(end)
        found[owner].append(OverrideSpan(*span, OverrideKind(kind), pk, author, why, is_guard))
    return {owner: tuple(spans) for owner, spans in found.items()}


def _spans_of(rows: QuerySet[Any], key: str, taken_back: str, bounds: Span, *, is_guard: bool) -> Any:
    low, high = (from_seconds(edge) for edge in bounds)
    return (
        rows.filter(starts_at__lt=high, ends_at__gt=low)
        .annotate(ends=Least("ends_at", Coalesce(taken_back, "ends_at")), is_guard=Value(is_guard))
        .filter(ends__gt=F("starts_at"))
        .values_list(
            key, "pk", "starts_at", "ends", "kind", "author__first_name", "author__last_name",
            "author__username", "why", "is_guard",
        )
    )  # fmt: skip
