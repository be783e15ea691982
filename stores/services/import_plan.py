"""What a store file would change, found by comparing it with what is written down; four queries at most."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from stores.domain.hours import DayHours, SpecialKind
from stores.domain.localtime import local_date
from stores.models import Area, SpecialDay, Store
from stores.selectors.rules import NO_WEEK, weeks_of
from stores.services.import_rows import WantedStore

Week = tuple[DayHours, ...]


@dataclass(slots=True)
class StoreChange:
    """One store that differs: what is wanted, what there is, and which parts must be written.

    `stale` are the special days whose dates are said anew.
    """

    wanted: WantedStore
    store: Store
    fields: tuple[str, ...] = ()
    week: Week | None = None
    dates: tuple[date, ...] = ()
    stale: tuple[int, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Tell whether the store is as wanted."""
        return not self.fields and self.week is None and not self.dates


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """Everything an import has to write."""

    created: list[StoreChange]
    changed: list[StoreChange]
    new_areas: tuple[str, ...]
    not_in_file: int


@dataclass(frozen=True, slots=True)
class _Present:
    """The stores there are, by code, with their weeks and dated days."""

    stores: dict[str, Store]
    weeks: dict[int, Week]
    dated: dict[int, dict[date, SpecialDay]]


def make_plan(wanted: list[WantedStore], *, at: datetime, lock: bool) -> ImportPlan:
    """Compare the wanted stores with those there are; with `lock` nobody changes them meanwhile."""
    present = _present(wanted, lock)
    known = set(Area.objects.values_list("name", flat=True))
    new_areas = sorted({each.area for each in wanted} - known)
    created, changed = [], []
    for each in wanted:
        store = present.stores.get(each.code)
        dates = _dates_ahead(each, at)
        if store is None:
            created.append(StoreChange(each, Store(**each.facts), (), _week_or_none(each, NO_WEEK), dates))
            continue
        change = _change(each, store, present, dates)
        if not change.is_empty:
            changed.append(change)
    not_in_file = Store.objects.count() - len(present.stores)
    return ImportPlan(created, changed, tuple(new_areas), not_in_file)


def _present(wanted: list[WantedStore], lock: bool) -> _Present:
    found = (
        Store.objects.select_related("area").filter(code__in=[each.code for each in wanted]).order_by("id")
    )
    stores = {store.code: store for store in (found.select_for_update(of=("self",)) if lock else found)}
    keys = [store.pk for store in stores.values()]
    dated: dict[int, dict[date, SpecialDay]] = defaultdict(dict)
    if any(each.hours.dated for each in wanted):
        for day in SpecialDay.objects.filter(store_id__in=keys).order_by("id"):
            if day.store_id is not None:
                dated[day.store_id][day.on] = day
    return _Present(stores, weeks_of(keys), dict(dated))


def _change(each: WantedStore, store: Store, present: _Present, dates: tuple[date, ...]) -> StoreChange:
    fields = [name for name, value in each.facts.items() if getattr(store, name) != value]
    if store.area.name != each.area:
        fields.append("area")
    known = present.dated.get(store.pk, {})
    differing = tuple(day for day in dates if not _says(known.get(day), each.hours.dated[day]))
    stale = tuple(known[day].pk for day in differing if day in known)
    week = _week_or_none(each, present.weeks.get(store.pk, NO_WEEK))
    return StoreChange(each, store, tuple(fields), week, differing, stale)


def _says(day: SpecialDay | None, hours: DayHours) -> bool:
    return day is not None and (day.kind, tuple(map(tuple, day.hours))) == kind_and_hours(hours)


def _week_or_none(each: WantedStore, now: Week) -> Week | None:
    return None if each.hours.weekly == now else each.hours.weekly


def _dates_ahead(each: WantedStore, at: datetime) -> tuple[date, ...]:
    """Return the dated days that are not over where the store is."""
    if not each.hours.dated:
        return ()
    today = local_date(str(each.facts["timezone"]), at)
    return tuple(day for day in each.hours.dated if day >= today)


def kind_and_hours(hours: DayHours) -> tuple[str, DayHours]:
    """Return how a special day says these hours."""
    return (SpecialKind.HOURS if hours else SpecialKind.CLOSED).value, hours
