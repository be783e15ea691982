"""Entries of the trail, newest first: a page at a time by key, or all of them as a stream."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.db.models import Q, QuerySet

from portal.base.errors import InvalidInput
from portal.base.models import AuditEntry, User
from stores.models import SpecialDay, Store

PAGE = 50
PEOPLE = 300


class BadTrailCursor(InvalidInput):
    """The page's address was changed by hand."""

    code = "bad_cursor"


@dataclass(frozen=True, slots=True)
class TrailFilter:
    """Which entries to show; an empty field lets everything through. `until_at` is exclusive.

    `about` and `actor` are the same person for a person's history: what they did, and what was done to them.
    `area` adds to a store's own entries the special days of its area and of all stores.
    """

    actor: int | None = None
    about: int | None = None
    kind: str = ""
    object_key: str = ""
    store: int | None = None
    area: int | None = None
    deployment: int | None = None
    from_at: datetime | None = None
    until_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TrailPage:
    """Some entries, and the cursor of the next page."""

    entries: list[AuditEntry]
    after: str


def filter_of_store(store: Store) -> TrailFilter:
    """Return what lets through the history of one store."""
    return TrailFilter(store=store.pk, area=store.area_id)


def trail_page(chosen: TrailFilter, *, after: str) -> TrailPage:
    """Return the entries that follow the cursor; one query, two for a store or a person."""
    sources = [_after(source, after)[: PAGE + 1] for source in _sources(chosen)]
    found = list(islice(_merged(sources), PAGE + 1))
    more = len(found) > PAGE
    return TrailPage(found[:PAGE], _cursor(found[PAGE - 1]) if more else "")


def trail_entries(chosen: TrailFilter) -> Iterator[AuditEntry]:
    """Yield every entry, newest first, without holding them all."""
    return _merged([source.iterator(chunk_size=1_000) for source in _sources(chosen)])


def actor_named(username: str) -> int | None:
    """Return the key of a person by sign-in name; one query."""
    return User.objects.filter(username=username).values_list("pk", flat=True).first()


def names_to_choose() -> list[str]:
    """Return sign-in names to choose from, 300 at most; one query."""
    return list(User.objects.order_by("username").values_list("username", flat=True)[:PEOPLE])


def _sources(chosen: TrailFilter) -> list[QuerySet[AuditEntry]]:
    """Return one query for each index that serves: an OR over two columns would read the whole trail."""
    entries = _bounded(chosen)
    if chosen.actor is not None and chosen.about == chosen.actor:
        return [entries.filter(actor_id=chosen.actor), entries.filter(person_id=chosen.about)]
    if chosen.actor is not None:
        entries = entries.filter(actor_id=chosen.actor)
    if chosen.about is not None:
        entries = entries.filter(person_id=chosen.about)
    if chosen.store is None or chosen.area is None:
        return [entries.filter(store_id=chosen.store) if chosen.store is not None else entries]
    wider = Q(area_id=chosen.area) | Q(area_id__isnull=True)
    days = entries.filter(wider, kind=SpecialDay._meta.db_table, store_id__isnull=True)
    return [entries.filter(store_id=chosen.store), days]


def _bounded(chosen: TrailFilter) -> QuerySet[AuditEntry]:
    entries = AuditEntry.objects.order_by("-at", "-id")
    if chosen.kind:
        entries = entries.filter(kind=chosen.kind)
    if chosen.object_key:
        entries = entries.filter(object_key=chosen.object_key)
    if chosen.deployment is not None:
        entries = entries.filter(deployment_id=chosen.deployment)
    if chosen.from_at is not None:
        entries = entries.filter(at__gte=chosen.from_at)
    return entries.filter(at__lt=chosen.until_at) if chosen.until_at is not None else entries


def _merged(sources: list[QuerySet[AuditEntry]] | list[Iterator[AuditEntry]]) -> Iterator[AuditEntry]:
    """Yield the entries of all sources in one order, each once."""
    last = None
    for entry in heapq.merge(*sources, key=lambda each: (each.at, each.pk), reverse=True):
        if entry.pk != last:
            yield entry
        last = entry.pk


def _cursor(entry: AuditEntry) -> str:
    return f"{entry.at.isoformat()}~{entry.pk}"


def _after(entries: QuerySet[AuditEntry], cursor: str) -> QuerySet[AuditEntry]:
    if not cursor:
        return entries
    instant, _, pk = cursor.partition("~")
    try:
        at = datetime.fromisoformat(instant)
        return entries.filter(at__lte=at).filter(Q(at__lt=at) | Q(pk__lt=int(pk)))
    except ValueError as error:
        raise BadTrailCursor(
            "This page of the trail cannot be found. Begin again from its first page."
        ) from error
