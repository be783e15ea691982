"""The bounds that hold for stores, and who lies outside them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import F, Q, QuerySet, Sum

from stores.domain.bounds import FIELDS, Limits, nearest
from stores.models import Bounds, Store

SHOWN = 200


def limits_of(store: Store) -> Limits:
    """Return what holds for one store; one query."""
    scope = Q(store=store) | Q(area_id=store.area_id) | Q(area__isnull=True, store__isnull=True)
    rows = Bounds.objects.filter(scope).select_related("author")
    return nearest(_limits(row) for row in sorted(rows, key=_nearness))


def limits_of_stores(stores: Iterable[Store]) -> dict[int, Limits]:
    """Return what holds for each store, by primary key; one query."""
    rows = sorted(Bounds.objects.select_related("author"), key=_nearness)
    found = {}
    for store in stores:
        about = [row for row in rows if row.store_id == store.pk or _covers(row, store)]
        found[store.pk] = nearest(_limits(row) for row in about)
    return found


def all_bounds() -> list[Bounds]:
    """Return every scope that has bounds, the widest first; one query."""
    rows = Bounds.objects.select_related("area", "store", "author").order_by("id")
    return sorted(rows, key=lambda row: (_nearness(row), str(row)))


class Deviation(NamedTuple):
    """A store whose rules lie outside its bounds: what is too much or too little, in minutes."""

    store: Store
    limits: Limits
    open_minutes: int | None
    buffers: tuple[int, ...]


def deviating(stores: QuerySet[Store]) -> tuple[list[Deviation], int]:
    """Return the stores outside their bounds, the first 200 in order of code, and how many there are.

    Three queries, whatever the number of stores. Headquarters may exceed bounds, and hours may be older.
    """
    weekly = Sum(F("opening_hours__closes_minute") - F("opening_hours__opens_minute"))
    rows = list(stores.annotate(week=weekly).order_by("code", "id"))
    limits = limits_of_stores(rows)
    found = []
    for store in rows:
        held, week = limits[store.pk], int(store.week or 0)
        is_long = held.most_open_minutes is not None and week > held.most_open_minutes
        buffers = tuple(each for each in _buffers(store) if _is_outside(each, held))
        if is_long or buffers:
            found.append(Deviation(store, held, week if is_long else None, buffers))
    return found[:SHOWN], len(found)


def _buffers(store: Store) -> set[int]:
    return {store.open_buffer_minutes, store.close_buffer_minutes}


def _is_outside(minutes: int, limits: Limits) -> bool:
    least, most = limits.least_buffer_minutes, limits.most_buffer_minutes
    return (least is not None and minutes < least) or (most is not None and minutes > most)


def _covers(row: Bounds, store: Store) -> bool:
    return row.store_id is None and row.area_id in {None, store.area_id}


def _nearness(row: Bounds) -> int:
    return 2 if row.store_id else 1 if row.area_id else 0


def _limits(row: Bounds) -> Limits:
    name = (row.author.get_full_name() or row.author.get_username()) if row.author else ""
    return Limits(**{field: getattr(row, field) for field in FIELDS}, set_by=name)
