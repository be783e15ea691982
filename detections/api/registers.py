"""What registers call: hand in a photo, ask for it again, say what was sold, ask about the store."""

from __future__ import annotations

import hashlib
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Path, Router, Status

from detections.api.auth import Caller
from detections.api.intake import Intake, read_request
from detections.api.problems import (
    ERROR_STATUS,
    OUTCOME_STATUS,
    Problem,
    problem,
    said,
)
from detections.api.schemas import (
    CorrectionIn,
    CorrectionOut,
    DetectionOut,
    LabelInfo,
    StoreOut,
    correction_out,
    detection_out,
)
from detections.domain.outcomes import Outcome
from detections.domain.pictures import PictureRefused
from detections.domain.places import Box
from detections.gateways.pixels import read_picture
from detections.models import Detection
from detections.selectors.answers import answer_of
from detections.selectors.log import detection_of, newest_correction, products_by_label
from detections.selectors.readiness import Readiness, readiness_of
from detections.selectors.serving import serving_of
from detections.services.correct import Sold, correct
from detections.services.detect import NotAnswered, Submission, Tools, refuse_picture, submit
from detections.wiring import PICTURES, open_eyes
from portal.base import clock
from portal.base.errors import NotFound
from stores.services.wording import in_words

router = Router(tags=["registers"])
Request = HttpRequest
LARGEST_ID = 2**63 - 1
REFUSALS = dict.fromkeys((400, 401, 404, 409, 413, 415, 422, 429, 502, 503), Problem)
READING = dict.fromkeys((401, 404, 422, 429), Problem)

BINARY = {"type": "string", "format": "binary"}
PHOTO: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "A JPEG or PNG of at most 15 MB, 64 pixels a side and more.",
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["image"],
                    "properties": {
                        "image": BINARY,
                        "taken_at": {"type": "string", "format": "date-time"},
                        "register_id": {"type": "string", "maxLength": 40},
                        "wait": {"type": "string", "enum": ["0", "1"]},
                    },
                }
            },
            "image/jpeg": {"schema": BINARY},
            "image/png": {"schema": BINARY},
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["s3_key"],
                    "properties": {
                        "s3_key": {"type": "string", "maxLength": 300},
                        "taken_at": {"type": "string", "format": "date-time"},
                        "register_id": {"type": "string", "maxLength": 40},
                        "wait": {"type": "boolean"},
                    },
                }
            },
        },
    },
    "parameters": [
        {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 100},
         "description": "One for each photo. A repeat gets the first answer."},
        {"name": "taken_at", "in": "query", "schema": {"type": "string", "format": "date-time"}},
        {"name": "register_id", "in": "query", "schema": {"type": "string", "maxLength": 40}},
        {"name": "wait", "in": "query", "schema": {"type": "string", "enum": ["0", "1"]},
         "description": "1: if the model is off, keep the photo and analyse it when it runs (202)."},
    ],
}  # fmt: skip


@router.post(
    "/detections",
    response={200: DetectionOut, 202: DetectionOut, **REFUSALS},
    openapi_extra=PHOTO,
    operation_id="detect",
    summary="Analyse a photo of a tray",
)
def detect(request: Request) -> Any:
    """Analyse one photo with the live model: what is accepted, to be asked, or a near miss."""
    at, caller = clock.now(), caller_of(request)
    intake = read_request(request, caller.store, at=at)
    register = intake.register or caller.register
    try:
        picture = read_picture(intake.content)
    except PictureRefused as error:
        row = refuse_picture(
            store=caller.store, source=caller.source, error=error, api_key=caller.api_key, register=register,
            at=at,
        )  # fmt: skip
        return problem(ERROR_STATUS.get(error.code, 422), error.code, in_words(error), detection_id=row.pk)
    submission = Submission(
        store=caller.store,
        source=caller.source,
        picture=picture,
        picture_sha256=hashlib.sha256(intake.content).hexdigest(),
        taken_at=intake.taken_at,
        register=register,
        api_key=caller.api_key,
        idempotency_key=intake.idempotency_key,
        request_digest=intake.digest,
        waits_for_model=intake.waits_for_model,
    )
    return _answered(submission, intake, at=at)


def _answered(submission: Submission, intake: Intake, *, at: Any) -> Any:
    try:
        answer = submit(submission, at=at, tools=Tools(open_eyes, PICTURES))
    except NotAnswered as error:
        return _not_answered(submission, error, at=at)
    if answer.detection.outcome == Outcome.WAITING:
        return Status(202, detection_out(answer))
    return Status(200, detection_out(answer))


def _not_answered(submission: Submission, error: NotAnswered, *, at: Any) -> HttpResponse:
    status = OUTCOME_STATUS[error.outcome]
    more: dict[str, Any] = {"detection_id": error.detection.pk}
    retry_after: float | None = 2 if status in {429, 502} else 60
    if error.outcome is Outcome.NOT_RUNNING:
        ready = readiness_of(submission.store, at=at)
        more |= {"ready_at": ready.ready_at and ready.ready_at.isoformat(), "fallback": fallback(ready)}
        more["may_be_started"] = ready.may_be_started
        retry_after = (ready.ready_at - at).total_seconds() if ready.ready_at else None
    return problem(
        status, error.code, said(error.outcome, error.code), retry_after=_seconds(retry_after), **more
    )


def _seconds(wait: float | None) -> int | None:
    return None if wait is None else max(5, round(wait)) if wait > 2 else 2


def fallback(ready: Readiness) -> str:
    """Return what a register should do now: DETECT, WAIT (it starts), ASK_TO_START or MANUAL."""
    if ready.is_ready:
        return "DETECT"
    if ready.state == "STARTING":
        return "WAIT"
    return "ASK_TO_START" if ready.may_be_started and ready.is_open else "MANUAL"


@router.get(
    "/detections/{int:detection_id}",
    response={200: DetectionOut, **READING},
    operation_id="get_detection",
    summary="What was answered to a photo",
)
def get_detection(request: Request, detection_id: Path[int]) -> Any:
    """Return a photo of this store with its answer and its newest correction."""
    detection = detection_for(request, detection_id)
    return detection_out(answer_of(detection), newest_correction(detection))


@router.post(
    "/detections/{int:detection_id}/correction",
    response={200: CorrectionOut, 400: Problem, **READING},
    operation_id="correct",
    summary="What was finally sold",
)
def correct_detection(request: Request, detection_id: Path[int], body: CorrectionIn) -> Any:
    """Write down what was sold. Saying the same again changes nothing."""
    detection = detection_for(request, detection_id)
    items = [
        Sold(
            each.label,
            Box(each.box.left, each.box.top, each.box.width, each.box.height) if each.box else None,
        )
        for each in body.items
    ]
    caller = caller_of(request)
    register = body.register_id or caller.register
    made = correct(detection=detection, items=items, register=register, api_key=caller.api_key)
    return correction_out(made)


@router.get(
    "/store", response={200: StoreOut, 401: Problem, 429: Problem}, operation_id="get_store",
    summary="Whether the store is open and its model ready",
)  # fmt: skip
def get_store(request: Request) -> Any:
    """Return opening, readiness and the labels with thresholds, names and prices."""
    store = caller_of(request).store
    ready, serving = readiness_of(store, at=clock.now()), serving_of(store)
    products = products_by_label(store)
    labels = []
    for label, threshold in sorted(serving.rules.thresholds.items()) if serving else []:
        product = products.get(label)
        names = {} if product is None else {
            "name_ja": product.name_ja, "name_en": product.name_en, "price": str(product.price),
            "currency": product.currency,
        }  # fmt: skip
        labels.append(LabelInfo(label=label, threshold=threshold, **names))
    return StoreOut(
        code=store.code,
        name=store.name,
        timezone=store.timezone,
        is_open=ready.is_open,
        changes_at=ready.changes_at,
        model_state=ready.state.value,
        is_ready=ready.is_ready,
        ready_at=ready.ready_at,
        may_be_started=ready.may_be_started,
        fallback=fallback(ready),
        labels=labels,
    )


def caller_of(request: Request) -> Caller:
    """Return who was let in, and for which store."""
    caller: Caller = request.auth  # type: ignore[attr-defined]  # set by StoreKey
    return caller


def detection_for(request: Request, detection_id: int) -> Detection:
    """Return a detection of the caller's own store; any other is not there."""
    found = detection_of(caller_of(request).store, detection_id) if detection_id <= LARGEST_ID else None
    if found is None:
        raise NotFound(_("There is no such photo of this store."))
    return found
