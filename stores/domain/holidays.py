"""Holidays as facts: what to suggest, what a new calendar changes, and when to ask again. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from stores.domain.hours import CLOSED, DayHours, SpecialKind

ASK_DAYS = (45, 14, 5)
"""How many days before a holiday its store is asked, and asked again."""
ASKING_HOURS = range(9, 19)
"""The hours of the store's clock at which a mail may arrive."""


class Choice(NamedTuple):
    """What was decided for a date."""

    kind: SpecialKind
    hours: DayHours = CLOSED


class Because(StrEnum):
    """Why an answer is suggested."""

    LAST_YEAR = "LAST_YEAR"
    NEIGHBOURS = "NEIGHBOURS"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An answer that most of `of` choices gave, `count` of them."""

    choice: Choice
    because: Because
    count: int
    of: int


def suggest(last_year: Iterable[Choice], neighbours: Iterable[Choice]) -> Suggestion | None:
    """Return what more than half chose last year, else what more than half of the area chose by now."""
    for because, choices in ((Because.LAST_YEAR, last_year), (Because.NEIGHBOURS, neighbours)):
        counted = Counter(choices)
        if counted:
            (choice, count), of = counted.most_common(1)[0], counted.total()
            if count * 2 > of:
                return Suggestion(choice, because, count, of)
    return None


class DifferenceKind(StrEnum):
    """What a new version of the holiday calendar did to a date."""

    MOVED = "MOVED"
    ADDED = "ADDED"
    DROPPED = "DROPPED"


@dataclass(frozen=True, slots=True)
class Difference:
    """One date that was recorded otherwise; `was` is empty for an added one, `now` for a dropped one."""

    kind: DifferenceKind
    name: str
    was: date | None
    now: date | None


def differences(
    recorded: Mapping[date, str], known: Mapping[date, str], *, today: date, until: date
) -> list[Difference]:
    """Return what the calendar says otherwise than it was recorded, for dates from today to `until`.

    A date that is gone and a new one of the same name are one holiday that moved, the nearest two first. A
    new name on the same date is no difference. `known` should reach beyond `until`, where dates may move to.
    """
    gone = {on: name for on, name in recorded.items() if today <= on <= until and on not in known}
    new = {on: name for on, name in known.items() if on >= today and on not in recorded}
    pairs = sorted(
        (abs((on - was).days), was, on) for was, name in gone.items() for on in new if new[on] == name
    )
    found = []
    for _, was, on in pairs:
        if was in gone and on in new:
            found.append(Difference(DifferenceKind.MOVED, new.pop(on), was, on))
            del gone[was]
    found += [Difference(DifferenceKind.DROPPED, name, was, None) for was, name in gone.items()]
    found += [Difference(DifferenceKind.ADDED, name, None, on) for on, name in new.items() if on <= until]
    return sorted(found, key=lambda each: each.was or each.now or today)


def dates_to_ask(
    unanswered: Iterable[date], asked: Mapping[date, Iterable[date]], *, today: date
) -> list[date]:
    """Return the dates a store is to be asked about today; none when it was asked today or nothing is due.

    `asked` holds the days on which the store was asked, and about which dates. 45, 14 and 5 days before a
    holiday are the steps; one that was missed is made up for once. A mail speaks of every unanswered date
    of the next 45 days, so that there is one mail and not one for each date.
    """
    if today in asked:
        return []
    coming = sorted(on for on in unanswered if 0 <= (on - today).days <= ASK_DAYS[0])
    return coming if any(_is_due(on, asked, today) for on in coming) else []


def _is_due(on: date, asked: Mapping[date, Iterable[date]], today: date) -> bool:
    reached = min(days for days in ASK_DAYS if (on - today).days <= days)
    step = on - timedelta(days=reached)
    return not any(when >= step and on in dates for when, dates in asked.items())
