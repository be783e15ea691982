"""A store's week and buffers on one page."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.dates import WEEKDAYS as WEEKDAY_NAMES
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stores.domain.hours import MAX_BUFFER_MINUTES, WEEKDAYS, InvalidHours, check_week
from stores.forms.spans import DayField
from stores.models import Store
from stores.services.hours import Hours
from stores.services.wording import in_words


class WeekForm(forms.Form):
    """Seven days of fields beside Django's own; `days` is what the page draws, `hours` what it means."""

    open_buffer_minutes = forms.IntegerField(
        label=_("Ready before opening"), min_value=0, max_value=MAX_BUFFER_MINUTES
    )
    close_buffer_minutes = forms.IntegerField(
        label=_("Kept on after closing"), min_value=0, max_value=MAX_BUFFER_MINUTES
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, now: Hours) -> None:
        super().__init__(
            data,
            initial={
                "open_buffer_minutes": now.open_buffer_minutes,
                "close_buffer_minutes": now.close_buffer_minutes,
            },
        )
        self.stamp = now.stamp
        for name in ("open_buffer_minutes", "close_buffer_minutes"):
            self.fields[name].widget.attrs.update({"class": "st-minutes", "inputmode": "numeric"})
        self.days = [self._day(index, now) for index in range(7)]
        self.hours: Hours | None = None

    def _day(self, index: int, now: Hours) -> DayField:
        named = {"key": f"-{index}", "label": str(WEEKDAY_NAMES[index])}
        if self.is_bound:
            return DayField.of_data(cast(QueryDict, self.data), **named)
        return DayField.of_hours(now.weekly[index], **named)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        weekly = []
        for day in self.days:
            try:
                weekly.append(day.hours)
            except InvalidHours as error:
                day.errors.append(in_words(error))
        if len(weekly) == 7:
            self._check_week(weekly)
        if any(day.errors for day in self.days):
            raise forms.ValidationError(gettext("Nothing was saved yet: look at the days marked in red."))
        if not self.errors:
            self.hours = Hours(tuple(weekly), cleaned["open_buffer_minutes"], cleaned["close_buffer_minutes"])
        return cleaned

    def order(self, store: Store) -> dict[str, Any]:
        """Return what `save_hours` is to do."""
        return {"store": store, "hours": self.hours, "seen": self.cleaned_data["seen"]}

    def _check_week(self, weekly: list[Any]) -> None:
        """Put what is wrong between two days beside the first of them."""
        try:
            check_week(weekly)
        except InvalidHours as error:
            index = WEEKDAYS.index(str(error.params["day"]))
            self.days[index].errors.append(in_words(error))
