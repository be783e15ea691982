"""Stores' rules as the planner wants them: three queries for any number of stores."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from django.db.models import Q, QuerySet

from stores.domain.hours import CLOSED, DayHours, SpecialKind, SpecialRule, StoreRules
from stores.models import OpeningHours, SpecialDay, Store

NO_WEEK: tuple[DayHours, ...] = (CLOSED,) * 7


def rules_of(
    stores: Iterable[Store] | QuerySet[Store], *, first_on: date, last_on: date
) -> dict[int, StoreRules]:
    """Return each store's rules by primary key, with the special days of the local dates given.

    Three queries at most. Ask for two days more on either side than the instants you mean: zones differ.
    """
    chosen = {store.pk: store for store in stores}
    weekly = weeks_of(chosen)
    special = _special_days(chosen, first_on, last_on)
    return {
        pk: StoreRules(store.timezone, weekly.get(pk, NO_WEEK), special.get(pk, {}))
        for pk, store in chosen.items()
    }


def weeks_of(store_ids: Iterable[int]) -> dict[int, tuple[DayHours, ...]]:
    """Return the weeks of stores by primary key; one without hours is absent. One query."""
    weekly: dict[int, list[list[tuple[int, int]]]] = defaultdict(lambda: [[] for _ in range(7)])
    rows = OpeningHours.objects.filter(store_id__in=store_ids).order_by("opens_minute", "id")
    for row in rows.values_list("store_id", "weekday", "opens_minute", "closes_minute"):
        pk, weekday, opens, closes = row
        weekly[pk][weekday].append((opens, closes))
    return {pk: tuple(tuple(day) for day in week) for pk, week in weekly.items()}


def _special_days(
    chosen: dict[int, Store], first_on: date, last_on: date
) -> dict[int, dict[date, SpecialRule]]:
    """Return the rule that wins on each date: all, then area, then store, the nearest last."""
    by_area: dict[int, list[int]] = defaultdict(list)
    for store in chosen.values():
        by_area[store.area_id].append(store.pk)
    days = SpecialDay.objects.filter(
        Q(store_id__in=chosen) | Q(area_id__in=by_area) | Q(store__isnull=True, area__isnull=True),
        on__range=(first_on, last_on),
    )
    found: dict[int, dict[date, SpecialRule]] = defaultdict(dict)
    for day in sorted(days, key=lambda each: (each.store_id is not None, each.area_id is not None)):
        scope = "store" if day.store_id else "area" if day.area_id else "all"
        hours = tuple((opens, closes) for opens, closes in day.hours)
        rule = SpecialRule(SpecialKind(day.kind), hours, day.note, scope)
        if day.store_id:
            found[day.store_id][day.on] = rule
            continue
        for pk in by_area[day.area_id] if day.area_id else chosen:
            found[pk][day.on] = rule
    return found
