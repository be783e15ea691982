"""One holiday in one area, store by store."""

from __future__ import annotations

from dataclasses import dataclass

from stores.models import SpecialDay, Store
from stores.selectors.holiday_asks import Asked, asks_about
from stores.selectors.holiday_board import Cell


@dataclass(frozen=True, slots=True)
class CellStore:
    """A store with the special day that holds for it, and when its people were asked about the date."""

    store: Store
    day: SpecialDay | None
    asked: tuple[Asked, ...]


def stores_of_cell(cell: Cell) -> tuple[SpecialDay | None, list[CellStore]]:
    """Return the word for the whole area (or for all), and each store with its own; three queries."""
    days = SpecialDay.objects.filter(on=cell.on).select_related("author")
    own = {day.store_id: day for day in days.filter(store_id__in=cell.store_ids).order_by("id")}
    wider = days.filter(store__isnull=True, area_id=cell.area_id).first()
    if wider is None:
        wider = days.filter(store__isnull=True, area__isnull=True).first()
    asked = asks_about(cell.on, cell.store_ids)
    stores = Store.objects.filter(pk__in=cell.store_ids).order_by("code", "id")
    return wider, [CellStore(store, own.get(store.pk, wider), asked.get(store.pk, ())) for store in stores]
