"""One day that differs: its date, what holds, its hours, a note."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from django import forms
from django.core import signing
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from portal.base.errors import InvalidInput
from stores.domain.hours import CLOSED, DayHours, SpecialKind, SpecialSource
from stores.forms.spans import DayField
from stores.models import SpecialDay, Store
from stores.selectors.rules import NO_WEEK, weeks_of
from stores.selectors.special_days import own_days
from stores.services.special_days import DayFacts, Scope, check_day, facts_of
from stores.services.wording import in_words

UNDO_SALT = "stores.special-day-undo"


class DateInput(forms.DateInput):
    """The browser's own calendar; it speaks ISO dates whatever the language."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d", attrs={"class": "st-input"})


class KindForm(forms.Form):
    """Closed, own hours or as usual; `day` holds the fields of the hours."""

    kind = forms.ChoiceField(label=_("What holds"), choices=SpecialDay.Kind, widget=forms.RadioSelect)

    def __init__(self, data: Any = None, *, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial={"kind": SpecialKind.CLOSED.value, **(initial or {})})
        if self.is_bound:
            self.day = DayField.of_data(cast(QueryDict, self.data))
        else:
            self.day = DayField.of_hours((initial or {}).get("hours", ()))
        self.hours: DayHours = ()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("kind"):
            try:
                wants_hours = cleaned["kind"] == SpecialKind.HOURS
                self.hours = check_day(
                    SpecialKind(cleaned["kind"]), self.day.hours if wants_hours else CLOSED
                )
            except InvalidInput as error:
                self.add_error("kind", in_words(error))
        return cleaned


class SpecialDayForm(KindForm):
    """A special day of one store."""

    on = forms.DateField(label=_("Date"), widget=DateInput)
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"class": "st-input"}),
    )
    is_holiday = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def order(self, store: Store, author: Any) -> dict[str, Any]:
        """Return what `set_special_day` is to do."""
        cleaned = self.cleaned_data
        source = SpecialSource.HOLIDAY if cleaned["is_holiday"] else SpecialSource.MANUAL
        facts = DayFacts(cleaned["on"], SpecialKind(cleaned["kind"]), self.hours, cleaned["note"], source)
        return {"scope": Scope(store), "facts": facts, "author": author}


def initial_day(query: QueryDict, store: Store, today: date) -> dict[str, Any]:
    """Return what the form shows first: the day asked for as it is, else the usual hours of that weekday."""
    on = _date(query.get("on", "")) or today
    day = own_days(store).filter(on=on).first()
    if day is not None:
        return _initial(facts_of(day))
    kind = query.get("kind", "")
    return {
        "on": on,
        "kind": kind if kind in set(SpecialKind) else SpecialKind.CLOSED,
        "hours": weeks_of([store.pk]).get(store.pk, NO_WEEK)[on.weekday()],
        "note": query.get("note", "")[:200],
        "is_holiday": "holiday" in query,
    }


def undo_text(facts: DayFacts) -> str:
    """Write a removed day into an address, signed, so that one press brings it back."""
    said = [facts.on.isoformat(), facts.kind.value, facts.hours, facts.note, facts.source.value]
    return signing.dumps(said, salt=UNDO_SALT, compress=True)


def read_undo(text: str) -> SpecialDayForm | None:
    """Return a form that would bring a removed day back; None without a signed one of the last hour."""
    try:
        on, kind, hours, note, source = signing.loads(text, salt=UNDO_SALT, max_age=3600)
    except signing.BadSignature:
        return None
    spans = tuple((opens, closes) for opens, closes in hours)
    facts = DayFacts(date.fromisoformat(on), SpecialKind(kind), spans, note, SpecialSource(source))
    return SpecialDayForm(initial=_initial(facts))


def _initial(facts: DayFacts) -> dict[str, Any]:
    return {
        "on": facts.on,
        "kind": facts.kind.value,
        "hours": facts.hours,
        "note": facts.note,
        "is_holiday": facts.source is SpecialSource.HOLIDAY,
    }


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
