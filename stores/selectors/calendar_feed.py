"""Opening windows and special days of stores as an iCalendar file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext
from icalendar import Timezone

from portal.base.models import User
from stores.domain.hours import StoreRules, open_days
from stores.domain.ical_text import CalendarEvent, escaped, event_lines, fold
from stores.domain.intervals import Span
from stores.domain.localtime import from_seconds, local_date, zone
from stores.models import CalendarFeed, Store
from stores.selectors.rules import rules_of

PAST_DAYS, COMING_DAYS = 14, 120
PRODUCT = "-//Kamado//Opening windows//EN"


@dataclass(frozen=True, slots=True)
class Feed:
    """What a feed shows: stores, a title, the first and last date, the host that names its events."""

    stores: Sequence[Store]
    title: str
    host: str
    first_on: date
    last_on: date


def feeds_of(user: User) -> QuerySet[CalendarFeed]:
    """Return the feeds of a person that work, oldest first."""
    feeds = CalendarFeed.objects.filter(user=user, revoked_at=None).select_related("store", "area")
    return feeds.order_by("id")


def feed_of(feed: CalendarFeed, visible: QuerySet[Store], *, at: datetime, host: str) -> Feed:
    """Return what a feed shows its person now: two weeks back, 120 days ahead. One query."""
    scope = {"pk": feed.store_id} if feed.store_id else {"area_id": feed.area_id}
    stores = list(visible.filter(**scope).order_by("code", "id"))
    today = at.date()
    span = today - timedelta(days=PAST_DAYS), today + timedelta(days=COMING_DAYS)
    place = feed.store or feed.area
    return Feed(stores, f"Kamado {place.name if place else ''}", host, *span)


def feed_bytes(feed: Feed, *, ready: Mapping[int, Iterable[Span]], stamp: datetime) -> bytes:
    """Write a feed; the same windows give the same bytes. Three queries for any number of stores."""
    rules = rules_of(feed.stores, first_on=feed.first_on, last_on=feed.last_on)
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", "CALSCALE:GREGORIAN", "METHOD:PUBLISH"]
    lines += [*fold(f"X-WR-CALNAME:{escaped(feed.title)}"), *fold(f"NAME:{escaped(feed.title)}")]
    lines += ["REFRESH-INTERVAL;VALUE=DURATION:PT6H", "X-PUBLISHED-TTL:PT6H"]
    for name in sorted({store.timezone for store in feed.stores}):
        lines += _zone_lines(name, feed)
    for store in feed.stores:
        events = _openings(feed, store, rules[store.pk])
        lines += event_lines(events, stamp=stamp)
        lines += event_lines(_specials(feed, store, rules[store.pk]), stamp=stamp)
        lines += event_lines(_ready(feed, store, ready.get(store.pk, ())), stamp=stamp)
    lines.append("END:VCALENDAR")
    return ("\r\n".join(lines) + "\r\n").encode()


def _zone_lines(name: str, feed: Feed) -> list[str]:
    first, last = feed.first_on - timedelta(days=366), feed.last_on + timedelta(days=366)
    part = Timezone.from_tzinfo(zone(name), name, first_date=first, last_date=last)
    text: str = part.to_ical().decode()
    return text.rstrip("\r\n").split("\r\n")


def _openings(feed: Feed, store: Store, rules: StoreRules) -> Iterator[CalendarEvent]:
    seen: dict[date, int] = {}
    for day in open_days(rules, feed.first_on.toordinal(), feed.last_on.toordinal()):
        number = seen[day.on] = seen.get(day.on, 0) + 1
        rule = rules.special.get(day.on)
        yield CalendarEvent(
            uid=f"open-{store.pk}-{day.on:%Y%m%d}-{number}@{feed.host}",
            summary=gettext("%(store)s open") % {"store": store.name},
            on=day.on,
            span=(day.start, day.end),
            timezone=store.timezone,
            description=rule.note if rule else "",
        )


def _specials(feed: Feed, store: Store, rules: StoreRules) -> Iterator[CalendarEvent]:
    """Yield an all-day event for each special day on which the store does not open."""
    for on, rule in sorted(rules.special.items()):
        if feed.first_on <= on <= feed.last_on and not rules.hours_on(on):
            closed = gettext("%(store)s closed") % {"store": store.name}
            yield CalendarEvent(
                uid=f"closed-{store.pk}-{on:%Y%m%d}@{feed.host}",
                summary=f"{closed}: {rule.note}" if rule.note else closed,
                on=on,
            )


def _ready(feed: Feed, store: Store, spans: Iterable[Span]) -> Iterator[CalendarEvent]:
    seen: dict[date, int] = {}
    for start, end in spans:
        on = local_date(store.timezone, from_seconds(start))
        number = seen[on] = seen.get(on, 0) + 1
        yield CalendarEvent(
            uid=f"ready-{store.pk}-{on:%Y%m%d}-{number}@{feed.host}",
            summary=gettext("%(store)s: model ready") % {"store": store.name},
            on=on,
            span=(start, end),
            timezone=store.timezone,
        )
