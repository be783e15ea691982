"""What is asked of the fleet board."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from models_registry.selectors.fleet import ModelState, Order, Wanted
from portal.home.saying import STATE_WORDS
from stores.models import Area

ORDERS = [
    (Order.CODE.value, _("By code")),
    (Order.NAME.value, _("By name")),
    (Order.AREA.value, _("By area")),
    (Order.COST.value, _("By cost this month")),
    (Order.PROBLEMS.value, _("Problems first")),
]


class FleetForm(forms.Form):
    """Filters and order; whatever is not understood is left out, never an error page."""

    q = forms.CharField(label=_("Search"), required=False, max_length=80)
    area = forms.ModelChoiceField(
        label=_("Area"), queryset=Area.objects.none(), required=False, empty_label=_("All areas")
    )
    state = forms.ChoiceField(label=_("Model"), required=False)
    sort = forms.ChoiceField(label=_("Sort by"), required=False, choices=ORDERS)
    problems = forms.BooleanField(label=_("Only problems"), required=False)

    def __init__(self, *args: Any, areas: QuerySet[Area], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        area, state = self.fields["area"], self.fields["state"]
        area.queryset = areas.order_by("name")  # type: ignore[attr-defined]
        state.choices = [  # type: ignore[attr-defined]
            ("", _("Every state")),
            *((state.value, _(word)) for state, word in STATE_WORDS.items()),
        ]
        self.fields["q"].widget.attrs |= {"placeholder": _("Store name or code"), "type": "search"}

    @property
    def wanted(self) -> Wanted:
        """Return the filters that were understood."""
        self.is_valid()
        said = self.cleaned_data
        return Wanted(
            text=(said.get("q") or "").strip(),
            area=said.get("area"),
            state=ModelState(said["state"]) if said.get("state") else None,
            only_problems=bool(said.get("problems")),
            order=Order(said.get("sort") or Order.CODE),
        )
