"""How far ahead, with which lead, under which names a deployment's schedules are made for AWS."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from models_registry.selectors.aws_schedules import DAYS_AHEAD, Asked
from stores.domain.hours import MAX_BUFFER_MINUTES

MOST_DAYS = 366


class SchedulesForm(forms.Form):
    """Everything may be left as it is."""

    days = forms.IntegerField(label=_("Days to follow"), min_value=1, max_value=MOST_DAYS, required=False)
    lead = forms.IntegerField(
        label=_("Lead before opening, minutes"), min_value=0, max_value=MAX_BUFFER_MINUTES, required=False
    )
    names = forms.CharField(label=_("Names begin with"), max_length=64, required=False)

    def __init__(self, data: Any, *, prefix: str) -> None:
        super().__init__(data)
        self.fields["names"].widget.attrs["placeholder"] = prefix
        self.fields["days"].widget.attrs["placeholder"] = DAYS_AHEAD
        self.fields["lead"].widget.attrs["placeholder"] = _("as the portal")
        self.full_clean()

    def asked(self) -> Asked:
        """Return what is asked; what cannot be read is as if it were not said, with its error beside it."""
        said = self.cleaned_data
        return Asked(said.get("days") or DAYS_AHEAD, said.get("lead"), said.get("names") or "")
