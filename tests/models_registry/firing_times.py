"""A small interpreter of EventBridge Scheduler, for tests: when would AWS carry out a schedule?

It walks through every minute of UTC and looks at the wall clock, and knows nothing of our code but the shape
of a `Schedule`. Rules from the user guide's "Schedule types": a wall time that is skipped is not carried out,
one that comes twice is carried out the first time; `rate` counts real time from its StartDate.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from models_registry.domain.schedules import Schedule

DAYS = {name: place for place, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), start=1)}
MONTHS = {name.upper(): place for place, name in enumerate(calendar.month_abbr) if name}
NAMES = DAYS | MONTHS
Wall = dict[tuple[int, int], list[datetime]]
NEVER = datetime.max.replace(tzinfo=UTC)


@lru_cache(maxsize=64)
def walls(zone: str, low: int, high: int) -> Wall:
    """Every wall time of a zone that AWS sees between two UTC minutes, by hour and minute."""
    found: Wall = {}
    tz = ZoneInfo(zone)
    for second in range(low - low % 60, high, 60):
        local = datetime.fromtimestamp(second, tz)
        if not local.fold:
            found.setdefault((local.hour, local.minute), []).append(local)
    return found


def fires(schedules: Iterable[Schedule], low: datetime, high: datetime) -> set[tuple[str, int]]:
    """Return (operation, UTC second) for whatever AWS carries out after `low` and before `high`."""
    found = set()
    for each in schedules:
        if each.is_enabled:
            found |= {(each.target.value, at) for at in instants(each, low, high)}
    return found


def instants(schedule: Schedule, low: datetime, high: datetime) -> list[int]:
    kind, _, rest = schedule.expression.rstrip(")").partition("(")
    if kind == "at":
        at = first_pass(datetime.fromisoformat(rest), schedule.timezone)
        return [at] if at is not None and low.timestamp() < at < high.timestamp() else []
    begin, end = schedule.starts_at or low, schedule.ends_at or NEVER
    if kind == "rate":
        return [at for at in rate(rest, begin, min(high, end)) if low.timestamp() < at]
    assert kind == "cron", schedule.expression
    fields = rest.split()
    assert (len(fields), [fields[2], fields[4]].count("?")) == (6, 1), schedule.expression
    minutes, hours = numbers(fields[0], 0, 59), numbers(fields[1], 0, 23)
    table = walls(schedule.timezone, int(low.timestamp()), int(high.timestamp()))
    moments = [m for hour in hours for minute in minutes for m in table.get((hour, minute), [])]
    chosen = sorted(m for m in moments if on_day(m, fields[2:]) and low < m < high and begin <= m <= end)
    return [int(m.timestamp()) for m in chosen]


def first_pass(naive: datetime, zone: str) -> int | None:
    local = naive.replace(tzinfo=ZoneInfo(zone), fold=0)
    is_skipped = local.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) != naive
    return None if is_skipped else int(local.timestamp())


def rate(said: str, begin: datetime, end: datetime) -> list[int]:
    value, unit = said.split()
    step = timedelta(**{unit if unit.endswith("s") else f"{unit}s": int(value)})
    found, at = [], begin
    while at < end:
        found.append(int(at.timestamp()))
        at += step
    return found


@lru_cache(maxsize=1024)
def numbers(field: str, low: int, high: int) -> set[int]:
    """Read `*`, `?`, `a`, `a-b`, `a/step` and lists of them, numbers or names."""
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        if span in ("*", "?"):
            first, last = low, high
        else:
            begin, _, end = span.partition("-")
            first = number(begin)
            last = number(end) if end else (high if step else first)
        assert low <= first <= last <= high, field
        found.update(range(first, last + 1, int(step or 1)))
    return found


def number(text: str) -> int:
    return NAMES[text] if text in NAMES else int(text)


def on_day(local: datetime, fields: list[str]) -> bool:
    of_month, month, of_week, year = fields
    if local.year not in numbers(year, 1970, 2199) or local.month not in numbers(month, 1, 12):
        return False
    weekday = local.isoweekday() % 7 + 1
    last = calendar.monthrange(local.year, local.month)[1]
    if of_month == "L":
        return local.day == last
    if of_month != "?":
        return local.day in numbers(of_month, 1, 31)
    if nth := re.fullmatch(r"(\w+)#([1-5])", of_week):
        return weekday == number(nth[1]) and (local.day - 1) // 7 + 1 == int(nth[2])
    if final := re.fullmatch(r"(\w+)L", of_week):
        return weekday == number(final[1]) and local.day + 7 > last
    return weekday in numbers(of_week, 1, 7)
