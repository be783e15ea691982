"""Instants are whole milliseconds since 1970 UTC: exact to compare, and what the service's ARNs carry."""

from datetime import UTC, datetime, timedelta
from email.utils import formatdate

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_MS = (datetime(9000, 1, 1, tzinfo=UTC) - _EPOCH) // timedelta(milliseconds=1)


def from_datetime(value: datetime) -> int:
    """Milliseconds of an aware datetime; a naive one is refused, because it names no instant."""
    if value.tzinfo is None:
        raise ValueError(f"{value.isoformat()} has no time zone; write for example {value.isoformat()}Z")
    return checked((value - _EPOCH) // timedelta(milliseconds=1))


def checked(at_ms: int) -> int:
    """The instant itself, if it is one that ARNs and headers can carry."""
    if not 0 <= at_ms <= _LATEST_MS:
        raise ValueError("an instant must lie between the years 1970 and 9000")
    return at_ms


def from_iso(text: str) -> int:
    """Milliseconds of an ISO 8601 text with a zone, such as 2026-11-23T09:00:00+09:00."""
    return from_datetime(datetime.fromisoformat(text))


def to_iso(at_ms: int) -> str:
    return (_EPOCH + timedelta(milliseconds=at_ms)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def to_http_date(at_ms: int) -> str:
    """The Date header's format, which knows whole seconds only: the fraction is cut, never rounded up."""
    return formatdate(at_ms // 1000, usegmt=True)
