"""The fleet board: what every store's model does now, a page at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from django.db.models import Case, CharField, DecimalField, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from models_registry.domain.lifecycle import UNKNOWN_AFTER, Problem
from models_registry.domain.planning import StoreNeed, Window, ready_windows
from models_registry.models import Deployment, ModelVersion, Run, StoreSpend, Trouble
from models_registry.selectors.plans import needs_of_stores
from stores.domain.hours import open_windows
from stores.domain.intervals import Span
from stores.domain.localtime import from_seconds, local_date, to_seconds
from stores.models import Area, Store

BEHIND = timedelta(days=3)
AHEAD = timedelta(days=8)
LIVE = "assignment__deployment__live_version__"
NOT_READY_ELSEWHERE = "NOT_READY_ELSEWHERE"
"""A deployment is late for another of its stores, or for an override; this store is closed."""


class ModelState(StrEnum):
    """What a store's model does, in the words the board filters by."""

    RUNNING = "RUNNING"
    STARTING = "STARTING"
    STOPPING = "STOPPING"
    OFF = "OFF"
    UNKNOWN = "UNKNOWN"
    NONE = "NONE"


class Order(StrEnum):
    """How the board is sorted."""

    CODE = "code"
    NAME = "name"
    AREA = "area"
    COST = "cost"
    PROBLEMS = "problems"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which stores the board shows, and in which order."""

    text: str = ""
    area: Area | None = None
    state: ModelState | None = None
    only_problems: bool = False
    order: Order = Order.CODE


class Spell(NamedTuple):
    """Whether something holds, and until when; None beyond the horizon."""

    holds: bool
    until: datetime | None


@dataclass(frozen=True, slots=True)
class FleetRow:
    """One store on the board. `since` is when its model became ready, or entered the state it is in."""

    store: Store
    deployment: Deployment | None
    version: ModelVersion | None
    state: ModelState
    since: datetime | None
    opening: Spell
    need: Spell
    is_shared: bool
    today_usd: Decimal
    month_usd: Decimal
    problems: tuple[str, ...]
    has_hours: bool = True


def with_state(stores: QuerySet[Store], *, at: datetime) -> QuerySet[Store]:
    """Annotate `model_state`; an observation older than 90 s is unknown, not off."""
    stale = Q(**{f"{LIVE}project__observed_at__isnull": True}) | Q(
        **{f"{LIVE}project__observed_at__lt": at - UNKNOWN_AFTER}
    )
    said = [When(**{f"{LIVE}status": state.value}, then=Value(state.value)) for state in
            (ModelState.RUNNING, ModelState.STARTING, ModelState.STOPPING)]  # fmt: skip
    return stores.annotate(
        model_state=Case(
            When(**{f"{LIVE}isnull": True}, then=Value(ModelState.NONE.value)),
            When(**{f"{LIVE}gone_at__isnull": False}, then=Value(ModelState.OFF.value)),
            When(stale, then=Value(ModelState.UNKNOWN.value)),
            *said,
            default=Value(ModelState.OFF.value),
            output_field=CharField(),
        )
    )


def chosen_stores(stores: QuerySet[Store], wanted: Wanted, *, at: datetime) -> QuerySet[Store]:
    """Return the stores that match, annotated and in order; not yet evaluated."""
    chosen = with_state(stores, at=at)
    if wanted.text:
        chosen = chosen.filter(Q(code__icontains=wanted.text) | Q(name__icontains=wanted.text))
    if wanted.area is not None:
        chosen = chosen.filter(area=wanted.area)
    if wanted.state is not None:
        chosen = chosen.filter(Q(model_state=wanted.state.value))
    if wanted.only_problems:
        chosen = chosen.exclude(NO_PROBLEMS)
    return _ordered(chosen, wanted.order, at)


NO_PROBLEMS = Q(assignment__deployment__state__isnull=True) | Q(assignment__deployment__state__problems=[])


def _ordered(stores: QuerySet[Store], order: Order, at: datetime) -> QuerySet[Store]:
    match order:
        case Order.COST:
            return stores.annotate(cost=month_cost(at)).order_by("-cost", "code", "id")
        case Order.PROBLEMS:
            calm = Case(When(NO_PROBLEMS, then=Value(1)), default=Value(0))
            return stores.annotate(calm=calm).order_by("calm", "code", "id")
        case Order.AREA:
            return stores.order_by("area__name", "code", "id")
        case Order.NAME:
            return stores.order_by("name", "code", "id")
        case Order.CODE:
            return stores.order_by("code", "id")


def month_cost(at: datetime) -> Coalesce:
    """Return an expression for a store's cost in the UTC month of `at`."""
    spend = StoreSpend.objects.filter(store=OuterRef("pk"), on__gte=at.date().replace(day=1))
    total = spend.order_by().values("store").annotate(total=Sum("usd")).values("total")
    return Coalesce(Subquery(total), Decimal(0), output_field=DecimalField())


def fleet_rows(stores: Iterable[Store], *, at: datetime) -> list[FleetRow]:
    """Return the rows of one page of `chosen_stores`, related rows fetched; seven queries more."""
    page = list(stores)
    deployments = {store.pk: _deployment(store) for store in page}
    owner = {pk: deployment.pk for pk, deployment in deployments.items() if deployment}
    known = {deployment.pk: deployment for deployment in deployments.values() if deployment}
    bounds = to_seconds(at - BEHIND), to_seconds(at + AHEAD)
    needs = needs_of_stores(page, bounds, owner=owner, deployments=known)
    running = _running_since(deployment.live_version_id for deployment in known.values())
    money = _money(page, at)
    rows = []
    for store in page:
        deployment = deployments[store.pk]
        version = deployment.live_version if deployment else None
        state = ModelState(store.model_state)  # type: ignore[attr-defined]
        opening = _spell(open_windows(needs[store.pk].rules, bounds), bounds, at)
        rows.append(
            FleetRow(
                store=store,
                deployment=deployment,
                version=version,
                state=state,
                since=_since(version, state, running),
                opening=opening,
                need=need_spell(needs[store.pk], bounds, at),
                is_shared=_store_count(deployment) > 1,
                today_usd=money[store.pk][0],
                month_usd=money[store.pk][1],
                problems=problems_of(deployment, is_open=opening.holds),
                has_hours=needs[store.pk].rules.has_hours,
            )
        )
    return rows


def related(stores: QuerySet[Store]) -> QuerySet[Store]:
    """Fetch all that a row shows in the same query."""
    return stores.select_related(
        "area", "assignment__deployment__state", "assignment__deployment__connection",
        "assignment__deployment__live_version__project",
    )  # fmt: skip


def _deployment(store: Store) -> Deployment | None:
    assignment = getattr(store, "assignment", None)
    return assignment.deployment if assignment else None


def _store_count(deployment: Deployment | None) -> int:
    state = getattr(deployment, "state", None)
    return state.store_count if state else 0


def problems_of(deployment: Deployment | None, *, is_open: bool) -> tuple[str, ...]:
    """Return what is wrong, as this store should read it."""
    state = getattr(deployment, "state", None)
    found = state.problems if state else []
    return tuple(NOT_READY_ELSEWHERE if code == Problem.NOT_READY and not is_open else code for code in found)


def _since(version: ModelVersion | None, state: ModelState, running: dict[int, datetime]) -> datetime | None:
    if version is None or state in {ModelState.NONE, ModelState.UNKNOWN}:
        return None
    return running.get(version.pk) if state is ModelState.RUNNING else version.status_since


def _running_since(versions: Iterable[int | None]) -> dict[int, datetime]:
    """Return since when each version is ready, from the open runs; one query."""
    rows = Run.objects.filter(version_id__in=set(versions), ended_at__isnull=True, running_at__isnull=False)
    pairs = rows.order_by("id").values_list("version_id", "running_at")
    return {pk: running_at for pk, running_at in pairs if running_at}


def need_spell(need: StoreNeed, bounds: Span, at: datetime) -> Spell:
    """Return whether a store needs its model now, and until when that stays so."""
    windows: Sequence[Window] = ready_windows(need, bounds)
    return _spell([window[:2] for window in windows], bounds, at)


def _spell(spans: Sequence[Span], bounds: Span, at: datetime) -> Spell:
    second = to_seconds(at)
    for start, end in spans:
        if start > second:
            return Spell(False, from_seconds(start))
        if second < end:
            return Spell(True, from_seconds(end) if end < bounds[1] else None)
    return Spell(False, None)


def _money(stores: Iterable[Store], at: datetime) -> dict[int, tuple[Decimal, Decimal]]:
    """Return each store's cost of its local today and its local month; one query."""
    today = {store.pk: local_date(store.timezone, at) for store in stores}
    first = min((on.replace(day=1) for on in today.values()), default=at.date())
    sums: dict[int, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    rows = StoreSpend.objects.filter(store_id__in=today, on__gte=first).order_by("id")
    for pk, on, usd in rows.values_list("store_id", "on", "usd"):
        if on == today[pk]:
            sums[pk][0] += usd
        if on >= today[pk].replace(day=1):
            sums[pk][1] += usd
    return {pk: (sums[pk][0], sums[pk][1]) for pk in today}


def open_orphans() -> list[Trouble]:
    """Return the troubles of models that run and belong to no deployment; one query."""
    found = Trouble.objects.filter(code=Problem.ORPHAN, closed_at__isnull=True)
    return list(found.select_related("version__project__connection").order_by("opened_at", "id")[:20])
