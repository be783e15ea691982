"""Count boxes by store, label and day, once a day is over: what drift is judged by.

Boxes far below their threshold are noise of every photo; near misses are a slide that has begun, and count.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.db.models import Max, Min

from alerts.domain.drift import BINS
from alerts.models import ScoreDay
from detections.domain.outcomes import SHOWN
from detections.models import Detection

FIRST_LOOK = timedelta(days=90)
DAYS_AT_ONCE = 7
COUNT = """
SELECT photo.version_id, photo.store_id, box.label_id,
       least(%(last)s, floor(box.confidence / 5)::int), count(*)
FROM detections_detection photo JOIN detections_detectedlabel box ON box.detection_id = photo.id
WHERE photo.taken_at >= %(since)s AND photo.taken_at < %(until)s
  AND photo.version_id IS NOT NULL AND box.fate = ANY(%(shown)s)
GROUP BY 1, 2, 3, 4
"""


def count_scores(*, at: datetime) -> int:
    """Count the days that are over and not counted yet, a week of them at once; return how many."""
    last: date | None = ScoreDay.objects.aggregate(last=Max("on"))["last"]
    day = last + timedelta(days=1) if last else at.date() - FIRST_LOOK
    for counted in range(DAYS_AT_ONCE):
        photos = Detection.objects.filter(taken_at__gte=_midnight(day), version__isnull=False)
        first: datetime | None = photos.aggregate(first=Min("taken_at"))["first"]
        if first is None or first.astimezone(UTC).date() >= at.date():
            return counted
        day = first.astimezone(UTC).date()
        _count(day)
        day += timedelta(days=1)
    return DAYS_AT_ONCE


def _midnight(on: date) -> datetime:
    return datetime.combine(on, time(), UTC)


def _count(on: date) -> None:
    found: dict[tuple[int, int, int], list[int]] = defaultdict(lambda: [0] * BINS)
    since = _midnight(on)
    with connection.cursor() as cursor:
        params: dict[str, Any] = {"last": BINS - 1, "since": since, "until": since + timedelta(days=1)}
        cursor.execute(COUNT, {**params, "shown": sorted(fate.value for fate in SHOWN)})
        for version, store, label, bin_, boxes in cursor.fetchall():
            found[version, store, label][bin_] = boxes
    ScoreDay.objects.bulk_create(
        [
            ScoreDay(version_id=version, store_id=store, label_id=label, on=on, bins=bins)
            for (version, store, label), bins in found.items()
        ],
        ignore_conflicts=True,
        batch_size=1_000,
    )
