"""Days that differ from the week: for one store, an area or all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext

from portal.base.errors import InvalidInput
from portal.base.models import User
from stores.domain.hours import CLOSED, DayHours, InvalidHours, SpecialKind, SpecialSource, check_day_hours
from stores.domain.localtime import local_date
from stores.models import Area, SpecialDay, Store
from stores.selectors.holiday_calendar import Region
from stores.services.bounds import check_day_bounds
from stores.services.holiday_editions import record_editions


class PastDay(InvalidInput):
    """The day is over where the store is."""

    code = "past_day"


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom a special day is for: a store, an area or, with neither, all stores."""

    store: Store | None = None
    area: Area | None = None


@dataclass(frozen=True, slots=True)
class DayFacts:
    """What a special day says."""

    on: date
    kind: SpecialKind
    hours: DayHours = CLOSED
    note: str = ""
    source: SpecialSource = SpecialSource.MANUAL


def today_of(scope: Scope, *, at: datetime) -> date:
    """Return the local date of a store; for an area or all, the earliest date among their stores."""
    if scope.store is not None:
        return local_date(scope.store.timezone, at)
    return min(_local_dates(scope, at), default=at.date())


def latest_today(*, at: datetime) -> date:
    """Return the latest date any store has: from then on a day lies ahead, or is now, for all of them."""
    return max(_local_dates(Scope(), at), default=at.date())


def _local_dates(scope: Scope, at: datetime) -> list[date]:
    stores = Store.objects.all() if scope.area is None else Store.objects.filter(area=scope.area)
    zones = stores.order_by().values_list("timezone", flat=True).distinct()
    return [local_date(name, at) for name in zones]


@transaction.atomic
def set_special_day(*, scope: Scope, facts: DayFacts, author: User | None, at: datetime) -> SpecialDay:
    """Say what holds on one date, in place of what was said of it before for the same scope.

    Raises PastDay for a date that is over at `at`, InvalidHours for hours that cannot stand, OutOfBounds for
    hours that the author may not give the store.
    """
    check_not_past(scope, facts.on, at=at)
    if scope.store is not None:
        check_day_bounds(scope.store, facts.on, facts.hours, author)
    return write_day(scope, facts, author, at=at)


def write_day(scope: Scope, facts: DayFacts, author: User | None, *, at: datetime) -> SpecialDay:
    """Write a special day that was checked before, or that stood before."""
    day, _ = SpecialDay.objects.update_or_create(
        store=scope.store,
        area=scope.area,
        on=facts.on,
        defaults={**special_day_values(facts), "author": author},
    )
    if facts.source is SpecialSource.HOLIDAY and scope.store is not None:
        record_editions(regions=[Region(scope.store.country, scope.store.subdivision)], at=at)
    return day


@transaction.atomic
def remove_special_day(*, day: SpecialDay, at: datetime) -> DayFacts:
    """Take a special day back, so that the week (or the wider scope) holds again; return what it said."""
    check_not_past(Scope(day.store, day.area), day.on, at=at)
    facts = facts_of(day)
    day.delete()
    return facts


def facts_of(day: SpecialDay) -> DayFacts:
    """Return what a row says."""
    hours = tuple((opens, closes) for opens, closes in day.hours)
    return DayFacts(day.on, SpecialKind(day.kind), hours, day.note, SpecialSource(day.source))


def check_not_past(scope: Scope, on: date, *, at: datetime) -> None:
    """Raise PastDay, naming today where the store is, when `on` lies before it."""
    today = today_of(scope, at=at)
    if on < today:
        said = {"day": date_format(on), "today": date_format(today), "zone": _zone_text(scope)}
        raise PastDay(
            gettext("%(day)s is over: today is %(today)s%(zone)s. Choose today or a later day.") % said
        )


def check_day(kind: SpecialKind, hours: DayHours) -> DayHours:
    """Return the hours a special day may have: some for “own hours”, none otherwise."""
    if kind is not SpecialKind.HOURS:
        return CLOSED
    if not hours:
        raise InvalidHours("Write the hours of this day, or choose “closed”.")
    return check_day_hours(hours)


def special_day_values(facts: DayFacts) -> dict[str, object]:
    """Return the columns of what a special day says, checked."""
    return {
        "kind": facts.kind.value,
        "hours": [list(span) for span in check_day(facts.kind, facts.hours)],
        "note": facts.note[:200],
        "source": facts.source.value,
    }


def _zone_text(scope: Scope) -> str:
    return f" ({scope.store.timezone})" if scope.store is not None else ""
