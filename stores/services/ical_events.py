"""One VEVENT as local days: whole days, or opening and closing on the store's clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Event

from stores.domain.recurrence import instances, rule_of
from stores.domain.sentences import Refusal

MAX_WHOLE_DAYS = 62
DAY = timedelta(days=1)


class EventRefused(Refusal):
    """An event that special days cannot say."""

    code = "event_refused"


@dataclass(frozen=True, slots=True)
class Frame:
    """The dates that count, and the stores' clock; without a zone the event's own wall clock holds."""

    first_on: date
    last_on: date
    timezone: str | None


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A local date, with minutes from its midnight for a timed event."""

    on: date
    span: tuple[int, int] | None
    begins: date
    """The date of its instance on the event's own clock, by which RECURRENCE-ID names it."""


@dataclass(frozen=True, slots=True)
class ReadEvent:
    """One event: what it is called, when it happens, and which instance of its UID it replaces."""

    uid: str
    summary: str
    occurrences: tuple[Occurrence, ...]
    replaces: date | None


def read_event(text: str, frame: Frame) -> ReadEvent | None:
    """Read one event; None for a cancelled one. Raises a Refusal that says what is wrong with it.

    A cancelled instance of a repetition replaces it with nothing.
    """
    try:
        event = Event.from_ical(text)
    except (ValueError, IndexError, KeyError) as error:
        raise EventRefused("This is not written as iCalendar: %(error)s", error=str(error)[:200]) from error
    broken = next(iter(getattr(event, "errors", ())), None)
    if broken is not None:
        raise EventRefused("%(name)s cannot be read: %(error)s", name=broken[0], error=str(broken[1])[:200])
    is_cancelled = str(event.get("STATUS", "")).upper() == "CANCELLED"
    replaced = _moment(event, "RECURRENCE-ID")
    if is_cancelled and replaced is None:
        return None
    start = _moment(event, "DTSTART") or (replaced if is_cancelled else None)
    if start is None:
        raise EventRefused("The event has no start.")
    found: list[Occurrence] = []
    if not is_cancelled:
        length = _length(event, start)
        for on in _dates(event, start, frame, length):
            found += _occurrences(start, on, length, frame)
    return ReadEvent(
        str(event.get("UID", "")), str(event.get("SUMMARY", ""))[:200], tuple(found),
        _date(_on_clock(replaced, start)) if replaced is not None else None,
    )  # fmt: skip


def _moment(event: Any, name: str) -> date | datetime | None:
    value = event.get(name)
    if value is None:
        return None
    if isinstance(value, list):
        raise EventRefused("%(name)s is there twice.", name=name)
    moment: date | datetime = value.dt
    zone_name = value.params.get("TZID")
    if zone_name and isinstance(moment, datetime) and moment.tzinfo is None:
        raise EventRefused("The time zone “%(zone)s” is unknown.", zone=str(zone_name))
    return moment


def _length(event: Any, start: date | datetime) -> timedelta:
    end, duration = _moment(event, "DTEND"), event.get("DURATION")
    is_timed = isinstance(start, datetime)
    if end is not None and isinstance(end, datetime) != is_timed:
        raise EventRefused("The event begins with a date and ends with a time, or the reverse.")
    if end is not None:
        length = end - start
    else:
        length = duration.dt if duration is not None else timedelta(0) if is_timed else DAY
    if is_timed and not timedelta(0) < length <= DAY:
        raise EventRefused("The event lasts no time, or longer than a day.")
    if not is_timed and not DAY <= length <= MAX_WHOLE_DAYS * DAY:
        raise EventRefused("The event lasts less than a day, or more than %(days)s.", days=MAX_WHOLE_DAYS)
    return length


def _dates(event: Any, start: date | datetime, frame: Frame, length: timedelta) -> list[date]:
    """Return the dates on which the event begins, on its own clock."""
    if event.get("RDATE") is not None:
        raise EventRefused("Single extra dates (RDATE) are not read here.")
    rule = event.get("RRULE")
    if rule is None:
        return [_date(start)]
    if isinstance(rule, list):
        raise EventRefused("%(name)s is there twice.", name="RRULE")
    parts = {name: values if isinstance(values, list) else [values] for name, values in rule.items()}
    until = next(iter(parts.pop("UNTIL", [])), None)
    simple = rule_of(parts)
    if until is not None:
        simple = replace(simple, until=_date(_on_clock(until, start)))
    first = frame.first_on - length - DAY
    found = instances(simple, _date(start), first_on=first, last_on=frame.last_on)
    left_out = _exceptions(event, start)
    return [on for on in found if on not in left_out]


def _exceptions(event: Any, start: date | datetime) -> set[date]:
    value = event.get("EXDATE")
    lists = value if isinstance(value, list) else [value] if value is not None else []
    return {_date(_on_clock(each.dt, start)) for group in lists for each in group.dts}


def _on_clock(moment: date | datetime, start: date | datetime) -> date | datetime:
    """Show an instant on the clock by which the event starts."""
    if isinstance(moment, datetime) and isinstance(start, datetime) and moment.tzinfo and start.tzinfo:
        return moment.astimezone(start.tzinfo)
    return moment


def _date(moment: date | datetime) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _occurrences(start: date | datetime, on: date, length: timedelta, frame: Frame) -> Iterator[Occurrence]:
    if not isinstance(start, datetime):
        for number in range(length.days):
            yield Occurrence(on + number * DAY, None, on)
        return
    begins = datetime.combine(on, start.timetz())
    if begins.tzinfo is not None:
        begins = _local(begins, frame)
        # Wall clock from here on: the minutes of special days are read again with the zone's rules.
        begins = begins.replace(tzinfo=None)
    midnight = datetime.combine(begins.date(), datetime.min.time())
    opens = int((begins - midnight).total_seconds()) // 60
    yield Occurrence(begins.date(), (opens, opens + int(length.total_seconds()) // 60), on)


def _local(begins: datetime, frame: Frame) -> datetime:
    if frame.timezone is not None:
        return begins.astimezone(UTC).astimezone(ZoneInfo(frame.timezone))
    if begins.utcoffset() == timedelta(0) and begins.tzname() == "UTC":
        raise EventRefused("The time is in UTC, but these stores live by several clocks.")
    return begins
