"""Wall time to UTC, in one place.

A wall time that the spring change skips becomes the first instant after the gap. A wall time that the
autumn change repeats means its first occurrence for an opening and its second for a closing, so that a
store is never cut short. Instants are integer seconds since 1970-01-01T00:00Z inside the planner (fast,
exact, and free of same-zone subtraction); `datetime` in UTC at the rim.

Source of the rule: the IANA database through `zoneinfo`; ambiguity by PEP 495 (`fold`).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from portal.base.errors import InvalidInput
from stores.domain.sentences import Refusal

EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
DAY_SECONDS = 86_400
DAY_MINUTES = 1_440


class UnknownTimeZone(Refusal):
    """The name is not in the IANA time zone database."""

    code = "unknown_time_zone"


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """Return the IANA zone called `name`; raise UnknownTimeZone when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnknownTimeZone(
            "“%(name)s” is not a time zone of the IANA database. Write it like Asia/Tokyo or Europe/Paris.",
            name=name,
        ) from error


def wall_to_utc(zone_name: str, on: date, minute: int, *, closing: bool) -> int:
    """Return the UTC second at which the wall clock of `zone_name` shows `minute` of the day `on`.

    `minute` counts from the midnight that begins `on`, 0 to 2,880: 1,440 is midnight at its end, 1,560
    is 02:00 of the next day. `closing` picks the second of two equal wall times, an opening the first.
    """
    extra_days, minute = divmod(minute, DAY_MINUTES)
    return instant(zone_name, on.toordinal() + extra_days, minute, closing=closing)


def instant(zone_name: str, ordinal: int, minute: int, *, closing: bool) -> int:
    """Like `wall_to_utc`, for a proleptic Gregorian `ordinal` and a `minute` below 1,440: the hot path."""
    offset = whole_day_offset(zone_name, ordinal)
    if offset is None:
        return _instant_on_change_day(zone_name, ordinal, minute, closing)
    return (ordinal - EPOCH_ORDINAL) * DAY_SECONDS + minute * 60 - offset


@lru_cache(maxsize=131_072)
def whole_day_offset(zone_name: str, ordinal: int) -> int | None:
    """Return the day's one UTC offset in seconds, or None when the clocks change on it or at its rims."""
    midnight = datetime.fromordinal(ordinal)
    rims = (midnight, midnight + timedelta(days=1))
    tz = zone(zone_name)
    offsets = {_offset(rim.replace(tzinfo=tz, fold=fold)) for rim in rims for fold in (0, 1)}
    return offsets.pop() if len(offsets) == 1 else None


@lru_cache(maxsize=65_536)
def _instant_on_change_day(zone_name: str, ordinal: int, minute: int, closing: bool) -> int:
    wall = datetime.fromordinal(ordinal) + timedelta(minutes=minute)
    tz = zone(zone_name)
    before = _offset(wall.replace(tzinfo=tz, fold=0))
    after = _offset(wall.replace(tzinfo=tz, fold=1))
    seconds = (ordinal - EPOCH_ORDINAL) * DAY_SECONDS + minute * 60
    if after > before:
        return _change_between(tz, seconds - after, seconds - before)
    return seconds - (after if closing else before)


def _change_between(tz: ZoneInfo, low: int, high: int) -> int:
    """Return the first UTC second after `low`, at most `high`, that has the offset of `high`."""
    target = _offset_at(tz, high)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset_at(tz, middle) == target:
            high = middle
        else:
            low = middle
    return high


def _offset_at(tz: ZoneInfo, seconds: int) -> int:
    return _offset(datetime.fromtimestamp(seconds, tz))


def _offset(moment: datetime) -> int:
    offset = moment.utcoffset()
    if offset is None:
        raise InvalidInput("This instant has no time zone; pass an aware datetime.")
    return round(offset.total_seconds())


def local_date(zone_name: str, at: datetime) -> date:
    """Return the calendar date that `at` falls on in `zone_name`."""
    return at.astimezone(zone(zone_name)).date()


def day_start(zone_name: str, on: date) -> datetime:
    """Return the instant at which the local day `on` begins (after the gap where midnight is skipped)."""
    return from_seconds(wall_to_utc(zone_name, on, 0, closing=False))


def to_seconds(at: datetime) -> int:
    """Return whole UTC seconds since the epoch; refuse a naive datetime."""
    if at.tzinfo is None:
        raise InvalidInput("This instant has no time zone; pass an aware datetime.")
    return int(at.timestamp())


def from_seconds(seconds: int) -> datetime:
    """Return the UTC datetime of a second since the epoch."""
    return datetime.fromtimestamp(seconds, UTC)
