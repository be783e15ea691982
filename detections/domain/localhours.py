"""Hours of UTC, and the spans that the pages of health show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum

from portal.base.errors import InvalidInput
from stores.domain.localtime import day_start, local_date

HOUR = timedelta(hours=1)
STRIP_HOURS = 24


class Span(StrEnum):
    """How far back a page looks."""

    TODAY = "today"
    DAY = "24h"
    WEEK = "7d"
    MONTH = "30d"


DAYS = {Span.TODAY: 1, Span.WEEK: 7, Span.MONTH: 30}


def floor_hour(at: datetime) -> datetime:
    """Return the beginning of the UTC hour of an instant; refuse a naive datetime."""
    if at.tzinfo is None:
        raise InvalidInput("This instant has no time zone; pass an aware datetime.")
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def last_hours(at: datetime) -> list[datetime]:
    """Return the beginnings of the present hour and the 23 before, oldest first."""
    last = floor_hour(at)
    return [last - HOUR * back for back in reversed(range(STRIP_HOURS))]


def begin(span: Span, *, at: datetime, timezone: str) -> datetime:
    """Return the first hour of a span; days are whole days on the clock of `timezone`, today included.

    In a zone of half hours a day begins within an hour of UTC, which then counts as a whole.
    """
    if span is Span.DAY:
        return last_hours(at)[0]
    first_on = local_date(timezone, at) - timedelta(days=DAYS[span] - 1)
    return floor_hour(day_start(timezone, first_on))
