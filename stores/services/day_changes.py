"""Special days written in one go and taken back in one go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Q

from portal.base.models import User
from stores.domain.hours import SpecialKind, SpecialSource
from stores.models import DayChange, HolidayEdition, SpecialDay
from stores.services.special_days import DayFacts, facts_of, special_day_values


class Place(NamedTuple):
    """Whom and which date a special day is for; neither store nor area means all stores."""

    store_id: int | None
    area_id: int | None
    on: date


@dataclass(frozen=True, slots=True)
class Line:
    """What is to stand in a place; no facts take away what stands there."""

    place: Place
    facts: DayFacts | None


@dataclass(frozen=True, slots=True)
class Undone:
    """How many places are as before again, and how many somebody has changed since, or are over."""

    restored: int
    left: int


@transaction.atomic
def write_days(
    *,
    lines: Iterable[Line],
    kind: str,
    author: User | None,
    at: datetime,
    editions: Mapping[str, Any] | None = None,
) -> DayChange | None:
    """Write special days and remember what stood there; return None when nothing changes. Five queries."""
    chosen = list(lines)
    standing = _standing(line.place for line in chosen)
    said = {place: facts_of(day) for place, day in standing.items()}
    changed = [line for line in chosen if said.get(line.place) != line.facts]
    if not changed and not editions:
        return None
    _put(changed, standing, author)
    noted = [
        {
            "store": line.place.store_id,
            "area": line.place.area_id,
            "on": line.place.on.isoformat(),
            "before": _packed(said.get(line.place)),
            "after": _packed(line.facts),
        }
        for line in changed
    ]
    return DayChange.objects.create(
        kind=kind, lines=noted, editions=dict(editions or {}), author=author, made_at=at
    )


@transaction.atomic
def undo_change(*, change: DayChange, author: User | None, today: date, at: datetime) -> Undone:
    """Put back what a change replaced, except where somebody spoke since or the date lies before `today`.

    A change that was undone already changes nothing.
    """
    if not DayChange.objects.filter(pk=change.pk, undone_at=None).update(undone_at=at):
        return Undone(0, 0)
    places = [
        (Place(line["store"], line["area"], date.fromisoformat(line["on"])), line) for line in change.lines
    ]
    standing = _standing(place for place, _ in places)
    back = []
    for place, line in places:
        day = standing.get(place)
        is_as_written = _packed(facts_of(day) if day else None) == line["after"]
        if is_as_written and place.on >= today:
            back.append(Line(place, _unpacked(place.on, line["before"])))
    _put(back, standing, author)
    for key, said in change.editions.items():
        _put_edition_back(key, said)
    return Undone(len(back), len(places) - len(back))


def _put_edition_back(key: str, said: Mapping[str, Any]) -> None:
    """Let an edition say of the dates concerned what it said before; what was recorded since stays."""
    country, _, subdivision = key.partition("-")
    editions = HolidayEdition.objects.select_for_update()
    for edition in editions.filter(country=country, subdivision=subdivision).order_by("id"):
        days = {**edition.days, **said}
        edition.days = {on: each for on, each in days.items() if each is not None}
        edition.save(update_fields=["days"])


def _standing(places: Iterable[Place]) -> dict[Place, SpecialDay]:
    wanted = set(places)
    days = SpecialDay.objects.select_for_update().filter(
        Q(store_id__in={place.store_id for place in wanted if place.store_id})
        | Q(area_id__in={place.area_id for place in wanted if place.area_id})
        | Q(store__isnull=True, area__isnull=True),
        on__in={place.on for place in wanted},
    )
    found = {Place(day.store_id, day.area_id, day.on): day for day in days.order_by("id")}
    return {place: day for place, day in found.items() if place in wanted}


def _put(lines: list[Line], standing: Mapping[Place, SpecialDay], author: User | None) -> None:
    new, changed, gone = [], [], []
    for line in lines:
        day = standing.get(line.place)
        if line.facts is None:
            gone += [day.pk] if day else []
            continue
        if day is None:
            day = SpecialDay(**line.place._asdict())
            new.append(day)
        else:
            changed.append(day)
        for name, value in special_day_values(line.facts).items():
            setattr(day, name, value)
        day.author = author
    SpecialDay.objects.filter(pk__in=gone).delete()
    SpecialDay.objects.bulk_create(new, batch_size=5_000, ignore_conflicts=True)
    SpecialDay.objects.bulk_update(changed, ["kind", "hours", "note", "source", "author"], batch_size=1_000)


def _packed(facts: DayFacts | None) -> list[Any] | None:
    if facts is None:
        return None
    return [facts.kind.value, [list(span) for span in facts.hours], facts.note, facts.source.value]


def _unpacked(on: date, packed: list[Any] | None) -> DayFacts | None:
    if packed is None:
        return None
    kind, hours, note, source = packed
    spans = tuple((opens, closes) for opens, closes in hours)
    return DayFacts(on, SpecialKind(kind), spans, note, SpecialSource(source))
