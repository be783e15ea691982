"""The log counted into hours: read by its index on `at`, written where something differs.

Counting again changes nothing, one count at a time (a lock of the database), each in one transaction. Hours
older than the log's first photo are left as they are: the log cannot tell of them any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Min

from detections.domain.health import BOUNDS_MS, COUNTS, MAPS, SLOW_MS
from detections.domain.localhours import floor_hour
from detections.domain.outcomes import FAILURES, LATER, Outcome
from detections.models import Detection, HourToRecount, StoreHour

RECENT = timedelta(hours=2)
"""Counted every time, beside the present hour: photos on their way, and what registers correct soon."""
FURTHEST = timedelta(days=31)
"""So far back the counting goes on by itself after a standstill; `rebuild_health` has no bound."""
MOST_NOTED = 200
ADVISORY_LOCK = 0x6B616D68
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Recount:
    """How many hours were counted, and how many rows (store and hour) were new or differed."""

    hours: int
    changed: int


def recount_recent(*, at: datetime) -> Recount:
    """Count the last hours, what a standstill left out, and up to 200 older hours that were noted."""
    until = floor_hour(at) + HOUR
    with transaction.atomic():
        _lock()
        since = _since(at)
        noted = [hour for hour in _take_notes() if hour < since]
        changed = _count(since, until) + sum(_count(hour, hour + HOUR) for hour in noted)
    return Recount(int((until - since) / HOUR) + len(noted), changed)


def recount_span(*, since: datetime, until: datetime) -> Iterator[tuple[datetime, Recount]]:
    """Count the hours that touch a span again, a day a transaction; yield each day's beginning."""
    start, end = floor_hour(since), until
    while start < end:
        stop = min(start + timedelta(days=1), floor_hour(end - timedelta.resolution) + HOUR)
        with transaction.atomic():
            _lock()
            changed = _count(start, stop)
        yield start, Recount(int((stop - start) / HOUR), changed)
        start = stop


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ADVISORY_LOCK])


def _since(at: datetime) -> datetime:
    """Return where the recent hours begin: earlier after a standstill, at the last hour that was counted."""
    recent = floor_hour(at) - RECENT
    last: datetime | None = StoreHour.objects.aggregate(last=Max("hour"))["last"]
    return recent if last is None else max(min(recent, last), floor_hour(at) - FURTHEST)


def _take_notes() -> list[datetime]:
    """Take the newest noted hours away; a change that commits after this leaves a note of its own."""
    hours = HourToRecount.objects.order_by("-hour").values_list("hour", flat=True).distinct()[:MOST_NOTED]
    noted = sorted(hours)
    HourToRecount.objects.filter(hour__in=noted).delete()
    return noted


def _count(since: datetime, until: datetime) -> int:
    """Count whole hours of every store; return how many rows were written or removed."""
    first = Detection.objects.aggregate(first=Min("at"))["first"]
    if first is None:
        return 0
    values: dict[str, Any] = {
        "since": since, "until": until, "first": floor_hour(first), "later": sorted(LATER),
        "answered": Outcome.ANSWERED, "failures": sorted(FAILURES), "slow": SLOW_MS,
        "bounds": list(BOUNDS_MS), "last": len(BOUNDS_MS) - 1,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(COUNT, values)
        written = int(cursor.rowcount)
        cursor.execute(REMOVE, values)
        return written + int(cursor.rowcount)


def _counted(key: str, name: str, condition: str) -> str:
    """Return SQL that counts photos by a key into one JSON object for each store and hour."""
    return f"""
  {name} AS (
    SELECT store_id, hour, jsonb_object_agg(key, photos) AS {name} FROM (
      SELECT store_id, hour, {key} AS key, count(*) AS photos FROM photos
      WHERE {condition} GROUP BY 1, 2, 3
    ) each GROUP BY 1, 2
  )"""  # noqa: S608  the words are ours


def _bucket(column: str) -> str:
    # As bucket_of: a bound belongs to the bucket below it, what is beyond the last to the last.
    return f"least(width_bucket({column} - 1, %(bounds)s::integer[]), %(last)s)"


FIELDS = ", ".join((*COUNTS, *MAPS))
COUNT = f"""
WITH photos AS MATERIALIZED (
    SELECT store_id, date_trunc('hour', at, 'UTC') AS hour, outcome, error_code, is_corrected,
      total_ms, rekognition_ms, near_miss_count, ask_count, accepted_count,
      outcome = %(answered)s AS is_answered, outcome = ANY(%(failures)s) AS is_failed
    FROM detections_detection WHERE at >= %(since)s AND at < %(until)s AND source <> ALL(%(later)s)
  ),
  plain AS (
    SELECT store_id, hour, count(*) AS requests, count(*) FILTER (WHERE is_answered) AS answered,
      count(*) FILTER (WHERE is_failed) AS failed,
      count(*) FILTER (WHERE is_answered AND total_ms > %(slow)s) AS slow,
      count(*) FILTER (WHERE is_answered AND near_miss_count > 0) AS near_miss,
      count(*) FILTER (WHERE is_answered AND ask_count > 0) AS ask,
      count(*) FILTER (WHERE is_answered AND is_corrected) AS corrected,
      count(*) FILTER (WHERE is_answered AND near_miss_count + ask_count + accepted_count > 0) AS shown,
      coalesce(sum(total_ms) FILTER (WHERE is_answered), 0) AS total_ms,
      coalesce(sum(rekognition_ms) FILTER (WHERE is_answered), 0) AS rekognition_ms
    FROM photos GROUP BY 1, 2
  ),
  {_counted("outcome || ':' || error_code", "errors", "is_failed")},
  {_counted(_bucket("total_ms"), "latency", "is_answered AND total_ms IS NOT NULL")},
  {_counted(_bucket("rekognition_ms"), "rekognition", "is_answered AND rekognition_ms IS NOT NULL")}
INSERT INTO detections_storehour AS old (store_id, hour, {FIELDS})
SELECT store_id, hour, {", ".join(COUNTS)}, coalesce(errors, '{{}}'), coalesce(latency, '{{}}'),
  coalesce(rekognition, '{{}}')
FROM plain LEFT JOIN errors USING (store_id, hour) LEFT JOIN latency USING (store_id, hour)
  LEFT JOIN rekognition USING (store_id, hour)
ORDER BY hour, store_id
ON CONFLICT (store_id, hour) DO UPDATE SET {", ".join(f"{n} = excluded.{n}" for n in (*COUNTS, *MAPS))}
WHERE ({", ".join(f"old.{n}" for n in (*COUNTS, *MAPS))})
  IS DISTINCT FROM ({", ".join(f"excluded.{n}" for n in (*COUNTS, *MAPS))})
"""  # noqa: S608  the words are ours
REMOVE = """
DELETE FROM detections_storehour old
WHERE hour >= greatest(%(since)s, %(first)s) AND hour < %(until)s AND NOT EXISTS (
  SELECT 1 FROM (
    SELECT DISTINCT store_id, date_trunc('hour', at, 'UTC') AS hour FROM detections_detection
    WHERE at >= %(since)s AND at < %(until)s AND source <> ALL(%(later)s)
  ) photo WHERE photo.store_id = old.store_id AND photo.hour = old.hour)
"""
