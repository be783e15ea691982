"""Where pictures are kept: Django's storage named “pictures”, in a folder or on S3 (django-storages).

Keys are written once and never changed, so writing one again is harmless.
"""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from botocore.exceptions import BotoCoreError, ClientError
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, storages

from detections.domain.ports import PictureMissing, PictureStoreDenied, PictureStoreError, UploadForm

ALIAS = "pictures"
CHUNK = 1024 * 1024
AT_ONCE = 1_000
"""What DeleteObjects takes (S3 API reference)."""
PROBE = "writable"
MISSING = {"NoSuchKey", "404", "NotFound"}
DENIED = {"AccessDenied", "403", "NoSuchBucket", "InvalidAccessKeyId", "SignatureDoesNotMatch", "Forbidden"}

DENIAL = (
    "The bucket of pictures answered {name}. Check KAMADO_PICTURES_BUCKET, and that the portal's role may "
    "GetObject, PutObject and DeleteObject there."
)


class DurableFileStorage(FileSystemStorage):
    """A folder in which a file is whole or not there, and on the disk before `save` returns."""

    def save_whole(self, name: str, content: BinaryIO) -> None:
        """Write beside, flush to the disk, then rename over."""
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=".draft-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                shutil.copyfileobj(content, file, CHUNK)
                file.flush()
                os.fsync(file.fileno())
            Path(draft).replace(path)
        except OSError:
            with suppress(FileNotFoundError):
                Path(draft).unlink()
            raise


class StoredPictures:
    """A PictureStore over the storage of the settings."""

    def save(self, key: str, content: bytes) -> None:
        """Write a picture durably."""
        self.save_file(key, io.BytesIO(content))

    def save_file(self, key: str, file: BinaryIO) -> None:
        """Write what a file holds durably, a piece at a time."""
        storage = storages[ALIAS]
        with _our_errors():
            if isinstance(storage, DurableFileStorage):
                storage.save_whole(key, file)
            else:
                storage.save(key, File(file))

    @contextmanager
    def open_file(self, key: str) -> Iterator[BinaryIO]:
        """Open what is kept; from S3 it is brought into a temporary file first."""
        with _our_errors():
            file: Any = storages[ALIAS].open(key, "rb")
        with file:
            yield file

    def read(self, key: str) -> bytes:
        """Return a picture."""
        with _our_errors(), storages[ALIAS].open(key, "rb") as file:
            content: bytes = file.read()
            return content

    def delete(self, keys: Sequence[str]) -> None:
        """Delete those of the pictures that are there; on S3 a thousand in one call."""
        storage: Any = storages[ALIAS]
        with _our_errors():
            if isinstance(storage, FileSystemStorage):
                for key in keys:
                    storage.delete(key)
                return
            for first in range(0, len(keys), AT_ONCE):
                named = [{"Key": key} for key in keys[first : first + AT_ONCE]]
                answer = storage.bucket.delete_objects(Delete={"Objects": named, "Quiet": True})
                if failed := answer.get("Errors"):
                    raise ClientError({"Error": failed[0]}, "DeleteObjects")

    def probe(self) -> None:
        """Write one small file in the root: raises a PictureStoreError where pictures cannot be kept."""
        self.save(PROBE, b"ok")

    def address(self, key: str, *, seconds: int) -> str | None:
        """Return a presigned address on S3; None for a folder, from which the portal serves itself."""
        storage: Any = storages[ALIAS]
        if isinstance(storage, FileSystemStorage):
            return None
        with _our_errors():
            return str(storage.url(key, expire=seconds))

    def upload_form(self, key: str, *, seconds: int, most_bytes: int) -> UploadForm | None:
        """Return a presigned POST on S3; None for a folder, for which the portal takes uploads itself."""
        storage: Any = storages[ALIAS]
        if isinstance(storage, FileSystemStorage):
            return None
        with _our_errors():
            made = storage.connection.meta.client.generate_presigned_post(
                storage.bucket_name,
                key,
                ExpiresIn=seconds,
                Conditions=[["content-length-range", 1, most_bytes]],
            )
        return UploadForm(made["url"], made["fields"])


@contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise PictureMissing("The picture is not there any more.") from error
    except SuspiciousFileOperation as error:
        raise PictureMissing("There is no such picture.") from error
    except ClientError as error:
        name = str(error.response.get("Error", {}).get("Code", ""))
        if name in MISSING:
            raise PictureMissing("The picture is not there any more.") from error
        if name in DENIED:
            raise PictureStoreDenied(DENIAL.format(name=name)) from error
        raise PictureStoreError(f"The bucket of pictures answered {name}: {error}") from error
    except BotoCoreError as error:
        raise PictureStoreError(f"The bucket of pictures did not answer: {error}") from error
    except OSError as error:
        raise PictureStoreError(f"The folder of pictures cannot be used: {error}") from error
