"""A store's local days as bars: open, ready, running. Positions are shares of each day's own length."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from models_registry.models import Deployment, Run
from models_registry.selectors.plans import needs_of_stores
from models_registry.selectors.store_plans import DaysPlan, frame_of, plan_of
from stores.domain.hours import SpecialRule
from stores.domain.intervals import Span, clip, union
from stores.domain.localtime import day_start, from_seconds, to_seconds, wall_to_utc
from stores.models import Store

TICK_HOURS = (6, 12, 18)


class Bar(NamedTuple):
    """A stretch of a day: where it begins and how wide it is, in per cent, and its instants."""

    left: float
    width: float
    start: datetime
    end: datetime


class Mark(NamedTuple):
    """An hour line: its place in per cent and the hour the wall clock shows."""

    left: float
    hour: int


@dataclass(frozen=True, slots=True)
class Day:
    """One local day of a store; `hours` is its true length, 23 or 25 when the clocks change."""

    on: date
    hours: float
    open: list[Bar]
    ready: list[Bar]
    ran: list[Bar]
    marks: list[Mark]
    now: float | None
    special: SpecialRule | None


def timeline(
    store: Store, deployment: Deployment | None, *, first_on: date, days: int, at: datetime, mark: datetime
) -> list[Day]:
    """Return `days` local days from `first_on`, with a line at `mark`; eight queries at most.

    Runs are drawn up to `at`, plans wherever they lie.
    """
    owner = {store.pk: deployment.pk} if deployment else {}
    known = {deployment.pk: deployment} if deployment else {}
    needs = needs_of_stores([store], frame_of(first_on, days), owner=owner, deployments=known)
    plan = plan_of(store, needs[store.pk], first_on=first_on, days=days)
    ran = ran_spans(deployment, plan.bounds, at=at)
    return [_day(plan, ran, first_on + timedelta(days=index), mark) for index in range(days)]


def ran_spans(deployment: Deployment | None, bounds: Span, *, at: datetime) -> list[Span]:
    """Return when a deployment's model was RUNNING within the bounds, up to `at`; one query."""
    if deployment is None:
        return []
    low, high = (from_seconds(edge) for edge in bounds)
    runs = Run.objects.filter(deployment=deployment, running_at__lt=high).exclude(stopping_at__lte=low)
    rows = runs.filter(running_at__isnull=False).order_by("id").values_list("running_at", "stopping_at")
    spans = ((to_seconds(start), to_seconds(end or max(at, start))) for start, end in rows if start)
    return clip(union(spans), bounds)


def _day(plan: DaysPlan, ran: Sequence[Span], on: date, mark: datetime) -> Day:
    zone = plan.store.timezone
    begin, end = day_bounds(zone, on)
    second = to_seconds(mark)
    return Day(
        on=on,
        hours=round((end - begin) / 3600, 1),
        open=bars(plan.open, (begin, end)),
        ready=bars((window[:2] for window in plan.ready), (begin, end)),
        ran=bars(ran, (begin, end)),
        marks=marks(zone, on, (begin, end)),
        now=_share(second, (begin, end)) if begin <= second < end else None,
        special=plan.need.rules.special.get(on),
    )


def day_bounds(zone: str, on: date) -> Span:
    """Return the UTC seconds of a local day."""
    begin, end = (to_seconds(day_start(zone, day)) for day in (on, on + timedelta(days=1)))
    return begin, end


def marks(zone: str, on: date, bounds: Span) -> list[Mark]:
    """Return the hour lines of a day."""
    return [
        Mark(_share(wall_to_utc(zone, on, hour * 60, closing=False), bounds), hour) for hour in TICK_HOURS
    ]


def bars(spans: Iterable[Span], bounds: Span) -> list[Bar]:
    """Return spans as bars of a day."""
    length = bounds[1] - bounds[0]
    return [
        Bar(_share(start, bounds), round((end - start) / length * 100, 3), from_seconds(start),
            from_seconds(end))
        for start, end in clip(spans, bounds)
    ]  # fmt: skip


def _share(second: int, bounds: Span) -> float:
    return round((second - bounds[0]) / (bounds[1] - bounds[0]) * 100, 3)
