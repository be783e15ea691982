"""Photos that wait for their model, and attempts that nobody finishes any more.

A waiting photo is claimed by compare-and-set, looked at outside any transaction and settled like a fresh
one. A process that dies in between leaves it PENDING; the sweep makes it WAIT again, because its picture is
kept. Of other unfinished attempts the sweep says that they were interrupted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet

from detections.domain.batches import BatchState
from detections.domain.outcomes import Outcome
from detections.domain.ports import NotReady, PictureMissing, PictureStoreError, Seen
from detections.models import Detection
from detections.selectors.serving import Serving, serving
from detections.services.correct import weigh_again
from detections.services.detect import Tools, settle
from models_registry.domain.ports import RekognitionError
from models_registry.domain.status import VersionStatus
from portal.base.errors import PortalError

AT_ONCE = 10
GIVEN_UP_AFTER = timedelta(minutes=2)
"""Longer than any attempt takes: AWS's 8 seconds and the upload."""


@dataclass(frozen=True, slots=True)
class WaitingReport:
    """How many waiting photos were answered, and how many must wait on."""

    answered: int
    waiting: int


def analyse_waiting(*, at: datetime, tools: Tools, is_time: Callable[[], bool]) -> WaitingReport:
    """Analyse waiting photos whose model runs while there is time: registers' before batches', oldest first.

    Some are looked at side by side; the database is only spoken to from here.
    """
    answered = waiting = 0
    seen: list[int] = []
    while is_time() and (found := list(_ready().exclude(pk__in=seen)[:AT_ONCE])):
        seen += [detection.pk for detection in found]
        mine = [detection for detection in found if _claimed(detection, at)]
        done = _analysed(mine, tools)
        answered += done
        waiting += len(found) - done
    return WaitingReport(answered, waiting)


def _ready() -> QuerySet[Detection]:
    running = Q(deployment__live_version__status=VersionStatus.RUNNING)
    going = Q(batch__isnull=True) | Q(batch__state__in=[BatchState.READING, BatchState.RUNNING])
    ready = Detection.objects.filter(running & going, outcome=Outcome.WAITING).select_related(
        "deployment__connection", "deployment__live_version__project", "deployment__detection_settings"
    )
    return ready.order_by(F("batch").asc(nulls_first=True), "taken_at", "id")


def _claimed(detection: Detection, at: datetime) -> bool:
    detection.claimed_at = at
    mine = Detection.objects.filter(pk=detection.pk, outcome=Outcome.WAITING)
    return mine.update(outcome=Outcome.PENDING, claimed_at=at) == 1


def _analysed(mine: Sequence[Detection], tools: Tools) -> int:
    """Look at claimed photos side by side, then settle each; return how many were answered."""
    serving_by = {
        detection.deployment_id: serving(detection.deployment) for detection in mine if detection.deployment
    }
    looks: list[tuple[Detection, Serving, Future[Seen]]] = []
    answered = 0
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="waiting") as pool:
        for detection in mine:
            found = serving_by.get(detection.deployment_id)
            if found is None:
                _back(detection)
            else:
                looks.append((detection, found, pool.submit(_look, detection, found, tools)))
        for detection, found, look in looks:
            answered += _settled(detection, found, look, tools)
    return answered


def _look(detection: Detection, found: Serving, tools: Tools) -> Seen:
    picture = tools.pictures.read(detection.picture_key)
    eyes = tools.open_eyes(found.deployment.connection)
    return eyes.detect(found.version.arn, picture, min_confidence=found.raw_floor)


def _settled(detection: Detection, found: Serving, look: Future[Seen], tools: Tools) -> bool:
    began = tools.elapsed()
    try:
        seen = look.result()
    except PictureMissing as error:
        return _ended(detection, Outcome.STORAGE_DOWN, error)
    except (PictureStoreError, NotReady):
        return _back(detection)
    except RekognitionError as error:
        return _back(detection) if error.retryable else _ended(detection, Outcome.AWS_REFUSED, error)
    own = round((tools.elapsed() - began) * 1000)
    settle(detection, found, seen, total_ms=seen.milliseconds + own)
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
