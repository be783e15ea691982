"""Failures as application/problem+json (RFC 9457): a stable code, a sentence in the caller's language."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from ninja import Schema

from detections.domain.outcomes import Outcome
from portal.base.errors import PortalError
from stores.services.wording import in_words

MEDIA_TYPE = "application/problem+json"
LONGEST_WAIT = 3600


class Problem(Schema):
    """What went wrong. `code` is stable; `detail` is for people; further members depend on the code."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    detection_id: int | None = None
    retry_after: int | None = None
    ready_at: datetime | None = None
    may_be_started: bool | None = None
    fallback: str | None = None


def problem(
    status: int, code: str, detail: str, *, retry_after: int | None = None, **more: Any
) -> HttpResponse:
    """Build the answer; `more` are members beyond the standard ones, left out where they are None."""
    body: dict[str, Any] = {
        "type": f"urn:kamado:problem:{code}",
        "title": TITLES.get(status, "Problem"),
        "status": status,
        "code": code,
        "detail": detail,
        **{name: value for name, value in more.items() if value is not None},
    }
    response = JsonResponse(body, status=status, content_type=MEDIA_TYPE, json_dumps_params=UNICODE)
    if retry_after is not None:
        seconds = min(max(1, math.ceil(retry_after)), LONGEST_WAIT)
        response["Retry-After"] = str(seconds)
        response.content = JsonResponse({**body, "retry_after": seconds}, json_dumps_params=UNICODE).content
    if status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response


UNICODE = {"ensure_ascii": False}
TITLES = {
    400: "Bad request",
    401: "Unauthorized",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Too large",
    415: "Unsupported media type",
    422: "Not usable",
    429: "Too many requests",
    502: "Amazon Rekognition did not answer",
    503: "Not now",
}

OUTCOME_STATUS = {
    Outcome.NOT_RUNNING: 503,
    Outcome.NO_MODEL: 503,
    Outcome.STORAGE_DOWN: 503,
    Outcome.THROTTLED: 429,
    Outcome.AWS_DOWN: 502,
    Outcome.AWS_REFUSED: 502,
}
ERROR_STATUS = {
    "no_body": 400,
    "not_found": 404,
    "request_in_progress": 409,
    "picture_present": 409,
    "picture_too_large": 413,
    "not_a_picture": 415,
}


class ApiRefusal(PortalError):
    """A request that the API itself refuses, with its HTTP status."""

    def __init__(self, status: int, code: str, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message, code=code)
        self.status = status
        self.retry_after = retry_after


def told(request: HttpRequest, error: PortalError) -> HttpResponse:
    """Answer an anticipated failure."""
    if isinstance(error, ApiRefusal):
        return problem(error.status, error.code, error.message, retry_after=error.retry_after)
    status = ERROR_STATUS.get(error.code, 422)
    return problem(status, error.code, in_words(error), retry_after=2 if status == 409 else None)


def said(outcome: Outcome, code: str) -> str:
    """Return the sentence for a photo that got no answer, and what to do instead."""
    match outcome:
        case Outcome.NOT_RUNNING:
            return _("The model is not running. Ring the breads up by hand, and try again later.")
        case Outcome.NO_MODEL:
            return _("No model serves this store yet. Ask headquarters.")
        case Outcome.THROTTLED:
            return _("Too many photos at once for this model. Try again in a moment.")
        case Outcome.AWS_DOWN:
            return _("Amazon Rekognition did not answer. Try again, or ring the breads up by hand.")
        case Outcome.STORAGE_DOWN:
            return _("The picture could not be kept. Send it again.")
        case _:
            return _("Amazon Rekognition refused the photo (%(code)s). Tell headquarters.") % {"code": code}
