"""Where pictures and manifests come from and results go: folders on this machine, or S3.

FolderBuckets       `s3://breads/trays/1.jpg` is the file DIR/breads/trays/1.jpg; a file `.region` in a
                    bucket's folder may name the one region whose calls may use it
S3Buckets           boto3 against one endpoint: the real S3, moto, MinIO
NoBuckets           the server was started with neither; every access says so
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from threading import get_ident
from typing import Any, Protocol
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

_REGION_FILE = ".region"
_KINDS_OF_CODES = {
    "404": "missing", "NoSuchKey": "missing", "NoSuchBucket": "missing", "NoSuchVersion": "missing",
    "403": "denied", "AccessDenied": "denied", "301": "region", "PermanentRedirect": "region",
}  # fmt: skip


class Trouble(StrEnum):
    MISSING = "missing"
    DENIED = "denied"
    REGION = "region"
    TOO_LARGE = "too_large"
    UNREACHABLE = "unreachable"


class BucketError(Exception):
    """An object cannot be read or written: `trouble` for programs, the message for people."""

    def __init__(self, trouble: Trouble, message: str) -> None:
        super().__init__(message)
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class S3Place:
    bucket: str
    key: str

    @classmethod
    def parse(cls, uri: str) -> "S3Place":
        """Read `s3://bucket/key`. Raises ValueError when it is none."""
        parts = urlsplit(uri)
        bucket, key = parts.netloc, uri.removeprefix(f"s3://{parts.netloc}/")
        if parts.scheme != "s3" or not bucket or not key or key == uri:
            raise ValueError(f"{uri!r} is not s3://bucket/key.")
        return cls(bucket, key)

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


class Buckets(Protocol):
    """Whole objects, read and written at once. Every method raises BucketError; safe in many threads."""

    def size(self, place: S3Place, *, region: str) -> int:
        """How many bytes an object has, without reading it."""

    def read(self, place: S3Place, *, region: str, max_bytes: int | None = None) -> bytes: ...

    def write(self, place: S3Place, content: bytes, *, region: str) -> None: ...


@dataclass(frozen=True, slots=True)
class FolderBuckets:
    root: Path

    def size(self, place: S3Place, *, region: str) -> int:
        try:
            return self._path(place, region).stat().st_size
        except OSError:
            raise BucketError(Trouble.MISSING, f"There is no object {place}.") from None

    def read(self, place: S3Place, *, region: str, max_bytes: int | None = None) -> bytes:
        path = self._path(place, region)
        try:
            size = path.stat().st_size
            if max_bytes is not None and size > max_bytes:
                raise BucketError(
                    Trouble.TOO_LARGE, f"{place} has {size} bytes; at most {max_bytes} are read."
                )
            return path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            raise BucketError(Trouble.MISSING, f"There is no object {place}.") from None
        except OSError as error:
            raise BucketError(Trouble.DENIED, f"{place} cannot be read: {error.strerror}.") from error

    def write(self, place: S3Place, content: bytes, *, region: str) -> None:
        """Write in one move, so that nobody ever reads half an object."""
        path = self._path(place, region)
        draft = path.with_name(f".{path.name[:200]}.{get_ident()}.draft")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(content)
            draft.replace(path)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise BucketError(Trouble.DENIED, f"{place} cannot be written: {error.strerror}.") from error

    def _path(self, place: S3Place, region: str) -> Path:
        """The object's file. A key is a name, not a way: what leads out of the bucket does not exist."""
        folder = self.root / place.bucket
        if place.bucket in {"", ".", ".."} or not folder.is_dir():
            raise BucketError(Trouble.MISSING, f"There is no bucket {place.bucket}.")
        if any(part in {"", ".", ".."} for part in place.key.split("/")) or "\0" in place.key:
            raise BucketError(Trouble.MISSING, f"There is no object {place}.")
        home = folder / _REGION_FILE
        if home.is_file() and (its := home.read_text(encoding="utf-8").strip()) != region:
            raise BucketError(Trouble.REGION, f"The bucket {place.bucket} is in {its}, the call in {region}.")
        return folder / place.key


@dataclass(frozen=True, slots=True)
class S3Buckets:
    endpoint: str

    def size(self, place: S3Place, *, region: str) -> int:
        try:
            answer = _client(self.endpoint, region).head_object(Bucket=place.bucket, Key=place.key)
        except (ClientError, BotoCoreError) as error:
            raise _bucket_error(place, error) from error
        return int(answer["ContentLength"])

    def read(self, place: S3Place, *, region: str, max_bytes: int | None = None) -> bytes:
        try:
            answer = _client(self.endpoint, region).get_object(Bucket=place.bucket, Key=place.key)
            if max_bytes is not None and answer["ContentLength"] > max_bytes:
                answer["Body"].close()
                raise BucketError(Trouble.TOO_LARGE, f"{place} has more than {max_bytes} bytes.")
            content: bytes = answer["Body"].read()
            return content
        except (ClientError, BotoCoreError) as error:
            raise _bucket_error(place, error) from error

    def write(self, place: S3Place, content: bytes, *, region: str) -> None:
        try:
            _client(self.endpoint, region).put_object(Bucket=place.bucket, Key=place.key, Body=content)
        except (ClientError, BotoCoreError) as error:
            raise _bucket_error(place, error) from error


class NoBuckets:
    def size(self, place: S3Place, *, region: str) -> int:
        del region
        raise self._error(place)

    def read(self, place: S3Place, *, region: str, max_bytes: int | None = None) -> bytes:
        del region, max_bytes
        raise self._error(place)

    def write(self, place: S3Place, content: bytes, *, region: str) -> None:
        del content, region
        raise self._error(place)

    def _error(self, place: S3Place) -> BucketError:
        return BucketError(
            Trouble.MISSING,
            f"{place} is out of reach: Rekognition Local was started without --buckets and --s3-endpoint.",
        )


def open_buckets(*, folder: Path | None, endpoint: str | None) -> Buckets:
    """The buckets of a server's settings."""
    if folder is not None:
        return FolderBuckets(folder)
    return S3Buckets(endpoint) if endpoint else NoBuckets()


@cache
def _client(endpoint: str, region: str) -> Any:
    retries = Config(
        retries={"mode": "standard", "total_max_attempts": 3}, connect_timeout=5, read_timeout=30
    )
    return boto3.client("s3", endpoint_url=endpoint, region_name=region, config=retries)


def _bucket_error(place: S3Place, error: ClientError | BotoCoreError) -> BucketError:
    if not isinstance(error, ClientError):
        return BucketError(Trouble.UNREACHABLE, f"{place} cannot be reached: {error}")
    trouble = Trouble(_KINDS_OF_CODES.get(str(error.response["Error"].get("Code")), Trouble.DENIED))
    return BucketError(trouble, f"{place} cannot be used: {error}")
