"""Which month to lay beside AWS's counts."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import pgettext_lazy

from models_registry.forms.money import MonthField


class ReconcileForm(forms.Form):
    """One of the months to choose from; the present one when none can be read."""

    month = MonthField(label=pgettext_lazy("filter", "Month"), required=False)

    def __init__(self, data: Any, *, months: list[tuple[str, str]], present: date) -> None:
        super().__init__({"month": data.get("month") or f"{present:%Y-%m}"})
        self.fields["month"].widget.choices = months
        self._present = present
        self.full_clean()

    @property
    def month_chosen(self) -> date:
        """The month to compare."""
        return self.cleaned_data.get("month") or self._present
