"""A store's people say: open late, keep it stopped, who is in control. Times are the store's own clock."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from models_registry.domain.overrides import MAX_OVERRIDE
from stores.domain.hours import InvalidHours
from stores.domain.localtime import DAY_MINUTES, from_seconds, wall_to_utc
from stores.domain.typed import minute_of
from stores.models import Store
from stores.models.store import Control
from stores.services.wording import in_words

LONGEST_EVENING = 16 * 60
"""A time that is past means after midnight, if that is not further away than this; else it is a slip."""
YEARS = (2000, 2100)


class OpenLateForm(forms.Form):
    """Until when the store stays open today, as people type times; before now means after midnight."""

    until = forms.CharField(
        label=_("Open until"),
        max_length=16,
        error_messages={"required": _("Say until when the store stays open, such as 21:30.")},
    )

    def __init__(self, *args: Any, store: Store, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.local = at.astimezone(ZoneInfo(store.timezone))
        self.fields["until"].widget.attrs |= {"inputmode": "numeric", "placeholder": "21:30"}

    def clean_until(self) -> int:
        """Return the minute of today that was typed; refuse one that must be a slip."""
        try:
            minute = minute_of(self.cleaned_data["until"])
        except InvalidHours as error:
            raise forms.ValidationError(in_words(error)) from error
        now = self.local.hour * 60 + self.local.minute
        if minute <= now and minute + DAY_MINUTES - now > LONGEST_EVENING:
            clock = f"{self.local:%H:%M}"
            raise forms.ValidationError(
                gettext("It is %(now)s at the store, so that time is past. Write a later one.")
                % {"now": clock}
            )
        return minute


class CloseEarlyForm(forms.Form):
    """When the store closes today, as people type times."""

    until = forms.CharField(
        label=_("Close at"),
        max_length=16,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "placeholder": "17:00"}),
        error_messages={"required": _("Say when the store closes today, such as 17:00.")},
    )

    def clean_until(self) -> int:
        """Return the minute of today that was typed."""
        try:
            return minute_of(self.cleaned_data["until"])
        except InvalidHours as error:
            raise forms.ValidationError(in_words(error)) from error


class KeepStoppedForm(forms.Form):
    """Until when the model stays off: never without an end."""

    until = forms.CharField(
        label=_("Keep stopped until"),
        max_length=32,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        error_messages={"required": _("Say until when. A stop without an end would be forgotten.")},
    )
    why = forms.CharField(
        label=_("Why (shown to everybody)"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": _("Oven repair, closed early, …")}),
    )

    def __init__(self, *args: Any, store: Store, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.store, self.at = store, at
        self.fields["until"].widget.attrs["min"] = f"{at.astimezone(ZoneInfo(store.timezone)):%Y-%m-%dT%H:%M}"

    def clean_until(self) -> datetime:
        """Return the instant meant; refuse the past and what outlasts an override."""
        until = local_instant(self.cleaned_data["until"], self.store)
        if until is None:
            raise forms.ValidationError(gettext("Write a date and a time, such as 2026-11-24 09:00."))
        if until <= self.at:
            now = f"{self.at.astimezone(ZoneInfo(self.store.timezone)):%H:%M}"
            raise forms.ValidationError(
                gettext("That is past: it is %(now)s at the store. Choose a later end.") % {"now": now}
            )
        if until - self.at > MAX_OVERRIDE:
            raise forms.ValidationError(
                gettext("At most %(days)s days. For longer, add special days or change the control.")
                % {"days": MAX_OVERRIDE.days}
            )
        return until


class ControlForm(forms.Form):
    """Who turns the model on and off."""

    control = forms.ChoiceField(label=_("Control"), choices=Control.choices)


def local_instant(text: str, store: Store) -> datetime | None:
    """Return the instant of a typed local date and time, or of one with an offset; None when it is neither
    or lies in no year that can be meant.

    A wall time that comes twice means its second occurrence, as for a closing.
    """
    try:
        typed = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if not YEARS[0] <= typed.year < YEARS[1]:
        return None
    if typed.tzinfo is not None:
        return typed
    minute = typed.hour * 60 + typed.minute
    return from_seconds(wall_to_utc(store.timezone, typed.date(), minute, closing=True) + typed.second)
