"""A key as it is asked for, and how long an old one goes on working."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

OVERLAPS = (
    (0, _("ends at once")),
    (1, _("works for 1 more hour")),
    (24, _("works for 1 more day")),
    (168, _("works for 7 more days")),
)
USUAL_OVERLAP = 24


class KeyForm(forms.Form):
    """A new key of a store."""

    name = forms.CharField(
        label=_("Name of the key"),
        max_length=80,
        help_text=_("Such as the register that uses it: “till 1”."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    per_minute = forms.IntegerField(
        label=_("Requests a minute"),
        min_value=1,
        max_value=100_000,
        initial=600,
        help_text=_("More than these are turned away until the minute is over."),
    )


class RotateForm(forms.Form):
    """How long the old key goes on working beside its successor."""

    overlap = forms.TypedChoiceField(
        label=_("The old key"),
        choices=OVERLAPS,
        coerce=int,
        initial=USUAL_OVERLAP,
        widget=forms.Select(attrs={"class": "rg-input"}),
    )

    @property
    def length(self) -> timedelta:
        return timedelta(hours=self.cleaned_data["overlap"])
