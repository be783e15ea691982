"""Objects of S3 over boto3, with a connection's own credentials; or of folders that stand for buckets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from models_registry.domain.objects import (
    ObjectDenied,
    ObjectMissing,
    ObjectStoreError,
    ObjectTooLarge,
    Place,
    StoreUnanswered,
)
from models_registry.gateways.aws import Account, botocore_session
from models_registry.gateways.sessions import RoleNotAssumed, said

ERRORS: Mapping[str, type[ObjectStoreError]] = {
    "NoSuchKey": ObjectMissing,
    "NoSuchBucket": ObjectMissing,
    "404": ObjectMissing,
    "AccessDenied": ObjectDenied,
    "403": ObjectDenied,
    "AllAccessDisabled": ObjectDenied,
    "InvalidAccessKeyId": ObjectDenied,
    "SignatureDoesNotMatch": ObjectDenied,
    "RequestTimeTooSkewed": ObjectDenied,
    "ExpiredToken": ObjectDenied,
    "InvalidToken": ObjectDenied,
    "InvalidObjectState": ObjectDenied,
    "SlowDown": StoreUnanswered,
}


@dataclass(frozen=True, slots=True)
class FolderBuckets:
    """`s3://bucket/key` is the file `root/bucket/key`. Nothing outside a bucket's folder is an object."""

    root: Path

    def read(self, bucket: str, key: str, *, max_bytes: int) -> bytes:
        """Return the whole file."""
        place, path = Place(bucket, key), self._path(bucket, key)
        try:
            with path.open("rb") as file:
                content = file.read(max_bytes + 1)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise ObjectMissing(f"There is no {place} in {self.root}. Put the file there.") from None
        except OSError as error:
            raise ObjectDenied(f"{place} in {self.root} cannot be read: {error.strerror}.") from error
        return _checked(place, content, max_bytes)

    def keys(self, bucket: str, prefix: str, *, most: int) -> list[str]:
        """Return the files whose name under the bucket's folder begins with a prefix."""
        folder = self._path(bucket, "any").parent
        if not folder.is_dir():
            raise ObjectMissing(f"There is no bucket {bucket} in {self.root}. Make the folder.")
        paths = (path for path in folder.rglob("*") if path.is_file())
        names = (path.relative_to(folder).as_posix() for path in paths)
        return sorted(name for name in names if name.startswith(prefix))[:most]

    def _path(self, bucket: str, key: str) -> Path:
        """Find the file; a key is a name, never a way out."""
        parts = [bucket, *key.split("/")]
        path = self.root.joinpath(*parts)
        is_plain = not any(part in {"", ".", ".."} or "\0" in part for part in parts) and "/" not in bucket
        if not is_plain or not path.resolve().is_relative_to(self.root.resolve() / bucket):
            raise ObjectMissing(f"{Place(bucket, key)} names no file of a bucket in {self.root}.")
        return path


class S3Buckets:
    """S3 as one account sees it; safe to share between threads. A bucket's region is found by itself."""

    def __init__(self, account: Account, *, endpoint_url: str = "") -> None:
        config = Config(
            connect_timeout=3,
            read_timeout=10,
            retries={"mode": "standard", "total_max_attempts": account.read_attempts},
            user_agent_extra="kamado",
        )
        session = boto3.Session(botocore_session=botocore_session(account), region_name=account.region)
        self._client = session.client("s3", config=config, endpoint_url=endpoint_url or None)

    def read(self, bucket: str, key: str, *, max_bytes: int) -> bytes:
        """Return the whole object; one call. See GetObject in the API reference."""
        place = Place(bucket, key)
        try:
            with self._client.get_object(Bucket=bucket, Key=key)["Body"] as body:
                content: bytes = body.read(max_bytes + 1)
        except ClientError as error:
            raise _our_error(place, error) from error
        except RoleNotAssumed as error:
            raise ObjectDenied(f"{error} ({place})") from error
        except (BotoCoreError, OSError) as error:
            raise StoreUnanswered(f"S3 did not answer for {place}: {error} It is asked again.") from error
        return _checked(place, content, max_bytes)

    def keys(self, bucket: str, prefix: str, *, most: int) -> list[str]:
        """Return keys in the order of S3, a thousand a call. See ListObjectsV2 in the API reference."""
        place, found = Place(bucket, prefix), list[str]()
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix=prefix, PaginationConfig={"MaxItems": most}
        )
        try:
            for page in pages:
                found += [each["Key"] for each in page.get("Contents", ())]
        except ClientError as error:
            raise _our_error(place, error) from error
        except RoleNotAssumed as error:
            raise ObjectDenied(f"{error} ({place})") from error
        except (BotoCoreError, OSError) as error:
            raise StoreUnanswered(f"S3 did not answer for {place}: {error} It is asked again.") from error
        return found


@lru_cache(maxsize=256)
def s3_for(account: Account) -> S3Buckets:
    """Return the S3 client of an account, made once a process."""
    return S3Buckets(account)


def _checked(place: Place, content: bytes, max_bytes: int) -> bytes:
    if len(content) > max_bytes:
        raise ObjectTooLarge(f"{place} has more than {max_bytes} bytes. Check what lies there.")
    return content


def _our_error(place: Place, error: ClientError) -> ObjectStoreError:
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500))
    kind = ERRORS.get(code) or (StoreUnanswered if status >= 500 else ObjectStoreError)
    return kind(f"{said(error)} ({place})")
