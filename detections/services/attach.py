"""A picture that follows its photo later: the log came first, from a register that was offline."""

from __future__ import annotations

import uuid
from datetime import datetime

from detections.domain.outcomes import Source
from detections.domain.pictures import Picture
from detections.domain.ports import PictureStore
from detections.models import Detection
from stores.domain.sentences import Refusal


class PicturePresent(Refusal):
    """The photo has its picture already, or never gets one this way."""

    code = "picture_present"


class PictureDiffers(Refusal):
    """This is another picture than the log says."""

    code = "picture_differs"


def attach_picture(
    *, detection: Detection, picture: Picture, sha256: str, pictures: PictureStore, at: datetime
) -> None:
    """Keep the picture of an imported photo; the same again changes nothing. Raises a Refusal."""
    if detection.picture_sha256 and detection.picture_sha256 != sha256:
        raise PictureDiffers("The picture's SHA-256 is not the one that the log gave. Send that picture.")
    if detection.picture_key:
        return
    if detection.source != Source.IMPORT or detection.pruned_at is not None:
        raise PicturePresent("Only a photo of an imported log takes a picture later, and only once.")
    name = f"{detection.store_id}/{at:%Y-%m-%d}/{uuid.uuid4().hex}.{picture.suffix}"
    pictures.save(name, picture.content)
    bare = Detection.objects.filter(pk=detection.pk, picture_key="", pruned_at__isnull=True)
    if not bare.update(
        picture_name=name, picture_key=name, picture_sha256=sha256, picture_bytes=len(picture.content),
        width=picture.width, height=picture.height, has_small_pictures=False,
    ):  # fmt: skip
        pictures.delete([name])  # another request was quicker
