"""Headquarters' answers to holidays, frozen as special days: a library upgrade moves nothing.

One store answers through `special_days.set_special_day` with the source HOLIDAY.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet

from portal.base.models import User
from stores.domain.holidays import Choice, DifferenceKind
from stores.domain.hours import SpecialSource
from stores.models import Area, DayChange, HolidayEdition, SpecialDay, Store
from stores.selectors.holiday_board import Cell, holiday_board
from stores.selectors.holiday_calendar import Region, holidays_of
from stores.selectors.holiday_differences import RegionDifference
from stores.services.day_changes import Line, Place, write_days
from stores.services.holiday_editions import record_editions, recorded_days
from stores.services.special_days import (
    DayFacts,
    Scope,
    check_day,
    facts_of,
    latest_today,
    remove_special_day,
    set_special_day,
)


@dataclass(frozen=True, slots=True)
class Decision:
    """How many holidays of areas are answered, how many had no suggestion, and what undoes it."""

    answered: int
    without_suggestion: int
    change: DayChange | None


@transaction.atomic
def answer_for_areas(
    *,
    stores: QuerySet[Store],
    picks: Iterable[tuple[date, int]],
    choice: Choice | None,
    author: User | None,
    at: datetime,
    language: str,
) -> Decision:
    """Answer holidays for areas, by date and area key; without a choice each as it is suggested.

    One row for the area where all its stores have the holiday, else one for each store that has it. What
    somebody else answered in between stays as they said.
    """
    if choice is not None:
        choice = Choice(choice.kind, check_day(choice.kind, choice.hours))
    wanted = set(picks)
    board = holiday_board(stores, today=latest_today(at=at), language=language)
    chosen = [cell for cell in board.cells if (cell.on, cell.area_id) in wanted and not cell.is_done]
    lines = [line for cell in chosen for line in _lines(cell, choice)]
    change = write_days(lines=lines, kind=DayChange.Kind.HOLIDAYS, author=author, at=at)
    areas = {cell.area_id for cell in chosen}
    pairs = stores.filter(area_id__in=areas).order_by().values_list("country", "subdivision").distinct()
    record_editions(regions=[Region(*pair) for pair in pairs], at=at)
    silent = sum(choice is None and cell.suggestion is None for cell in chosen)
    return Decision(len(chosen) - silent, silent, change)


def _lines(cell: Cell, choice: Choice | None) -> list[Line]:
    said = choice or (cell.suggestion.choice if cell.suggestion else None)
    if said is None:
        return []
    facts = DayFacts(cell.on, said.kind, said.hours, cell.name[:200], SpecialSource.HOLIDAY)
    if cell.is_whole_area:
        return [Line(Place(None, cell.area_id, cell.on), facts)]
    return [Line(Place(pk, None, cell.on), facts) for pk in cell.open_ids]


@transaction.atomic
def answer_for_store(
    *, store: Store, on: date, name: str, choice: Choice | None, author: User | None, at: datetime
) -> None:
    """Let a store differ from its area on a holiday; without a choice it is as its area again."""
    if choice is None:
        for day in SpecialDay.objects.filter(store=store, on=on).order_by("id"):
            remove_special_day(day=day, at=at)
        return
    facts = DayFacts(on, choice.kind, choice.hours, name, SpecialSource.HOLIDAY)
    set_special_day(scope=Scope(store), facts=facts, author=author, at=at)


@transaction.atomic
def settle_difference(
    *, found: RegionDifference, follow: bool, author: User | None, at: datetime
) -> DayChange | None:
    """Record a date as the package has it now; where told to follow, let the answers move or go with it.

    An answer of an area moves only if no store of the area has the old date any more.
    """
    was, now = found.difference.was, found.difference.now
    edition = HolidayEdition.objects.select_for_update().get(
        country=found.region.country, subdivision=found.region.subdivision
    )
    before = {on.isoformat(): edition.days.get(on.isoformat()) for on in (was, now) if on is not None}
    if was is not None:
        edition.days.pop(was.isoformat(), None)
    if now is not None:
        edition.days |= recorded_days(found.region, now, now, at=at)
    edition.save(update_fields=["days"])
    lines = _followed(found, was, now) if follow and was is not None else []
    return write_days(
        lines=lines,
        kind=DayChange.Kind.DIFFERENCE,
        author=author,
        at=at,
        editions={found.region.key: before},
    )


def _followed(found: RegionDifference, was: date, now: date | None) -> list[Line]:
    stores = Store.objects.filter(country=found.region.country, subdivision=found.region.subdivision)
    areas = [
        pk for pk in stores.order_by().values_list("area_id", flat=True).distinct() if _has_lost(pk, was)
    ]
    days = SpecialDay.objects.filter(on=was, source=SpecialSource.HOLIDAY)
    answers = days.filter(store__in=stores) | days.filter(area__in=Area.objects.filter(pk__in=areas))
    taken = set()
    if now is not None:
        taken = set(SpecialDay.objects.filter(on=now).values_list("store_id", "area_id"))
    lines = []
    for day in answers.order_by("id"):
        lines.append(Line(Place(day.store_id, day.area_id, was), None))
        if found.difference.kind is DifferenceKind.MOVED and now and (day.store_id, day.area_id) not in taken:
            lines.append(Line(Place(day.store_id, day.area_id, now), replace(facts_of(day), on=now)))
    return lines


def _has_lost(area_id: int, on: date) -> bool:
    """Tell whether no store of an area has a holiday on a date any more."""
    pairs = Store.objects.filter(area_id=area_id).order_by().values_list("country", "subdivision").distinct()
    return not any(holidays_of(Region(*pair), first_on=on, last_on=on, language="en") for pair in pairs)
