"""Objects in S3 as services read them, and how a reading may fail.

Services receive an `ObjectStore`; `gateways/` holds the one that speaks to S3 and one over a folder.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from portal.base.errors import PortalError


class Place(NamedTuple):
    """Where an object lies; `str()` is its s3:// address."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


def place_of(address: str) -> Place:
    """Read an address that `str(Place)` wrote."""
    bucket, _, key = address.removeprefix("s3://").partition("/")
    return Place(bucket, key)


class ObjectStore(Protocol):
    """The objects that one connection may read. Raises ObjectStoreErrors."""

    def read(self, bucket: str, key: str, *, max_bytes: int) -> bytes:
        """Return a whole object of at most `max_bytes`."""
        ...

    def keys(self, bucket: str, prefix: str, *, most: int) -> list[str]:
        """Return the keys that begin with a prefix, in their order, the first `most` of them."""
        ...


class ObjectStoreError(PortalError):
    """An object could not be read."""

    code = "object_unread"


class ObjectMissing(ObjectStoreError):
    """There is no such object, or no such bucket."""

    code = "object_missing"


class ObjectDenied(ObjectStoreError):
    """The credentials may not read it. Without s3:ListBucket a missing object looks the same."""

    code = "object_denied"


class ObjectTooLarge(ObjectStoreError):
    """It is larger than anything that we expect there."""

    code = "object_too_large"


class StoreUnanswered(ObjectStoreError):
    """No usable answer; the same call may succeed later."""

    code = "store_unanswered"
    retryable = True
