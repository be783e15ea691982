"""A photo from a register to its answer: written down, looked at once, judged, and durable before it is said.

    begin     a row in the log, PENDING, before anything is asked (a repeat finds the first one's row)
    look      the picture is stored and AWS is asked, side by side
    settle    boxes and outcome in one transaction, only while the row is still ours

A crash between leaves a PENDING row, which a repeat takes over after a while or a sweep marks INTERRUPTED.
A failure gives its idempotency key back, so that a repeat is tried again and both stay in the log.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction

from detections.domain.outcomes import Outcome, Source
from detections.domain.pictures import Picture, PictureRefused
from detections.domain.places import Judgement, RawLabel, judge
from detections.domain.ports import (
    Eyes,
    NotReady,
    PictureRefusedByAws,
    PictureStore,
    PictureStoreError,
    Seen,
)
from detections.models import ApiKey, DetectedLabel, Detection
from detections.selectors.answers import Answer, answer_from, answer_of
from detections.selectors.serving import Serving, serving_of
from detections.services.labels import label_ids
from models_registry.domain.lifecycle import UNKNOWN_AFTER
from models_registry.domain.ports import RekognitionError, Throttled, Unanswered
from models_registry.domain.status import VersionStatus
from models_registry.models import Connection
from portal.base.errors import PortalError
from stores.domain.sentences import Refusal
from stores.models import Store

TAKEN_OVER_AFTER = timedelta(seconds=60)
"""How long an unfinished attempt is left alone: longer than AWS's slowest answer."""
_UPLOADS = ThreadPoolExecutor(max_workers=16, thread_name_prefix="picture")


class KeyReused(Refusal):
    """One idempotency key for two different requests."""

    code = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was used for another request. Take a new key for each photo.")


class InProgress(Refusal):
    """The first request with this key has not been answered yet, or another attempt has taken it over."""

    code = "request_in_progress"
    retryable = True

    def __init__(self) -> None:
        super().__init__("The first request with this Idempotency-Key is still being answered. Ask again.")


class NotAnswered(PortalError):
    """The photo is in the log, but there is no answer. `outcome` says why."""

    code = "not_answered"
    retryable = True

    def __init__(self, detection: Detection) -> None:
        super().__init__(detection.error_message, code=detection.error_code)
        self.detection = detection
        self.outcome = Outcome(detection.outcome)


@dataclass(frozen=True, slots=True)
class Submission:
    """A photo as handed in. `request_digest` tells two requests with one key apart."""

    store: Store
    source: Source
    picture: Picture
    picture_sha256: str
    taken_at: datetime
    register: str = ""
    api_key: ApiKey | None = None
    idempotency_key: str = ""
    request_digest: str = ""
    waits_for_model: bool = False


@dataclass(frozen=True, slots=True)
class Tools:
    """The world as a submission meets it; `elapsed` is a clock of seconds for latencies."""

    open_eyes: Callable[[Connection], Eyes]
    pictures: PictureStore
    elapsed: Callable[[], float] = field(default=time.perf_counter)


def submit(submission: Submission, *, at: datetime, tools: Tools) -> Answer:
    """Analyse a photo now. Raises NotAnswered, KeyReused or InProgress; one that WAITs has no boxes."""
    began = tools.elapsed()
    if submission.idempotency_key and (earlier := answered_before(submission, at=at)) is not None:
        return earlier
    serving = serving_of(submission.store)
    detection = _begin(submission, serving, at=at)
    if detection is None:
        raise InProgress
    if serving is None:
        raise _failed(detection, Outcome.NO_MODEL, "no_model", "No model serves this store yet.")
    if _is_off(serving, at):
        return _off(detection, submission, tools)
    stored = _UPLOADS.submit(tools.pictures.save, detection.picture_name, submission.picture.content)
    try:
        serving, seen = _look(detection, serving, submission.picture, tools)
    except NotReady:
        return _off(detection, submission, tools, stored)
    except RekognitionError as error:
        _stored(detection, stored)
        raise _failed_at_aws(detection, error) from error
    if not _stored(detection, stored):
        raise _not_kept(detection)
    return settle(detection, serving, seen, total_ms=round((tools.elapsed() - began) * 1000))


def answered_before(submission: Submission, *, at: datetime) -> Answer | None:
    """Return what was answered to this key before; None for a new one. One query, more for a repeat."""
    rows = Detection.objects.filter(store=submission.store, idempotency_key=submission.idempotency_key)
    earlier = rows.select_related("threshold_set", "version__project", "deployment").first()
    if earlier is None:
        return None
    if earlier.request_digest != submission.request_digest:
        raise KeyReused
    if earlier.outcome != Outcome.PENDING:
        return answer_of(earlier)
    if earlier.claimed_at is not None and earlier.claimed_at > at - TAKEN_OVER_AFTER:
        raise InProgress
    interrupt(earlier)
    return None


def interrupt(detection: Detection) -> bool:
    """Mark an attempt that nobody finishes any more, and free its key; tell whether it was open."""
    mine = Detection.objects.filter(pk=detection.pk, outcome=Outcome.PENDING, claimed_at=detection.claimed_at)
    return mine.update(outcome=Outcome.INTERRUPTED, error_code="interrupted", idempotency_key="") == 1


def refuse_picture(
    *,
    store: Store,
    source: Source,
    error: PictureRefused,
    api_key: ApiKey | None,
    register: str,
    at: datetime,
) -> Detection:
    """Write down that a picture could not be used."""
    return Detection.objects.create(
        store=store, source=source, at=at, taken_at=at, api_key=api_key, register=register,
        outcome=Outcome.PICTURE_REFUSED, error_code=error.code, error_message=error.message[:500],
    )  # fmt: skip


def _begin(submission: Submission, serving: Serving | None, *, at: datetime) -> Detection | None:
    """Write the row that claims the key; None when another request has just done so."""
    picture = submission.picture
    name = f"{submission.store.pk}/{at:%Y-%m-%d}/{uuid.uuid4().hex}.{picture.suffix}"
    detection = Detection(
        store=submission.store,
        deployment=serving.deployment if serving else None,
        version=serving.version if serving else None,
        threshold_set=serving.threshold_set if serving else None,
        api_key=submission.api_key,
        at=at,
        taken_at=submission.taken_at,
        register=submission.register,
        source=submission.source,
        outcome=Outcome.PENDING,
        claimed_at=at,
        idempotency_key=submission.idempotency_key,
        request_digest=submission.request_digest,
        picture_name=name,
        picture_sha256=submission.picture_sha256,
        picture_bytes=len(picture.content),
        width=picture.width,
        height=picture.height,
        raw_floor=serving.raw_floor if serving else 0,
    )
    try:
        with transaction.atomic():
            _without_waiting_for_the_disk()
            detection.save(force_insert=True)
    except IntegrityError:
        return None
    return detection


def _without_waiting_for_the_disk() -> None:
    """Let this commit return before it is on the disk.

    If PostgreSQL dies within the next moments the row may be lost, and with it the attempt: `settle` then
    finds no row and nothing is answered. What is answered was committed with the wait.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO off")


def _is_off(serving: Serving, at: datetime) -> bool:
    """Tell whether AWS said lately that the model rests. Unknown is not off: then AWS is asked itself."""
    seen_at = serving.version.project.observed_at
    is_fresh = seen_at is not None and seen_at > at - UNKNOWN_AFTER
    resting = {VersionStatus.STOPPED, VersionStatus.TRAINING_COMPLETED, VersionStatus.COPYING_COMPLETED}
    return is_fresh and VersionStatus(serving.version.status) in resting


def _look(detection: Detection, serving: Serving, picture: Picture, tools: Tools) -> tuple[Serving, Seen]:
    """Ask the live version; one that was switched away and stopped meanwhile leaves it to its successor."""
    try:
        return serving, _seen_by(detection, serving, picture, tools)
    except RekognitionError:
        now = serving_of(detection.store)
        if now is None or now.version.pk == serving.version.pk:
            raise
        return now, _seen_by(detection, now, picture, tools)


def _seen_by(detection: Detection, serving: Serving, picture: Picture, tools: Tools) -> Seen:
    eyes = tools.open_eyes(serving.deployment.connection)
    return eyes.detect(serving.version.arn, picture.content, min_confidence=detection.raw_floor)


def _off(
    detection: Detection, submission: Submission, tools: Tools, stored: Future[None] | None = None
) -> Answer:
    """Keep the picture for later where the register asked for that; else say that the model is off."""
    if not submission.waits_for_model:
        if stored is not None:
            _stored(detection, stored)
        raise _failed(detection, Outcome.NOT_RUNNING, "model_not_running", "The model is not running.")
    waiting = stored or _UPLOADS.submit(
        tools.pictures.save, detection.picture_name, submission.picture.content
    )
    if not _stored(detection, waiting):
        raise _not_kept(detection)
    _update(detection, outcome=Outcome.WAITING, claimed_at=None)
    return Answer(detection, (), (), (), {})


def _stored(detection: Detection, upload: Future[None]) -> bool:
    """Wait until the picture is kept; only then does the row say where."""
    try:
        upload.result()
    except PictureStoreError:
        return False
    detection.picture_key = detection.picture_name
    return True


def _failed_at_aws(detection: Detection, error: RekognitionError) -> NotAnswered:
    if isinstance(error, Throttled):
        return _failed(detection, Outcome.THROTTLED, "throttled", error.message)
    if isinstance(error, Unanswered):
        return _failed(detection, Outcome.AWS_DOWN, "aws_down", error.message)
    code = error.code if isinstance(error, PictureRefusedByAws) else f"aws_{error.code}"
    return _failed(detection, Outcome.AWS_REFUSED, code, error.message)


def _not_kept(detection: Detection) -> NotAnswered:
    said = "The picture could not be kept. Send it again."
    return _failed(detection, Outcome.STORAGE_DOWN, "picture_store_down", said)


def _failed(detection: Detection, outcome: Outcome, code: str, message: str) -> NotAnswered:
    _update(
        detection, outcome=outcome, error_code=code[:60], error_message=message[:500], idempotency_key="",
        picture_key=detection.picture_key, claimed_at=None,
    )  # fmt: skip
    return NotAnswered(detection)


def _update(detection: Detection, **fields: object) -> None:
    """Write an outcome while the row is still this attempt's."""
    for name, value in fields.items():
        setattr(detection, name, value)
    mine = Detection.objects.filter(pk=detection.pk, outcome=Outcome.PENDING)
    mine.update(picture_key=detection.picture_key, **{k: v for k, v in fields.items() if k != "picture_key"})


def settle(detection: Detection, serving: Serving, seen: Seen, *, total_ms: int) -> Answer:
    """Judge what was seen and write it down, boxes and outcome together. Raises InProgress if taken over."""
    judgement = judge(seen.labels, serving.rules)
    answer = answer_from(detection, seen.labels, judgement)
    ids = label_ids(each.label for each in seen.labels)
    detection.outcome = Outcome.ANSWERED
    detection.accepted_count = len(answer.accepted)
    detection.ask_count = len(answer.ask)
    detection.near_miss_count = len(answer.near_misses)
    detection.smallest_margin = judgement.smallest_margin
    detection.total_ms, detection.rekognition_ms = total_ms, seen.milliseconds
    with transaction.atomic():
        mine = Detection.objects.filter(
            pk=detection.pk, outcome=Outcome.PENDING, claimed_at=detection.claimed_at
        )
        if not mine.update(
            outcome=Outcome.ANSWERED,
            deployment=serving.deployment,
            version=serving.version,
            threshold_set=serving.threshold_set,
            picture_key=detection.picture_key,
            accepted_count=detection.accepted_count,
            ask_count=detection.ask_count,
            near_miss_count=detection.near_miss_count,
            smallest_margin=detection.smallest_margin,
            total_ms=detection.total_ms,
            rekognition_ms=detection.rekognition_ms,
        ):
            raise InProgress
        place = {"detection_id": detection.pk, "store_id": detection.store_id, "taken_at": detection.taken_at}
        boxes = boxes_from(seen.labels, judgement, ids)
        DetectedLabel.objects.bulk_create(DetectedLabel(**place, **box) for box in boxes)
    return answer


def boxes_from(
    raw: Sequence[RawLabel], judgement: Judgement, ids: Mapping[str, int]
) -> Iterator[dict[str, Any]]:
    """Yield what is written down of each raw box; `ids` are the labels' keys by name."""
    for each, threshold, fate in zip(raw, judgement.thresholds, judgement.fates, strict=True):
        box = each.box
        yield {
            "label_id": ids[each.label],
            "confidence": each.confidence,
            "threshold": threshold,
            "fate": fate.value,
            "left": box.left if box else None,
            "top": box.top if box else None,
            "width": box.width if box else None,
            "height": box.height if box else None,
        }
