"""A version on trial looks at stored photos, a few at a time, while it runs; what it sees is kept."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from django.db.models import Q

from detections.domain.ports import PictureMissing, PictureRefusedByAws, PictureStoreError, Seen
from detections.models import Detection, SecondLook
from detections.selectors.looks import MOST_LOOKS, looks_of, photos_for
from detections.services.comparing import ask_for
from detections.services.detect import Tools
from models_registry.domain.ports import RekognitionError
from models_registry.domain.trial import TrialState
from models_registry.models import Trial
from models_registry.services.trials import finish_trial

logger = logging.getLogger(__name__)
LEASE = timedelta(seconds=60)
AT_ONCE = 4
"""A unit of inference takes about a picture a second; registers come first."""


def advance_looks(*, at: datetime, tools: Tools, is_time: Callable[[], bool]) -> int:
    """Let every version on trial look on while there is time; return how many photos were looked at."""
    looked = 0
    trials = Trial.objects.filter(state=TrialState.READY)
    rows = trials.select_related("version", "deployment__connection", "deployment__live_version", "author")
    for trial in rows.order_by("pk"):
        free = Trial.objects.filter(Q(lease_until__isnull=True) | Q(lease_until__lte=at), pk=trial.pk)
        if free.update(lease_until=at + LEASE):
            looked += _look_on(trial, at, tools, is_time)
            Trial.objects.filter(pk=trial.pk).update(lease_until=None)
    return looked


def _look_on(trial: Trial, at: datetime, tools: Tools, is_time: Callable[[], bool]) -> int:
    looked = 0
    while is_time():
        left = MOST_LOOKS - looks_of(trial)
        photos = photos_for(trial, most=min(AT_ONCE, left)) if left > 0 else []
        if not photos:
            _finish(trial, at)
            break
        done = _look(trial, photos, tools)
        looked += done
        if done < len(photos):
            break
    return looked


def _finish(trial: Trial, at: datetime) -> None:
    live = trial.deployment.live_version
    if live is not None and live.pk != trial.version_id:
        ask_for(old=live, new=trial.version, author=trial.author, at=at)
    finish_trial(trial=trial)


def _look(trial: Trial, photos: Sequence[Detection], tools: Tools) -> int:
    """Look at photos side by side; one that can never be shown is noted as that."""
    eyes, of_trial = tools.open_eyes(trial.deployment.connection), {"version": trial.version}

    def look(photo: Detection) -> SecondLook | None:
        try:
            content = tools.pictures.read(photo.picture_key)
            seen = eyes.detect(trial.version.arn, content, min_confidence=0)
        except (PictureStoreError, RekognitionError) as error:
            logger.warning("trial %s, photo %s: %s", trial.pk, photo.pk, error)
            is_lasting = isinstance(error, PictureMissing | PictureRefusedByAws)
            return SecondLook(**of_trial, detection=photo, is_seen=False) if is_lasting else None
        return SecondLook(**of_trial, detection=photo, boxes=_boxes(seen))

    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="trial") as pool:
        rows = [row for row in pool.map(look, photos) if row is not None]
    SecondLook.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def _boxes(seen: Seen) -> list[list[object]]:
    return [
        [each.label, each.confidence / 100, each.box.left, each.box.top, each.box.width, each.box.height]
        for each in seen.labels if each.box is not None
    ]  # fmt: skip
