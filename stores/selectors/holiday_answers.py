"""What was said of dates, by whom it concerns: a store, its area, or all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from stores.domain.holidays import Choice
from stores.domain.hours import SpecialKind
from stores.models import SpecialDay


@dataclass(frozen=True, slots=True)
class Answers:
    """Choices by date for all, by date and area, by date and store."""

    everywhere: dict[date, Choice]
    areas: dict[tuple[date, int], Choice]
    stores: dict[tuple[date, int], Choice]

    def of(self, on: date, area_id: int, store_id: int) -> Choice | None:
        """Return what holds for a store on a date: the nearest word, or None when nobody spoke."""
        return self.stores.get((on, store_id)) or self.areas.get((on, area_id)) or self.everywhere.get(on)


def answers_between(*spans: tuple[date, date]) -> Answers:
    """Return every special day of some spans of dates, both ends included; one query."""
    wanted = Q(pk__in=())
    for span in spans:
        wanted |= Q(on__range=span)
    found = Answers({}, {}, {})
    rows = SpecialDay.objects.filter(wanted).order_by("id")
    for on, area_id, store_id, kind, hours in rows.values_list("on", "area_id", "store_id", "kind", "hours"):
        choice = Choice(SpecialKind(kind), tuple((opens, closes) for opens, closes in hours))
        if store_id is not None:
            found.stores[on, store_id] = choice
        elif area_id is not None:
            found.areas[on, area_id] = choice
        else:
            found.everywhere[on] = choice
    return found
