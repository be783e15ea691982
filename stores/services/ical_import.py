"""Special days from a calendar file: what would change, then the writing in one go that can be undone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import BinaryIO

from django.db.models import QuerySet
from django.utils.translation import gettext

from portal.base.errors import InvalidInput
from portal.base.models import User
from stores.domain.hours import SpecialKind, SpecialRule, SpecialSource
from stores.models import DayChange, SpecialDay, Store
from stores.services.bounds import days_out_of_bounds
from stores.services.day_changes import Line, Place, write_days
from stores.services.ical_events import Frame, Occurrence, ReadEvent, read_event
from stores.services.ical_lines import EventText, event_texts
from stores.services.special_days import DayFacts, Scope, check_day, facts_of, today_of
from stores.services.wording import in_words

HORIZON_DAYS = 400
MAX_PROBLEMS = 100


@dataclass(frozen=True, slots=True)
class CalendarProblem:
    """Why an event is not read: its first line, its UID, the reason."""

    line: int
    uid: str
    reason: str


@dataclass(frozen=True, slots=True)
class DayDifference:
    """A date, what stands there, and what would."""

    on: date
    before: DayFacts | None
    after: DayFacts


@dataclass(frozen=True, slots=True)
class CalendarPlan:
    """What a file would change. With problems nothing is written."""

    changes: tuple[DayDifference, ...]
    unchanged: int
    passed_over: int
    problems: tuple[CalendarProblem, ...]


def plan_calendar(
    *, scope: Scope, file: BinaryIO, all_day: SpecialKind, at: datetime, author: User | None = None
) -> CalendarPlan:
    """Read a file for a store, an area or all; raise CalendarRefused when it is none. Seven queries.

    Hours that the author may not give the store are problems.
    """
    today = today_of(scope, at=at)
    frame = Frame(today, today + timedelta(days=HORIZON_DAYS), _zone(scope))
    texts = event_texts(file)
    events, problems = _read(texts, frame)
    days, passed_over = _by_date(events, frame)
    wanted: dict[date, DayFacts] = {}
    for on, found in sorted(days.items()):
        try:
            wanted[on] = _facts(on, found, all_day)
        except InvalidInput as error:
            text = found[0][0]
            problems.append(CalendarProblem(text.line, text.uid, f"{on.isoformat()}: {in_words(error)}"))
    standing = {day.on: facts_of(day) for day in _days_of(scope).filter(on__in=wanted)}
    changes = [
        DayDifference(on, standing.get(on), facts)
        for on, facts in wanted.items()
        if not _is_same(standing.get(on), facts)
    ]
    problems += _out_of_bounds(scope, changes, days, author)
    problems.sort(key=lambda each: each.line)
    return CalendarPlan(
        tuple(changes), len(wanted) - len(changes), passed_over, tuple(problems[:MAX_PROBLEMS])
    )


def _out_of_bounds(
    scope: Scope, changes: list[DayDifference], days: Mapping[date, Found], author: User | None
) -> list[CalendarProblem]:
    if scope.store is None:
        return []
    wanted = {each.on: SpecialRule(each.after.kind, each.after.hours, each.after.note) for each in changes}
    found = []
    for on, error in days_out_of_bounds(scope.store, wanted, author).items():
        text = days[on][0][0]
        found.append(CalendarProblem(text.line, text.uid, f"{on.isoformat()}: {in_words(error)}"))
    return found


def write_calendar(*, scope: Scope, plan: CalendarPlan, author: User, at: datetime) -> DayChange | None:
    """Write what a plan without problems would change."""
    store = scope.store.pk if scope.store else None
    area = scope.area.pk if scope.area else None
    lines = [Line(Place(store, area, each.on), each.after) for each in plan.changes]
    return write_days(lines=lines, kind=DayChange.Kind.IMPORT, author=author, at=at)


def _zone(scope: Scope) -> str | None:
    """Return the clock of the stores concerned, or None for several."""
    if scope.store is not None:
        return scope.store.timezone
    stores = Store.objects.filter(area=scope.area) if scope.area else Store.objects.all()
    zones = list(stores.order_by().values_list("timezone", flat=True).distinct()[:2])
    return zones[0] if len(zones) == 1 else None


def _days_of(scope: Scope) -> QuerySet[SpecialDay]:
    return SpecialDay.objects.filter(store=scope.store, area=scope.area)


def _read(
    texts: list[EventText], frame: Frame
) -> tuple[list[tuple[EventText, ReadEvent]], list[CalendarProblem]]:
    events, problems = [], []
    for text in texts:
        try:
            event = read_event(text.text, frame)
        except InvalidInput as error:
            problems.append(CalendarProblem(text.line, text.uid, in_words(error)))
            continue
        if event is not None:
            events.append((text, event))
    return events, problems


Found = list[tuple[EventText, ReadEvent, Occurrence]]


def _by_date(events: list[tuple[EventText, ReadEvent]], frame: Frame) -> tuple[Mapping[date, Found], int]:
    """Gather occurrences by date, without instances that another event replaces; count those out of reach."""
    replaced = {(event.uid, event.replaces) for _, event in events if event.replaces is not None}
    days: dict[date, Found] = defaultdict(list)
    passed_over = 0
    for text, event in events:
        for each in event.occurrences:
            if event.replaces is None and (event.uid, each.begins) in replaced:
                continue
            if frame.first_on <= each.on <= frame.last_on:
                days[each.on].append((text, event, each))
            else:
                passed_over += 1
    return days, passed_over


def _facts(on: date, found: Found, all_day: SpecialKind) -> DayFacts:
    spans = sorted({each.span for _, _, each in found if each.span is not None})
    note = " / ".join(dict.fromkeys(event.summary for _, event, _ in found if event.summary))[:200]
    if not spans:
        return DayFacts(on, all_day, (), note, SpecialSource.IMPORT)
    if any(each.span is None for _, _, each in found):
        raise InvalidInput(gettext("A whole day and hours on the same date. Keep one of the two."))
    return DayFacts(
        on, SpecialKind.HOURS, check_day(SpecialKind.HOURS, tuple(spans)), note, SpecialSource.IMPORT
    )


def _is_same(before: DayFacts | None, after: DayFacts) -> bool:
    return before is not None and (before.kind, before.hours, before.note) == (
        after.kind, after.hours, after.note,
    )  # fmt: skip
