"""Thumbnails and crops, made once by a worker: lists of photos are read far more often than photos come in.

What else can wait is noted with them: the picture's hash, and whether a bread is not sold in that store.
Their keys follow from the photo's, so making them twice writes the same files; the row says that they are
there only once they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from detections.domain.outcomes import OPEN, SHOWN, Fate
from detections.domain.pictures import PictureRefused, SmallPictures, crop_key, small_key
from detections.domain.places import Box
from detections.domain.ports import PictureMissing, PictureStore
from detections.models import DetectedLabel, Detection
from detections.selectors.answers import raw_of
from detections.selectors.log import has_unlisted

AT_ONCE = 300
Shrink = Callable[[bytes, Sequence[Box]], SmallPictures]


def make_small_pictures(*, pictures: PictureStore, shrink: Shrink, is_time: Callable[[], bool]) -> int:
    """Make what is missing, newest photos first, while there is time. Raises PictureStoreError."""
    missing = Detection.objects.filter(has_small_pictures=False, pruned_at__isnull=True)
    made = 0
    todo = (
        missing.exclude(picture_key="")
        .exclude(outcome__in=sorted(OPEN))
        .order_by("-id")
        .select_related("store")
    )
    for detection in todo[:AT_ONCE]:
        if not is_time():
            break
        _make(detection, pictures, shrink)
        made += 1
    return made


def _make(detection: Detection, pictures: PictureStore, shrink: Shrink) -> None:
    """Make one photo's; one that cannot be read is marked all the same, and not tried for ever."""
    shown = shown_boxes(detection)
    try:
        boxes = [box for row in shown if (box := raw_of(row).box)]
        small = shrink(pictures.read(detection.picture_key), boxes)
    except (PictureMissing, PictureRefused):
        small = None
    if small is not None:
        pictures.save(small_key(detection.picture_key), small.thumbnail)
        for row, crop in zip(shown, small.crops, strict=True):
            pictures.save(crop_key(detection.picture_key, row.pk), crop)
    still = Detection.objects.filter(pk=detection.pk, pruned_at__isnull=True)
    value = small.hash if small else None
    accepted = (row.label.name for row in shown if row.fate == Fate.ACCEPTED)
    is_unlisted = has_unlisted(detection.store, accepted)
    if not still.update(has_small_pictures=True, picture_hash=value, is_unlisted=is_unlisted):
        # Deleted while we were at it.
        key = detection.picture_key
        pictures.delete([small_key(key), *(crop_key(key, row.pk) for row in shown)])


def shown_boxes(detection: Detection) -> list[DetectedLabel]:
    """Return the boxes that have a crop: those that a register was told of."""
    rows = DetectedLabel.objects.filter(detection=detection, fate__in=sorted(SHOWN), left__isnull=False)
    return list(rows.select_related("label").order_by("id"))
