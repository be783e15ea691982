"""Trays by the quarter of an hour under a store's schedule, and what they say about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Count
from django.db.models.functions import ExtractHour, ExtractIsoWeekDay, ExtractMinute

from detections.domain.outcomes import LATER, Outcome
from detections.domain.usage import Proposal, Week, by_opening_day, extensions, trims
from detections.models import Detection
from models_registry.selectors.preview import cost_of_week
from stores.domain.localtime import day_start, local_date, zone
from stores.models import Store
from stores.selectors.rules import NO_WEEK, weeks_of

WEEKS = 8
OFF = frozenset({Outcome.NOT_RUNNING, Outcome.WAITING})
"""The model was stopped when the tray came."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Eight whole weeks of one store, by weekday and minute of the day it opened."""

    week: Week
    tail: int
    first_on: date
    last_on: date
    trays: list[dict[int, int]]
    turned_away: list[dict[int, int]]
    trims: list[Proposal]
    extensions: list[Proposal]
    has_model: bool
    trims_usd: Decimal = Decimal(0)

    @property
    def total(self) -> int:
        """All trays of the eight weeks."""
        return sum(sum(day.values()) for day in self.trays)

    @property
    def trimmed(self) -> Week:
        """The week with every trim."""
        return _with_all(self.week, self.trims)


def usage_of(store: Store, *, share: Decimal, at: datetime) -> Usage:
    """Return the scan of a store; at most `share` of a weekday's trays may be missed. Queries do not grow."""
    today = local_date(store.timezone, at)
    first_on = today - timedelta(weeks=WEEKS)
    week, tail = weeks_of([store.pk]).get(store.pk, NO_WEEK), store.close_buffer_minutes
    counted = _counts(store, first_on, today)
    trays, turned_away = (by_opening_day(counts, week, tail) for counts in counted)
    cost = cost_of_week(store, at=at)
    cuts = trims(trays, week, tail=tail, share=share, cost=cost) if cost else []
    return Usage(
        week=week,
        tail=tail,
        first_on=first_on,
        last_on=today - timedelta(days=1),
        trays=trays,
        turned_away=turned_away,
        trims=cuts,
        extensions=extensions(turned_away, week, tail=tail, cost=cost) if cost else [],
        has_model=cost is not None,
        trims_usd=cost(week) - cost(_with_all(week, cuts)) if cost else Decimal(0),
    )


def _with_all(week: Week, proposals: Iterable[Proposal]) -> Week:
    for proposal in proposals:
        week = proposal.within(week)
    return week


def _counts(
    store: Store, first_on: date, until: date
) -> tuple[dict[tuple[int, int], int], dict[tuple[int, int], int]]:
    """Count trays by local weekday and minute: all, and those sent while the model was off; one query."""
    tz = zone(store.timezone)
    bounds = day_start(store.timezone, first_on), day_start(store.timezone, until)
    rows = (
        Detection.objects.filter(store=store, taken_at__gte=bounds[0], taken_at__lt=bounds[1])
        .exclude(source__in=LATER)
        .annotate(
            weekday=ExtractIsoWeekDay("taken_at", tzinfo=tz),
            hour=ExtractHour("taken_at", tzinfo=tz),
            minute=ExtractMinute("taken_at", tzinfo=tz),
        )
        .order_by()
        .values_list("weekday", "hour", "minute", "outcome")
        .annotate(trays=Count("id"))
    )
    all_trays: dict[tuple[int, int], int] = defaultdict(int)
    off: dict[tuple[int, int], int] = defaultdict(int)
    for weekday, hour, minute, outcome, trays in rows:
        key = weekday - 1, hour * 60 + minute
        all_trays[key] += trays
        if outcome in OFF:
            off[key] += trays
    return all_trays, off
