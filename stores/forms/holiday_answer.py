"""The page behind a store's link: one answer for each holiday ahead."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from django.http import QueryDict
from django.utils.translation import gettext

from portal.base.errors import InvalidInput
from stores.domain.holidays import Choice
from stores.domain.hours import CLOSED, DayHours, SpecialKind, SpecialSource
from stores.forms.spans import DayField
from stores.models import SpecialDay, Store
from stores.selectors.bounds import limits_of
from stores.selectors.holiday_answers import answers_between
from stores.selectors.holidays import Proposal, holidays_ahead
from stores.selectors.rules import NO_WEEK, weeks_of
from stores.services.bounds import check_days_within
from stores.services.special_days import DayFacts, check_day
from stores.services.wording import in_words

KINDS = tuple(SpecialDay.Kind.choices)


@dataclass(slots=True)
class AnswerRow:
    """One holiday: its usual hours, what holds now, and what was sent."""

    on: date
    name: str
    usual: DayHours
    standing: Choice | None
    kind: str
    day: DayField
    errors: list[str] = field(default_factory=list)

    @property
    def kinds(self) -> list[tuple[str, str, bool]]:
        """The answers to choose from: value, label, whether chosen."""
        return [(value, str(label), value == self.kind) for value, label in KINDS]

    def facts(self) -> DayFacts | None:
        """Return the day that is meant, or None without an answer. Raises InvalidInput."""
        if self.kind not in set(SpecialKind):
            return None
        kind = SpecialKind(self.kind)
        hours = check_day(kind, self.day.hours if kind is SpecialKind.HOURS else CLOSED)
        return DayFacts(self.on, kind, hours, self.name[:200], SpecialSource.HOLIDAY)


class AnswerPage:
    """All holidays ahead of a store, answered or not; `answers` are set once it is valid."""

    def __init__(self, store: Store, *, today: date, language: str, data: QueryDict | None = None) -> None:
        ahead = holidays_ahead(store, today=today, language=language)
        week = weeks_of([store.pk]).get(store.pk, NO_WEEK)
        spoken = answers_between(*([(today, ahead[-1].on)] if ahead else []))
        self.store, self.data = store, data
        self.rows = [
            _row(each, week[each.on.weekday()], spoken.of(each.on, store.area_id, store.pk), data)
            for each in ahead
        ]
        self.answers: list[DayFacts] = []

    def is_valid(self) -> bool:
        """Tell whether something was sent and can stand; the rows keep what is wrong with them."""
        if self.data is None:
            return False
        limits = limits_of(self.store)  # whoever holds the link speaks for the store, not for headquarters
        for row in self.rows:
            try:
                facts = row.facts()
                if facts is not None and (facts.kind, facts.hours) != row.standing:
                    check_days_within(self.store, {facts.on: facts.hours}, limits)
            except InvalidInput as error:
                row.errors.append(in_words(error))
                continue
            if facts is not None and (facts.kind, facts.hours) != row.standing:
                self.answers.append(facts)
        return not any(row.errors for row in self.rows)

    @property
    def error_text(self) -> str:
        """One sentence above the list when something is wrong below."""
        return gettext("Not saved yet: see below.") if any(row.errors for row in self.rows) else ""

    @property
    def open_count(self) -> int:
        """The number of holidays that nobody has answered."""
        return sum(row.standing is None for row in self.rows)


def _row(holiday: Proposal, usual: DayHours, standing: Choice | None, data: QueryDict | None) -> AnswerRow:
    key = f"-{holiday.on.isoformat()}"
    if data is not None:
        kind, day = data.get(f"kind{key}", ""), DayField.of_data(data, key=key)
    else:
        kind = standing.kind.value if standing else ""
        day = DayField.of_hours((standing.hours if standing else ()) or usual, key=key)
    return AnswerRow(holiday.on, holiday.name, usual, standing, kind, day)
