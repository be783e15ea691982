"""Simple repetition of a date, walked day by day so that no rule can run away. Pure.

Read are DAILY, WEEKLY, MONTHLY and YEARLY with INTERVAL, COUNT, UNTIL, BYDAY, BYMONTHDAY, BYMONTH and WKST
(RFC 5545 §3.3.10). The walk is bounded by dates, not by what the rule yields: a rule for 30 February ends as
soon as any other.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from stores.domain.sentences import Refusal

MAX_INSTANCES = 400
MAX_AGE_DAYS = 366 * 30
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
KNOWN = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYMONTH", "WKST"})


class RuleRefused(Refusal):
    """A repetition that is not simple, or has too many instances."""

    code = "rule_refused"


class Frequency(StrEnum):
    """How often a rule comes round."""

    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


@dataclass(frozen=True, slots=True)
class Rule:
    """A repetition. `days` are (ordinal, weekday) with ordinal 0 for every; Monday is 0."""

    frequency: Frequency
    interval: int = 1
    count: int | None = None
    until: date | None = None
    days: tuple[tuple[int, int], ...] = ()
    month_days: tuple[int, ...] = ()
    months: tuple[int, ...] = ()
    week_start: int = 0


def rule_of(parts: Mapping[str, Sequence[object]]) -> Rule:
    """Read the parts of an RRULE; raise RuleRefused for one that is not simple."""
    unknown = sorted(set(map(str.upper, parts)) - KNOWN)
    if unknown:
        raise RuleRefused("The repetition uses %(parts)s, which is not read here.", parts=", ".join(unknown))
    said = {name.upper(): [str(value) for value in values] for name, values in parts.items()}
    frequency = (said.get("FREQ") or [""])[0].upper()
    if frequency not in set(Frequency):
        raise RuleRefused("A repetition “%(frequency)s” is not read here.", frequency=frequency)
    rule = Rule(
        Frequency(frequency),
        interval=_whole(said.get("INTERVAL", ["1"])[0], 1, 10_000),
        count=_whole(said["COUNT"][0], 1, 10**9) if "COUNT" in said else None,
        days=tuple(_weekday(text) for text in said.get("BYDAY", ())),
        month_days=tuple(_whole(text, -31, 31) for text in said.get("BYMONTHDAY", ())),
        months=tuple(_whole(text, 1, 12) for text in said.get("BYMONTH", ())),
        week_start=_weekday(said.get("WKST", ["MO"])[0])[1],
    )
    has_ordinals = any(ordinal for ordinal, _ in rule.days)
    is_monthly = rule.frequency is Frequency.MONTHLY or (
        rule.frequency is Frequency.YEARLY and bool(rule.months)
    )
    if has_ordinals and not is_monthly:
        raise RuleRefused("A repetition by the n-th weekday is read by months only.")
    return rule


def instances(rule: Rule, start: date, *, first_on: date, last_on: date) -> list[date]:
    """Return the dates of a rule that begins on `start`, from `first_on` to `last_on`, both included.

    Raises RuleRefused for more than 400, and for a count that began more than thirty years ago.
    """
    end = min(last_on, rule.until or last_on)
    begin = start if rule.count is not None else max(start, first_on)
    if (first_on - begin).days > MAX_AGE_DAYS:
        raise RuleRefused("The repetition began too long ago to be counted.")
    found: list[date] = []
    left = rule.count
    for ordinal in range(begin.toordinal(), end.toordinal() + 1):
        on = date.fromordinal(ordinal)
        if left == 0:
            break
        if not _matches(rule, start, on):
            continue
        left = left - 1 if left is not None else None
        if on >= first_on:
            found.append(on)
        if len(found) > MAX_INSTANCES:
            raise RuleRefused("The repetition has more than %(count)s instances.", count=MAX_INSTANCES)
    return found


def _matches(rule: Rule, start: date, on: date) -> bool:
    if rule.months and on.month not in rule.months:
        return False
    return _is_turn(rule, start, on) and _is_day(rule, start, on)


def _is_turn(rule: Rule, start: date, on: date) -> bool:
    """Tell whether the day, week, month or year is one that the interval hits."""
    match rule.frequency:
        case Frequency.DAILY:
            passed = (on - start).days
        case Frequency.WEEKLY:
            passed = (_week(on, rule.week_start) - _week(start, rule.week_start)).days // 7
        case Frequency.MONTHLY:
            passed = (on.year - start.year) * 12 + on.month - start.month
        case Frequency.YEARLY:
            passed = on.year - start.year
    return passed % rule.interval == 0


def _week(on: date, week_start: int) -> date:
    return on - timedelta(days=(on.weekday() - week_start) % 7)


def _is_day(rule: Rule, start: date, on: date) -> bool:
    length = monthrange(on.year, on.month)[1]
    if rule.month_days and not {on.day, on.day - length - 1} & set(rule.month_days):
        return False
    if rule.days:
        nth = {0, (on.day - 1) // 7 + 1, -((length - on.day) // 7 + 1)}
        return any(on.weekday() == weekday and ordinal in nth for ordinal, weekday in rule.days)
    if rule.month_days:
        return True
    match rule.frequency:
        case Frequency.DAILY:
            return True
        case Frequency.WEEKLY:
            return on.weekday() == start.weekday()
        case Frequency.MONTHLY:
            return on.day == start.day
        case Frequency.YEARLY:
            return on.day == start.day and (bool(rule.months) or on.month == start.month)


def _weekday(text: str) -> tuple[int, int]:
    number, name = text[:-2], text[-2:].upper()
    if name not in WEEKDAYS:
        raise RuleRefused("“%(text)s” is no weekday of a repetition.", text=text)
    return (_whole(number, -5, 5) if number else 0), WEEKDAYS.index(name)


def _whole(text: str, low: int, high: int) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if not low <= number <= high or (low < 1 and number == 0):
        raise RuleRefused("“%(text)s” is no number that a repetition may have.", text=text)
    return number
