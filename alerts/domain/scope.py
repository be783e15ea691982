"""Who hears of an alert: by role and by how far each role reaches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from alerts.domain.kinds import Duty


class Reach(NamedTuple):
    """One role of one person: everywhere without an area and a store."""

    person: int
    duty: Duty
    area: int | None = None
    store: int | None = None


class Place(NamedTuple):
    """Where an alert is: its stores, and the areas they lie in; both empty for the whole franchise."""

    stores: frozenset[int] = frozenset()
    areas: frozenset[int] = frozenset()


class Reaches:
    """The roles of all people, ready to be asked for many alerts."""

    def __init__(self, reaches: Iterable[Reach]) -> None:
        self._everywhere: list[Reach] = []
        self._of_area: dict[int, list[Reach]] = defaultdict(list)
        self._of_store: dict[int, list[Reach]] = defaultdict(list)
        for each in reaches:
            if each.store is not None:
                self._of_store[each.store].append(each)
            elif each.area is not None:
                self._of_area[each.area].append(each)
            else:
                self._everywhere.append(each)

    def people_told(self, told: frozenset[Duty], place: Place) -> set[int]:
        """Return the people with one of some roles that reaches a place."""
        found = [each for each in self._everywhere if each.duty in told]
        found += [each for area in place.areas for each in self._of_area.get(area, ()) if each.duty in told]
        found += [each for pk in place.stores for each in self._of_store.get(pk, ()) if each.duty in told]
        return {each.person for each in found}
