"""Pictures of trays, for those who may see the store."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from detections.domain.outcomes import SHOWN
from detections.domain.pictures import PictureRefused, crop_key, small_key
from detections.domain.ports import PictureMissing
from detections.gateways.pixels import small_pictures
from detections.models import DetectedLabel, Detection
from detections.selectors.answers import raw_of
from detections.selectors.history import box_of, photo
from detections.services.flags import flag
from detections.wiring import PICTURES
from portal.base.errors import NotFound
from portal.base.site import page
from stores.access import May, store_for, stores_visible_to

SIGNED_SECONDS = 300
JPEG = "image/jpeg"


@page
def picture(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Send a photo, or with `?size=thumb` a small one; on S3 lead to a signed address."""
    row = _found(request, pk)
    if request.GET.get("size") == "thumb":
        return _small(row, small_key(row.picture_key), None)
    kind = "image/png" if row.picture_key.endswith(".png") else JPEG
    return _sent(row.picture_key, kind)


@page
def crop(request: HttpRequest, pk: int, box: int) -> HttpResponseBase:
    """Send what lies in one box of a photo."""
    row = _found(request, pk)
    found = box_of(row, box)
    if found is None:
        raise NotFound(gettext("There is no such photo among yours."))
    return _small(row, crop_key(row.picture_key, found.pk), found)


@page
@require_POST
def flag_photo(request: HttpRequest, pk: int) -> HttpResponse:
    """Flag a photo for retraining, or take the flag back."""
    row = _found(request, pk)
    store_for(request.user, row.store.code, May.REVIEW)
    is_flagged = request.POST.get("flag") == "1"
    if flag(detection=row, is_flagged=is_flagged):
        said = gettext("Flagged for retraining.") if is_flagged else gettext("The flag is taken back.")
        messages.success(request, said)
    return redirect("detection", pk=pk)


def _found(request: HttpRequest, pk: int) -> Detection:
    row = photo(stores_visible_to(request.user), pk)
    if row is None or not row.has_picture:
        raise NotFound(gettext("There is no such photo among yours."))
    return row


def _small(row: Detection, key: str, box: DetectedLabel | None) -> HttpResponseBase:
    """Send what the worker has made, or make it now where it has not come to it or made none."""
    if row.has_small_pictures and (box is None or box.fate in SHOWN):
        return _sent(key, JPEG)
    place = raw_of(box).box if box else None
    try:
        made = small_pictures(PICTURES.read(row.picture_key), [place] if place else [])
    except (PictureMissing, PictureRefused) as error:
        raise NotFound(error.message) from error
    return answer(made.crops[0] if place else made.thumbnail, JPEG)


def _sent(key: str, kind: str) -> HttpResponseBase:
    try:
        if address := PICTURES.address(key, seconds=SIGNED_SECONDS):
            return HttpResponseRedirect(address)
        return answer(PICTURES.read(key), kind)
    except PictureMissing as error:
        raise NotFound(error.message) from error


def answer(content: bytes, kind: str = JPEG) -> HttpResponse:
    """Send a picture; its address never shows another one, so the browser may keep it."""
    answer = HttpResponse(content, content_type=kind)
    answer["Cache-Control"] = "private, max-age=86400, immutable"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
