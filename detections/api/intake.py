"""A photo out of a request: multipart, raw bytes, or the name of a picture that is already stored."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation, TooManyFilesSent
from django.http import HttpRequest, QueryDict
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from detections.api.problems import ApiRefusal
from detections.domain.pictures import MAX_UPLOAD_BYTES
from detections.domain.ports import PictureMissing
from detections.wiring import PICTURES
from stores.models import Store

KEY = re.compile(r"[\x21-\x7e]{1,100}")
REGISTER = re.compile(r"[^\x00-\x1f\ud800-\udfff]{0,40}")
NAME = re.compile(r"[A-Za-z0-9/._-]{1,300}")
RAW_TYPES = {"image/jpeg", "image/png", "application/octet-stream", "image/jpg"}
AHEAD = timedelta(minutes=10)
OVERHEAD = 64 * 1024


@dataclass(frozen=True, slots=True)
class Intake:
    """What a request hands in, checked but for the pixels."""

    content: bytes
    taken_at: datetime
    register: str
    idempotency_key: str
    digest: str
    waits_for_model: bool


def read_request(request: HttpRequest, store: Store, *, at: datetime) -> Intake:
    """Read a photo and what is said of it. Raises ApiRefusal with a code of its own for each fault."""
    fields, content = _body(request, store)
    told = {**_given(request.GET), **fields}
    register = told.get("register_id", "")
    if not REGISTER.fullmatch(register):
        raise ApiRefusal(422, "invalid_register", _("“register_id” may have up to 40 printable characters."))
    digest = hashlib.sha256(content)
    digest.update(json.dumps(told, sort_keys=True).encode())
    return Intake(
        content,
        instant(told["taken_at"], at) if told.get("taken_at") else at,
        register,
        _idempotency_key(request),
        digest.hexdigest(),
        told.get("wait", "") in {"1", "true"},
    )


def _given(values: QueryDict) -> dict[str, str]:
    return {name: str(values[name]) for name in ("taken_at", "register_id", "wait") if name in values}


def _idempotency_key(request: HttpRequest) -> str:
    text = request.headers.get("Idempotency-Key", "")
    if text and not KEY.fullmatch(text):
        raise ApiRefusal(
            422,
            "invalid_idempotency_key",
            _("“Idempotency-Key” may have up to 100 visible ASCII characters."),
        )
    return text


def instant(text: str, at: datetime) -> datetime:
    """Return when a photo was taken, in UTC. Raises ApiRefusal for what is no instant of this decade."""
    try:
        taken_at = parse_datetime(text)
    except ValueError:
        taken_at = None
    if taken_at is None or taken_at.tzinfo is None:
        raise ApiRefusal(
            422,
            "invalid_taken_at",
            _("“taken_at” must be an instant with its zone: 2026-11-24T09:30:00+09:00."),
        )
    try:
        taken_at = taken_at.astimezone(UTC)
    except OverflowError as error:
        raise ApiRefusal(422, "invalid_taken_at", _("“taken_at” lies outside of time.")) from error
    if not at - timedelta(days=3660) < taken_at <= at + AHEAD:
        raise ApiRefusal(
            422, "invalid_taken_at", _("“taken_at” lies in the future or too far back. Check the clock.")
        )
    return taken_at


def _body(request: HttpRequest, store: Store) -> tuple[dict[str, str], bytes]:
    kind = (request.content_type or "").lower()
    _check_length(request)
    try:
        if kind == "multipart/form-data":
            return _multipart(request)
        if kind == "application/json":
            return _named(request, store)
        if kind in RAW_TYPES:
            return {}, request.body
    except RequestDataTooBig as error:
        raise _too_large() from error
    except (MultiPartParserError, TooManyFilesSent, SuspiciousOperation, UnreadablePostError) as error:
        raise ApiRefusal(
            400, "unreadable_body", _("The request's body cannot be read. Send it again.")
        ) from error
    raise ApiRefusal(
        415,
        "unsupported_media_type",
        _("Send the picture as multipart/form-data, image/jpeg or image/png, or its name as JSON."),
    )


def _check_length(request: HttpRequest) -> None:
    text = request.headers.get("Content-Length", "") or "0"
    if text.isdecimal() and int(text) > MAX_UPLOAD_BYTES + OVERHEAD:
        raise _too_large()


def _too_large() -> ApiRefusal:
    said = _("The request is larger than %(most)s bytes. Send a smaller JPEG.") % {"most": MAX_UPLOAD_BYTES}
    return ApiRefusal(413, "picture_too_large", said)


def _multipart(request: HttpRequest) -> tuple[dict[str, str], bytes]:
    fields = _given(request.POST)
    upload = request.FILES.get("image")
    if upload is None or isinstance(upload, list):
        raise ApiRefusal(422, "picture_missing", _("There is no file named “image” in the form."))
    return fields, upload.read()


def _named(request: HttpRequest, store: Store) -> tuple[dict[str, str], bytes]:
    """Read `{"s3_key": …}`: a picture uploaded before, in this store's own part of the bucket."""
    try:
        said = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise ApiRefusal(400, "unreadable_body", _("The request's body is not JSON.")) from error
    if not isinstance(said, dict) or not isinstance(said.get("s3_key"), str):
        raise ApiRefusal(422, "picture_missing", _("Name the uploaded picture as “s3_key”."))
    name = said["s3_key"]
    own = (f"uploads/{store.pk}/", f"{store.pk}/")
    if not name.startswith(own) or ".." in name or not NAME.fullmatch(name):
        raise ApiRefusal(404, "picture_not_found", _("There is no such picture of this store."))
    fields = {each: str(said[each]) for each in ("taken_at", "register_id") if said.get(each)}
    if said.get("wait") in (True, "1", "true"):
        fields["wait"] = "1"
    try:
        return fields, PICTURES.read(name)
    except PictureMissing as error:
        raise ApiRefusal(404, "picture_not_found", _("There is no such picture of this store.")) from error
