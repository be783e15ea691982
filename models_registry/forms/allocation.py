"""How a deployment's runs are divided: the rule, its day, and a share for each store where they are fixed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from models_registry.domain.allocation import Rule
from models_registry.models import AllocationRule
from stores.models import Store


class AllocationForm(forms.Form):
    """One field a store; an empty one is no share."""

    rule = forms.ChoiceField(
        label=_("Divide its runs"), choices=AllocationRule.Choice.choices, widget=forms.RadioSelect
    )
    valid_from = forms.DateField(
        label=_("For runs from"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Today or later. Runs keep the rule of the day they began on."),
    )  # fmt: skip

    def __init__(
        self, data: Any = None, *, stores: Sequence[Store], known: dict[int, Decimal], initial: dict[str, Any]
    ) -> None:
        super().__init__(data, initial=initial)
        self._stores = stores
        for store in stores:
            self.fields[f"share-{store.pk}"] = forms.DecimalField(
                label=str(store), required=False, min_value=0, max_value=100, decimal_places=2,
                initial=known.get(store.pk),
            )  # fmt: skip

    def share_fields(self) -> list[forms.BoundField]:
        """Return the field of each store."""
        return [self[f"share-{store.pk}"] for store in self._stores]

    def said(self) -> tuple[Rule, date, dict[int, Decimal]]:
        """Return the rule, its first day and the shares in per cent."""
        cleaned = self.cleaned_data
        percents = {each.pk: cleaned.get(f"share-{each.pk}") or Decimal(0) for each in self._stores}
        return Rule(cleaned["rule"]), cleaned["valid_from"], percents
