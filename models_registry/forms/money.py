"""Filters of the ledger and the spend page; what cannot be read is taken as not said."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, cast

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from models_registry.models import Run
from models_registry.selectors.ledger import LedgerFilter, deployment_names
from stores.models import Area, Store

MONTHS = 24
"""So many months can be chosen: the next one, this one, and those before."""


class MonthField(forms.Field):
    """A month, as YYYY-MM."""

    widget = forms.Select
    default_error_messages = {"invalid": _("Write the month like 2026-11.")}  # noqa: RUF012

    def to_python(self, value: Any) -> date | None:
        if not value:
            return None
        try:
            return date.fromisoformat(f"{value}-01")
        except ValueError:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None


def months_around(today: date) -> list[date]:
    """Return the first days of the months to choose from, newest first."""
    first = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    months = [first]
    while len(months) < MONTHS:
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    return months


class LedgerForm(forms.Form):
    """Filters of the ledger."""

    deployment = forms.TypedChoiceField(
        label=_("Deployment"), required=False, coerce=int, empty_value=None, choices=()
    )
    month = MonthField(label=pgettext_lazy("filter", "Month"), required=False)
    outcome = forms.ChoiceField(
        label=_("Outcome"), required=False, choices=[("", _("any")), *Run.Outcome.choices]
    )
    outside = forms.TypedChoiceField(
        label=_("Started"),
        required=False,
        coerce=lambda value: value == "yes",
        empty_value=None,
        choices=[("", _("anywhere")), ("no", _("by the portal")), ("yes", _("outside the portal"))],
    )

    def __init__(self, data: Any, *, months: list[tuple[str, str]]) -> None:
        super().__init__(data)
        deployment = cast(forms.TypedChoiceField, self.fields["deployment"])
        deployment.choices = [("", _("all")), *deployment_names()]
        self.fields["month"].widget.choices = [("", _("all")), *months]

    def chosen(self, timezone: str) -> LedgerFilter:
        """Return the filter; fields that cannot be read are left out."""
        self.full_clean()
        said = self.cleaned_data
        return LedgerFilter(
            said.get("deployment"), said.get("month"), said.get("outcome", ""), said.get("outside"), timezone
        )


class SpendForm(forms.Form):
    """Which month and which area; only areas of `areas`."""

    month = MonthField(label=pgettext_lazy("filter", "Month"), required=False)
    area = forms.ModelChoiceField(
        Area.objects.none(), label=_("Area"), required=False, empty_label=_("all areas")
    )

    def __init__(
        self, data: Any, *, areas: QuerySet[Area], months: list[tuple[str, str]], present: date
    ) -> None:
        super().__init__({"month": f"{present:%Y-%m}"} | {name: data[name] for name in data})
        cast("forms.ModelChoiceField[Area]", self.fields["area"]).queryset = areas.order_by("name")
        self.fields["month"].widget.choices = months
        self._present = present
        self.full_clean()

    @property
    def month_chosen(self) -> date:
        """The month, the present one when none can be read."""
        return self.cleaned_data.get("month") or self._present

    def narrowed(self, stores: QuerySet[Store]) -> QuerySet[Store]:
        """Return the stores of the area chosen."""
        area = self.cleaned_data.get("area")
        return stores.filter(area=area) if area else stores
