"""What the learning loop needs of the world: eyes, and a place for pictures; and how each may fail."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from detections.domain.places import RawLabel
from models_registry.domain.ports import RekognitionError
from portal.base.errors import PortalError


@dataclass(frozen=True, slots=True)
class Seen:
    """The answer of one DetectCustomLabels call, and how long it took in milliseconds."""

    labels: tuple[RawLabel, ...]
    milliseconds: int


class Eyes(Protocol):
    """DetectCustomLabels of one connection. May raise a RekognitionError or NotReady."""

    def detect(self, version_arn: str, picture: bytes, *, min_confidence: float) -> Seen:
        """Return every raw label at or above `min_confidence` (percent). `picture` is JPEG or PNG."""
        ...


class NotReady(RekognitionError):
    """The version is not RUNNING (ResourceNotReadyException)."""

    code = "model_not_running"
    retryable = True


class PictureRefusedByAws(RekognitionError):
    """AWS cannot read a picture that we could (InvalidImageFormat, ImageTooLarge, InvalidS3Object)."""

    code = "picture_refused_by_aws"


@dataclass(frozen=True, slots=True)
class UploadForm:
    """Whoever has it may put one file in its place for a while: POST `fields`, then `file`."""

    url: str
    fields: dict[str, str]


class PictureStore(Protocol):
    """Where pictures are kept. Keys are relative paths; nothing is public."""

    def save(self, key: str, content: bytes) -> None:
        """Write durably: once this returns, the picture survives a kill. Writing a key again is harmless."""
        ...

    def save_file(self, key: str, file: BinaryIO) -> None:
        """Write what a file holds, as durably, without holding all of it in memory."""
        ...

    def open_file(self, key: str) -> AbstractContextManager[BinaryIO]:
        """Open what is kept, to be read here and there; raise PictureMissing."""
        ...

    def read(self, key: str) -> bytes:
        """Return a picture; raise PictureMissing."""
        ...

    def delete(self, keys: Sequence[str]) -> None:
        """Delete those of the pictures that are there."""
        ...

    def address(self, key: str, *, seconds: int) -> str | None:
        """Return a signed address that a browser may use for a while; None where we serve it ourselves."""
        ...

    def upload_form(self, key: str, *, seconds: int, most_bytes: int) -> UploadForm | None:
        """Return a signed form for one file of at most `most_bytes`; None where we take it ourselves."""
        ...


class PictureStoreError(PortalError):
    """The place for pictures did not do what was asked."""

    code = "picture_store_error"
    retryable = True


class PictureMissing(PictureStoreError):
    """There is no such picture (any more)."""

    code = "picture_missing"
    retryable = False


class PictureStoreDenied(PictureStoreError):
    """The credentials may not read or write the bucket, or there is no such bucket."""

    code = "picture_store_denied"
    retryable = False
