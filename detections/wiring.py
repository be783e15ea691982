"""Where the edge joins the learning loop to AWS and to the place for pictures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from django.conf import settings

from detections.domain.pictures import MAX_UPLOAD_BYTES, Picture, PictureRefused
from detections.domain.ports import Eyes
from detections.gateways.listed_objects import objects_in
from detections.gateways.picture_files import StoredPictures
from detections.gateways.rekognition import eyes_for
from detections.gateways.zip_files import pictures_in
from detections.models import Batch
from models_registry.domain.objects import place_of
from models_registry.models import Connection
from models_registry.wiring import account_of, open_buckets

PICTURES = StoredPictures()


def read_source(connection: Connection, source: str) -> bytes:
    """Return the picture at an s3:// address: another bucket's with the connection's role."""
    place = place_of(source)
    if place.bucket == settings.PICTURES_BUCKET_NAME:
        return PICTURES.read(place.key)
    return open_buckets(connection).read(*place, max_bytes=MAX_UPLOAD_BYTES)


def open_eyes(connection: Connection) -> Eyes:
    """Return DetectCustomLabels of a connection; the same object for the same settings in one process."""
    return eyes_for(account_of(connection))


def entries_of(batch: Batch, file: BinaryIO) -> Iterator[tuple[str, Picture | PictureRefused]]:
    """Yield a batch's files that were not read yet: out of its zip, or from where its list says."""
    if batch.source_key.endswith(".json"):
        return objects_in(file, start=batch.read_upto, buckets=open_buckets(batch.deployment.connection))
    return pictures_in(file, start=batch.read_upto)
