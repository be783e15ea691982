"""Holidays that nobody has answered yet: proposals, never closures."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q, QuerySet

from stores.models import SpecialDay, Store
from stores.selectors.holiday_calendar import Region, holidays_of, remarks_on

PROPOSED_DAYS = 120


@dataclass(frozen=True, slots=True)
class Proposal:
    """One holiday of one store."""

    on: date
    name: str


@dataclass(frozen=True, slots=True)
class AreaProposal:
    """One holiday of the stores of one area that have it and no word on it yet.

    `is_whole_area` says that every store of the area has this holiday, so that one row can speak for all.
    """

    on: date
    name: str
    area_id: int
    area_name: str
    store_ids: tuple[int, ...]
    is_whole_area: bool


@dataclass(frozen=True, slots=True)
class ProposedDate:
    """A date with the areas that celebrate it."""

    on: date
    names: tuple[str, ...]
    areas: tuple[AreaProposal, ...]

    @property
    def store_count(self) -> int:
        """The number of stores concerned."""
        return sum(len(area.store_ids) for area in self.areas)


@dataclass(frozen=True, slots=True)
class ProposalDesk:
    """What headquarters has before it."""

    dates: tuple[ProposedDate, ...]
    remarks: tuple[str, ...]


def proposals_for(store: Store, *, today: date, language: str) -> list[Proposal]:
    """Return the store's holidays of the next 120 days without an answer, soonest first; one query."""
    last_on = today + timedelta(days=PROPOSED_DAYS)
    region = Region(store.country, store.subdivision)
    known = holidays_of(region, first_on=today, last_on=last_on, language=language)
    days = SpecialDay.objects.filter(
        Q(store=store) | Q(area_id=store.area_id) | Q(store__isnull=True, area__isnull=True), on__in=known
    )
    answered = set(days.values_list("on", flat=True))
    return [Proposal(on, name) for on, name in known.items() if on not in answered]


def proposal_desk(stores: QuerySet[Store], *, today: date, language: str) -> ProposalDesk:
    """Return the holidays of the next 120 days without an answer, by date and area; two queries."""
    last_on = today + timedelta(days=PROPOSED_DAYS)
    areas = _regions_by_area(stores)
    regions = {region for held in areas.values() for region in held}
    known = {
        region: holidays_of(region, first_on=today, last_on=last_on, language=language) for region in regions
    }
    answered = _answered(today, last_on)
    found: dict[date, list[AreaProposal]] = defaultdict(list)
    for area, held in areas.items():
        for on in set().union(*(known[region] for region in held)):
            proposal = _area_proposal(area, held, on, known, answered)
            if proposal is not None:
                found[on].append(proposal)
    dates = (
        ProposedDate(on, tuple(dict.fromkeys(each.name for each in found[on])), tuple(found[on]))
        for on in sorted(found)
    )
    return ProposalDesk(tuple(dates), tuple(remarks_on(regions)))


def _regions_by_area(stores: QuerySet[Store]) -> dict[tuple[int, str], dict[Region, list[int]]]:
    rows = stores.order_by("area__name", "id").values_list(
        "id", "area_id", "area__name", "country", "subdivision"
    )
    areas: dict[tuple[int, str], dict[Region, list[int]]] = defaultdict(lambda: defaultdict(list))
    for pk, area_id, area_name, country, subdivision in rows:
        areas[area_id, area_name][Region(country, subdivision)].append(pk)
    return areas


def _area_proposal(
    area: tuple[int, str],
    held: dict[Region, list[int]],
    on: date,
    known: dict[Region, dict[date, str]],
    answered: _Answered,
) -> AreaProposal | None:
    """Return what is open for an area on a date, or None when everything has its answer."""
    if answered.covers(on, area[0]):
        return None
    having = [region for region in held if on in known[region]]
    open_ids = tuple(pk for region in having for pk in held[region] if (on, pk) not in answered.stores)
    if not open_ids:
        return None
    return AreaProposal(on, known[having[0]][on], *area, open_ids, len(having) == len(held))


@dataclass(frozen=True, slots=True)
class _Answered:
    """Dates that were spoken about: for all, for an area, for a store."""

    everywhere: frozenset[date]
    areas: frozenset[tuple[date, int]]
    stores: frozenset[tuple[date, int]]

    def covers(self, on: date, area_id: int) -> bool:
        """Tell whether a whole area has its answer."""
        return on in self.everywhere or (on, area_id) in self.areas


def _answered(first_on: date, last_on: date) -> _Answered:
    everywhere: set[date] = set()
    areas: set[tuple[date, int]] = set()
    stores: set[tuple[date, int]] = set()
    days = SpecialDay.objects.filter(on__range=(first_on, last_on))
    for on, area_id, store_id in days.values_list("on", "area_id", "store_id"):
        if store_id is not None:
            stores.add((on, store_id))
        elif area_id is not None:
            areas.add((on, area_id))
        else:
            everywhere.add(on)
    return _Answered(frozenset(everywhere), frozenset(areas), frozenset(stores))
