"""Pictures that lie in somebody's bucket, by a list that was made when the batch was handed in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from detections.domain.pictures import MAX_UPLOAD_BYTES, Picture, PictureRefused
from detections.gateways.pixels import read_picture
from models_registry.domain.objects import (
    ObjectDenied,
    ObjectMissing,
    ObjectStore,
    ObjectTooLarge,
)


def written_list(bucket: str, keys: Sequence[str]) -> bytes:
    """Return a list as it is kept."""
    return json.dumps({"bucket": bucket, "keys": list(keys)}).encode()


def objects_in(
    file: BinaryIO, *, start: int, buckets: ObjectStore
) -> Iterator[tuple[str, Picture | PictureRefused]]:
    """Yield each key from number `start` on, with its picture or why it is none.

    An object store that does not answer raises its ObjectStoreError: nothing is wrong with the picture.
    """
    said = json.load(file)
    for key in said["keys"][start:]:
        try:
            yield key, read_picture(buckets.read(said["bucket"], key, max_bytes=MAX_UPLOAD_BYTES))
        except PictureRefused as error:
            yield key, error
        except ObjectTooLarge:
            told = "The picture has more than %(most)s bytes. Send a smaller JPEG."
            yield key, PictureRefused("picture_too_large", told, most=MAX_UPLOAD_BYTES)
        except (ObjectMissing, ObjectDenied):
            told = "The picture is no longer in the bucket, or may not be read."
            yield key, PictureRefused("picture_not_found", told)
