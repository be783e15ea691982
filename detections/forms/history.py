"""The filters of the history, all in the page's address."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from detections.models import Detection
from detections.selectors.history import HistoryFilter, Kind, Order

ANY = ("", _("all"))
ORDERS = ((Order.NEWEST, _("newest first")), (Order.NEAREST, _("nearest to a threshold first")))
DAYS = (MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2100, 1, 1)))
KINDS = (
    ANY,
    (Kind.ANSWERED, _("answered")),
    (Kind.NEAR_MISS, _("with a near miss")),
    (Kind.ASK, _("to be asked")),
    (Kind.CORRECTED, _("corrected")),
    (Kind.WAITING, _("waiting for the model")),
    (Kind.FAILED, _("not answered")),
)


class HistoryForm(forms.Form):
    """A field that cannot be read is told and left out; the others still hold."""

    kind = forms.ChoiceField(label=_("Show"), choices=KINDS, required=False)
    store = forms.CharField(label=_("Store code"), max_length=32, required=False)
    area = forms.TypedChoiceField(label=_("Area"), coerce=int, empty_value=None, required=False)
    label = forms.CharField(label=_("Bread"), max_length=255, required=False)
    confidence_from = forms.FloatField(label=_("Confidence from"), min_value=0, max_value=100, required=False)
    confidence_to = forms.FloatField(label=_("Confidence to"), min_value=0, max_value=100, required=False)
    margin_to = forms.FloatField(
        label=_("Nearest to a threshold within"), min_value=0, max_value=100, required=False
    )
    source = forms.ChoiceField(label=_("Source"), choices=(ANY, *Detection.Source.choices), required=False)
    outcome = forms.ChoiceField(label=_("Outcome"), choices=(ANY, *Detection.Outcome.choices), required=False)
    deployment = forms.IntegerField(min_value=1, max_value=2**62, required=False, widget=forms.HiddenInput)
    version = forms.IntegerField(min_value=1, max_value=2**62, required=False, widget=forms.HiddenInput)
    first_on = forms.DateField(
        label=_("From"),
        required=False,
        validators=DAYS,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )
    last_on = forms.DateField(
        label=_("To"),
        required=False,
        validators=DAYS,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )
    time_from = forms.TimeField(
        label=_("Time from"), required=False, widget=forms.TimeInput({"type": "time"}, format="%H:%M")
    )
    time_to = forms.TimeField(
        label=_("Time to"), required=False, widget=forms.TimeInput({"type": "time"}, format="%H:%M")
    )
    order = forms.ChoiceField(label=_("Order"), choices=ORDERS, required=False)

    def __init__(self, said: QueryDict, *, areas: Iterable[tuple[int, str]]) -> None:
        super().__init__(said)
        area: Any = self.fields["area"]
        area.choices = [ANY, *areas]

    def told(self, name: str) -> str:
        """Return what a text field says, also where other fields cannot be read."""
        self.is_valid()
        return str(self.cleaned_data.get(name) or "")

    def chosen(self, timezone: str) -> HistoryFilter:
        """Return what can be read of the filters; days are those of `timezone`."""
        self.is_valid()
        said: dict[str, Any] = self.cleaned_data
        return HistoryFilter(
            store=said.get("store") or "",
            area=said.get("area"),
            outcome=said.get("outcome") or "",
            source=said.get("source") or "",
            label=said.get("label") or "",
            confidence_from=said.get("confidence_from"),
            confidence_to=said.get("confidence_to"),
            margin_to=said.get("margin_to"),
            deployment=said.get("deployment"),
            version=said.get("version"),
            kind=Kind(said["kind"]) if said.get("kind") else None,
            since=_midnight(said.get("first_on"), timezone, 0),
            until=_midnight(said.get("last_on"), timezone, 1),
            time_from=said.get("time_from"),
            time_to=said.get("time_to"),
            timezone=timezone,
            order=Order(said.get("order") or Order.NEWEST),
        )


def _midnight(on: Any, timezone: str, days: int) -> datetime | None:
    if on is None:
        return None
    day = on + timedelta(days=days)
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone)).astimezone(UTC)
