"""Pictures of trays, for those who may see the store."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext

from detections.domain.ports import PictureMissing
from detections.gateways.pixels import thumbnail
from detections.selectors.history import photo
from detections.wiring import PICTURES
from portal.base.errors import NotFound
from portal.base.site import page
from stores.access import stores_visible_to

SIGNED_SECONDS = 300


@page
def picture(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Send a photo, or with `?size=thumb` a small one; on S3 lead to a signed address."""
    row = photo(stores_visible_to(request.user), pk)
    if row is None or not row.picture_key:
        raise NotFound(gettext("There is no such photo among yours."))
    is_small = request.GET.get("size") == "thumb"
    try:
        if not is_small and (address := PICTURES.address(row.picture_key, seconds=SIGNED_SECONDS)):
            return HttpResponseRedirect(address)
        content = PICTURES.read(row.picture_key)
    except PictureMissing as error:
        raise NotFound(error.message) from error
    kind = "image/png" if row.picture_key.endswith(".png") and not is_small else "image/jpeg"
    answer = HttpResponse(thumbnail(content) if is_small else content, content_type=kind)
    answer["Cache-Control"] = "private, max-age=86400, immutable"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
