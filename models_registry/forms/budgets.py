"""A budget as headquarters writes it down."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, cast

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from models_registry.domain.budgets import BudgetAction
from models_registry.forms.money import MonthField
from models_registry.models import Budget
from models_registry.services.budgets import BudgetOrder
from stores.models import Area, Store

MONTHS_AHEAD = 12


def months_ahead(first: date) -> list[date]:
    """Return the first days of a month and of those that follow it."""
    months = [first]
    while len(months) <= MONTHS_AHEAD:
        months.append((months[-1] + timedelta(days=32)).replace(day=1))
    return months


class BudgetForm(forms.Form):
    """For the whole fleet, an area, or a store by its code; from a month on."""

    area = forms.ModelChoiceField(
        Area.objects.none(), label=_("Area"), required=False, empty_label=_("the whole fleet")
    )
    store = forms.CharField(
        label=_("or a store, by its code"), required=False, max_length=40,
        widget=forms.TextInput(attrs={"list": "budget-stores", "autocomplete": "off"}),
    )  # fmt: skip
    usd_per_month = forms.DecimalField(label=_("USD a month"), min_value=0, max_digits=12, decimal_places=2)
    valid_from = MonthField(label=_("From"))
    action = forms.ChoiceField(
        label=_("When an override would exceed it"), choices=Budget.Action.choices,
        widget=forms.RadioSelect, initial=BudgetAction.WARN.value,
        help_text=_("Opening hours are never cut: this is about what people add to the plan."),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, stores: QuerySet[Store], months: list[tuple[str, str]]) -> None:
        super().__init__(data, initial={"valid_from": months[0][0]})
        cast("forms.ModelChoiceField[Area]", self.fields["area"]).queryset = Area.objects.order_by("name")
        self.fields["valid_from"].widget.choices = months
        self._stores = stores

    def clean_store(self) -> Store | None:
        code = self.cleaned_data["store"].strip()
        store = self._stores.filter(code=code).first() if code else None
        if code and store is None:
            raise forms.ValidationError(_("There is no store with this code."))
        return store

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("area") and cleaned.get("store"):
            self.add_error("store", _("Choose an area or a store, not both."))
        return cleaned

    def order(self) -> BudgetOrder:
        """Return what was asked."""
        said = self.cleaned_data
        return BudgetOrder(
            said["usd_per_month"],
            said["valid_from"],
            BudgetAction(said["action"]),
            said["area"],
            said["store"],
        )
