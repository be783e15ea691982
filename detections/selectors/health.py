"""How well photos were answered: read from the counted hours, never from the log.

Counts of all stores come from one index; histograms are added up in the database, for a page of stores.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Min, QuerySet, Sum

from detections.domain.health import COUNTS, MAPS, Health
from detections.domain.localdays import HourOfStore
from detections.domain.localhours import HOUR, last_hours
from detections.domain.outcomes import OPEN
from detections.domain.strips import Strip, strip
from detections.models import Detection, StoreHour
from stores.models import Store


def first_photo_at() -> datetime | None:
    """Return when the oldest photo of the log came in; one query."""
    first: datetime | None = Detection.objects.aggregate(first=Min("at"))["first"]
    return first


def counts_of(stores: QuerySet[Store], *, since: datetime) -> dict[int, Health]:
    """Return the counts of stores with photos since an hour, without errors and histograms; one query."""
    rows = StoreHour.objects.filter(hour__gte=since)
    if stores.query.where:
        rows = rows.filter(store__in=stores.order_by())
    sums = rows.order_by().values("store_id").annotate(**{f"sum_{name}": Sum(name) for name in COUNTS})
    read = sums.values_list("store_id", *(f"sum_{name}" for name in COUNTS))
    return {pk: Health.of(map(int, numbers), {}) for pk, *numbers in read}


def with_histograms(counts: dict[int, Health], pks: Collection[int], *, since: datetime) -> dict[int, Health]:
    """Return the health of some of these stores with errors and histograms; one query."""
    found: dict[int, dict[str, dict[Any, int]]] = defaultdict(lambda: {name: {} for name in MAPS})
    with connection.cursor() as cursor:
        cursor.execute(SUMS, {"pks": list(pks), "since": since})
        for pk, part, key, photos in cursor.fetchall():
            found[pk][part][_key(part, key)] = int(photos)
    return {pk: replace(counts.get(pk, Health()), **found[pk]) for pk in pks}  # type: ignore[arg-type]


def chain_health(*, since: datetime) -> Health:
    """Return the health of all stores together, with histograms; two queries."""
    totals = StoreHour.objects.filter(hour__gte=since).aggregate(**{name: Sum(name) for name in COUNTS})
    maps: dict[str, dict[Any, int]] = {name: {} for name in MAPS}
    with connection.cursor() as cursor:
        cursor.execute(CHAIN_SUMS, {"since": since})
        for part, key, photos in cursor.fetchall():
            maps[part][_key(part, key)] = int(photos)
    return Health.of((int(totals[name] or 0) for name in COUNTS), maps)


def _key(part: str, key: str) -> str | int:
    return key if part == "errors" else int(key)


EACH = """
FROM detections_storehour, LATERAL (
  SELECT 'errors' AS part, key, value::bigint AS photos FROM jsonb_each_text(errors)
  UNION ALL SELECT 'latency', key, value::bigint FROM jsonb_each_text(latency)
  UNION ALL SELECT 'rekognition', key, value::bigint FROM jsonb_each_text(rekognition)
) each
"""
SUMS = f"""
SELECT store_id, part, key, sum(photos) {EACH}
WHERE store_id = ANY(%(pks)s) AND hour >= %(since)s GROUP BY 1, 2, 3
"""
CHAIN_SUMS = f"SELECT part, key, sum(photos) {EACH} WHERE hour >= %(since)s GROUP BY 1, 2"


def last_day(stores: Iterable[Store], *, at: datetime) -> dict[int, Strip]:
    """Return the last 24 hours of each store as a strip with its counts and latencies; one query."""
    hours = last_hours(at)
    found = {store.pk: [Health()] * len(hours) for store in stores}
    rows = StoreHour.objects.filter(store_id__in=found, hour__gte=hours[0], hour__lte=hours[-1])
    for pk, hour, latency, *counts in rows.values_list("store_id", "hour", "latency", *COUNTS):
        read = {"latency": {int(bucket): photos for bucket, photos in latency.items()}}
        found[pk][int((hour - hours[0]) / HOUR)] = Health.of(counts, read)
    return {pk: strip(each) for pk, each in found.items()}


def hours_of(store: Store, *, since: datetime) -> list[HourOfStore]:
    """Return a store's counted hours, newest first; at most 24 a day, one query."""
    rows = StoreHour.objects.filter(store=store, hour__gte=since).order_by("-hour")
    return [HourOfStore(row.hour, health_of(row)) for row in rows]


def health_of(row: StoreHour) -> Health:
    """Return a row as the domain knows it."""
    maps = {part: {_key(part, key): n for key, n in getattr(row, part).items()} for part in MAPS}
    return Health.of((getattr(row, name) for name in COUNTS), maps)


def open_photos() -> dict[str, int]:
    """Return how many photos are on their way or wait for their model; one query on a partial index."""
    rows = Detection.objects.filter(outcome__in=sorted(OPEN)).order_by().values("outcome")
    counted = dict(rows.annotate(photos=Count("pk")).values_list("outcome", "photos"))
    return {outcome.value: counted.get(outcome.value, 0) for outcome in sorted(OPEN)}
