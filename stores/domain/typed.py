"""Times as people type them: 7:00, 0700, 7, 24:00, 26:00, ７：００, 7時30分."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from stores.domain.hours import (
    DayHours,
    InvalidHours,
    check_day_hours,
    closing_minute,
    plain_closing,
    span_text,
)
from stores.domain.localtime import DAY_MINUTES

_TIME = re.compile(r"(\d{1,2})(?:[:.時h](\d{1,2})?分?)?|(\d{1,2})(\d{2})")


def minute_of(text: str) -> int:
    """Return the minute a typed time means, 0 to 2,880; raise InvalidHours when it is none."""
    match = _TIME.fullmatch(re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).lower())
    if match is None:
        raise InvalidHours("“%(text)s” is not a time. Write it like 7:00 or 19:30.", text=text.strip())
    hours, minutes = int(match[1] or match[3]), int(match[2] or match[4] or 0)
    if minutes > 59 or hours * 60 + minutes > 2 * DAY_MINUTES:
        raise InvalidHours("“%(text)s” is not a time. Write it like 7:00 or 19:30.", text=text.strip())
    return hours * 60 + minutes


def hours_typed(pairs: Iterable[tuple[str, str]], *, day: str = "") -> DayHours:
    """Return the hours of typed (opens, closes) pairs; pairs that are empty are passed over."""
    hours = []
    for opens, closes in pairs:
        if not opens.strip() and not closes.strip():
            continue
        if not opens.strip() or not closes.strip():
            raise InvalidHours("Write both the opening and the closing time.")
        start = minute_of(opens)
        hours.append((start, closing_minute(start, minute_of(closes))))
    return check_day_hours(hours, day=day)


def hours_written(text: str) -> DayHours:
    """Return the hours of a line such as `7:00-12:00, 14:00-19:00`."""
    plain = re.sub(r"[‐-―−〜~～ー]", "-", unicodedata.normalize("NFKC", text))
    pairs = [part.partition("-") for part in re.split(r"[,;、，]", plain)]
    return hours_typed((opens, closes) for opens, _, closes in pairs)


def hours_text(hours: Iterable[Iterable[int]]) -> str:
    """Write the hours of a day as `07:00–12:00, 14:00–19:00`."""
    return ", ".join(span_text(opens, plain_closing(opens, closes)) for opens, closes in hours)
