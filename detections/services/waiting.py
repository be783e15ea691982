"""Photos that wait for their model, and attempts that nobody finishes any more.

A waiting photo is claimed by compare-and-set, looked at outside any transaction and settled like a fresh
one. A process that dies in between leaves it PENDING; the sweep makes it WAIT again, because its picture is
kept. Of other unfinished attempts the sweep says that they were interrupted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from detections.domain.outcomes import Outcome
from detections.domain.ports import NotReady, PictureMissing, PictureStoreError
from detections.models import Detection
from detections.selectors.serving import serving
from detections.services.correct import weigh_again
from detections.services.detect import Tools, settle
from models_registry.domain.ports import RekognitionError
from models_registry.domain.status import VersionStatus
from portal.base.errors import PortalError

AT_ONCE = 20
GIVEN_UP_AFTER = timedelta(minutes=2)
"""Longer than any attempt takes: AWS's 8 seconds and the upload."""


@dataclass(frozen=True, slots=True)
class WaitingReport:
    """How many waiting photos were answered, and how many must wait on."""

    answered: int
    waiting: int


def analyse_waiting(*, at: datetime, tools: Tools, is_time: Callable[[], bool]) -> WaitingReport:
    """Analyse waiting photos whose model runs, oldest first, while there is time."""
    running = Q(deployment__live_version__status=VersionStatus.RUNNING)
    ready = Detection.objects.filter(running, outcome=Outcome.WAITING)
    answered = waiting = 0
    chosen = ready.select_related("deployment__connection", "deployment__live_version__project",
                                  "deployment__detection_settings").order_by("taken_at", "id")  # fmt: skip
    for detection in chosen[:AT_ONCE]:
        if not is_time():
            break
        if _claimed(detection, at) and _analysed(detection, tools):
            answered += 1
        else:
            waiting += 1
    return WaitingReport(answered, waiting)


def _claimed(detection: Detection, at: datetime) -> bool:
    detection.claimed_at = at
    mine = Detection.objects.filter(pk=detection.pk, outcome=Outcome.WAITING)
    return mine.update(outcome=Outcome.PENDING, claimed_at=at) == 1


def _analysed(detection: Detection, tools: Tools) -> bool:
    began = tools.elapsed()
    found = serving(detection.deployment) if detection.deployment else None
    if found is None:
        return _back(detection)
    try:
        picture = tools.pictures.read(detection.picture_key)
        eyes = tools.open_eyes(found.deployment.connection)
        seen = eyes.detect(found.version.arn, picture, min_confidence=found.raw_floor)
    except PictureMissing as error:
        return _ended(detection, Outcome.STORAGE_DOWN, error)
    except (PictureStoreError, NotReady):
        return _back(detection)
    except RekognitionError as error:
        return _back(detection) if error.retryable else _ended(detection, Outcome.AWS_REFUSED, error)
    settle(detection, found, seen, total_ms=round((tools.elapsed() - began) * 1000))
    weigh_again(detection)
    return True


def _back(detection: Detection) -> bool:
    """Let a photo wait on."""
    mine = Detection.objects.filter(pk=detection.pk, outcome=Outcome.PENDING, claimed_at=detection.claimed_at)
    mine.update(outcome=Outcome.WAITING, claimed_at=None)
    return False


def _ended(detection: Detection, outcome: Outcome, error: PortalError) -> bool:
    mine = Detection.objects.filter(pk=detection.pk, outcome=Outcome.PENDING, claimed_at=detection.claimed_at)
    mine.update(outcome=outcome, error_code=error.code[:60], error_message=error.message[:500])
    return False


def sweep_unfinished(*, at: datetime) -> int:
    """End attempts whose process died: with a kept picture they wait again, others were interrupted."""
    lost = Detection.objects.filter(outcome=Outcome.PENDING, claimed_at__lt=at - GIVEN_UP_AFTER)
    again = lost.exclude(picture_key="").update(outcome=Outcome.WAITING, claimed_at=None)
    ended = lost.filter(picture_key="").update(
        outcome=Outcome.INTERRUPTED, error_code="interrupted", idempotency_key="", claimed_at=None
    )
    return again + ended
