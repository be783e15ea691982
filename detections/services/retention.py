"""Pictures that have been kept long enough: the pixels go, what was seen on them stays.

The row says `pruned_at` first, then the files go, then the row forgets where they were. A crash in between
leaves a row that says so already and is finished by the next run; never one that promises a picture which
is gone. Flagged, corrected and reviewed photos are kept: they are what the next model learns from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db.models import QuerySet

from detections.domain.outcomes import OPEN, SHOWN
from detections.domain.pictures import crop_key, small_key
from detections.domain.ports import PictureStore
from detections.models import DetectedLabel, Detection, DetectionSettings
from models_registry.models import Deployment

AT_ONCE = 200
COUNTED = 10_000


def prune_pictures(*, pictures: PictureStore, at: datetime, is_time: Callable[[], bool]) -> int:
    """Delete pictures beyond their deployment's days, oldest first, while there is time; tell how many."""
    count = _finish(pictures)
    limited = DetectionSettings.objects.filter(retention_days__isnull=False).select_related("deployment")
    for settings in limited.order_by("deployment_id"):
        while is_time():
            old = _old(settings.deployment, settings.retention_days or 0, at)
            chosen = list(old.order_by("taken_at").values_list("pk", flat=True)[:AT_ONCE])
            if not chosen:
                break
            count += old.filter(pk__in=chosen).update(pruned_at=at)
            _finish(pictures)
    return count


def would_lose(deployment: Deployment, days: int, *, at: datetime) -> int:
    """Return how many pictures would go with so many days; counted up to ten thousand."""
    return len(_old(deployment, days, at).values_list("pk", flat=True)[: COUNTED + 1])


def _old(deployment: Deployment, days: int, at: datetime) -> QuerySet[Detection]:
    gone = Detection.objects.filter(deployment=deployment, is_flagged=False, is_corrected=False, verdict="")
    older = gone.filter(taken_at__lt=at - timedelta(days=days), pruned_at__isnull=True)
    return older.exclude(picture_key="").exclude(outcome__in=sorted(OPEN))


def _finish(pictures: PictureStore) -> int:
    """Delete the files of rows that say they are pruned, then forget where they were."""
    half = Detection.objects.filter(pruned_at__isnull=False).exclude(picture_key="")
    count = 0
    while chosen := list(half.order_by("pruned_at", "pk")[:AT_ONCE]):
        pictures.delete(_files(chosen))
        count += Detection.objects.filter(pk__in=[row.pk for row in chosen]).update(picture_key="")
    return count


def _files(rows: Sequence[Detection]) -> list[str]:
    where = {row.pk: row.picture_key for row in rows}
    boxes = DetectedLabel.objects.filter(detection__in=where, fate__in=sorted(SHOWN), left__isnull=False)
    crops = [crop_key(where[of], box) for box, of in boxes.values_list("pk", "detection_id")]
    return [*where.values(), *map(small_key, where.values()), *crops]
