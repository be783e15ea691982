"""Pictures that do not come with the question: signed uploads, and pictures that follow an imported log."""

from __future__ import annotations

import hashlib
import uuid
from datetime import timedelta
from typing import Any, Literal

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import File, Path, Router
from ninja.files import UploadedFile

from detections.api.intake import read_request
from detections.api.problems import ApiRefusal, Problem
from detections.api.registers import PHOTO, READING, caller_of, detection_for
from detections.api.schemas import DetectionOut, UploadIn, UploadOut, detection_out
from detections.domain.pictures import MAX_UPLOAD_BYTES, check_size
from detections.gateways.pixels import read_picture
from detections.selectors.answers import answer_of
from detections.selectors.log import detection_of, newest_correction
from detections.services.attach import attach_picture
from detections.wiring import PICTURES
from portal.base import clock

router = Router(tags=["registers"])
SALT = "detections.uploads"
LIFE = timedelta(minutes=15)
SUFFIX: dict[Literal["image/jpeg", "image/png"], str] = {"image/jpeg": "jpg", "image/png": "png"}


@router.post(
    "/uploads",
    response={200: UploadOut, **dict.fromkeys((400, 401, 422, 429, 503), Problem)},
    operation_id="ask_upload",
    summary="Ask where to upload a picture",
)
def ask_upload(request: HttpRequest, body: UploadIn) -> Any:
    """Return a form for one picture of this store: POST its fields and the file, then name its s3_key."""
    at, store = clock.now(), caller_of(request).store
    key = f"uploads/{store.pk}/{at:%Y-%m-%d}/{uuid.uuid4().hex}.{SUFFIX[body.content_type]}"
    seconds = int(LIFE.total_seconds())
    form = PICTURES.upload_form(key, seconds=seconds, most_bytes=MAX_UPLOAD_BYTES)
    token = signing.dumps({"key": key, "until": (at + LIFE).timestamp()}, salt=SALT)
    url = form.url if form else request.build_absolute_uri(f"{request.path}/{token}")
    return UploadOut(s3_key=key, url=url, fields=form.fields if form else {}, expires_at=at + LIFE)


@router.post(
    "/uploads/{token}",
    auth=None,
    response={204: None, **dict.fromkeys((400, 404, 413, 422, 503), Problem)},
    operation_id="upload",
    summary="Upload a picture to the portal itself, where no bucket is used",
)
def upload(request: HttpRequest, token: Path[str], file: File[UploadedFile]) -> Any:
    """Keep the file where the token says; the token is all that is needed, as with S3's own forms."""
    try:
        said = signing.loads(token, salt=SALT)
    except signing.BadSignature as error:
        raise ApiRefusal(404, "not_found", _("There is no such address.")) from error
    if said["until"] < clock.now().timestamp():
        raise ApiRefusal(404, "upload_expired", _("This upload was not used in time. Ask for a new one."))
    content = file.read(MAX_UPLOAD_BYTES + 1)
    check_size(content)
    PICTURES.save(said["key"], content)
    return HttpResponse(status=204)


@router.post(
    "/detections/{int:detection_id}/picture",
    response={200: DetectionOut, **READING, **dict.fromkeys((400, 409, 413, 415, 503), Problem)},
    openapi_extra={"requestBody": PHOTO["requestBody"]},
    operation_id="attach_picture",
    summary="Hand in the picture of an imported photo",
)
def attach(request: HttpRequest, detection_id: Path[int]) -> Any:
    """Keep the picture of a photo whose log was imported. The same again changes nothing."""
    at, caller = clock.now(), caller_of(request)
    detection = detection_for(request, detection_id)
    content = read_request(request, caller.store, at=at).content
    picture = read_picture(content)
    sha256 = hashlib.sha256(content).hexdigest()
    attach_picture(detection=detection, picture=picture, sha256=sha256, pictures=PICTURES, at=at)
    found = detection_of(caller.store, detection.pk) or detection
    return detection_out(answer_of(found), newest_correction(found))
