"""What is asked of the pages of health, all in the address."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from detections.domain.localhours import Span
from stores.models import Store

SPANS = (
    (Span.TODAY.value, _("Today")),
    (Span.DAY.value, _("24 hours")),
    (Span.WEEK.value, _("7 days")),
    (Span.MONTH.value, _("30 days")),
)


class Worst(StrEnum):
    """Which stores come first."""

    ERRORS = "errors"
    SLOW = "slow"
    NEAR = "near"
    CORRECTED = "corrected"
    BUSY = "busy"


WORST = (
    (Worst.ERRORS.value, _("most errors first")),
    (Worst.SLOW.value, _("slowest first")),
    (Worst.NEAR.value, _("most near misses first")),
    (Worst.CORRECTED.value, _("most corrections first")),
    (Worst.BUSY.value, _("most photos first")),
)


class SpanForm(forms.Form):
    """How far back; whatever is not understood is the first choice, never an error page."""

    span = forms.ChoiceField(label=_("Time span"), choices=SPANS, required=False)

    @property
    def chosen_span(self) -> Span:
        """The span asked for, else today."""
        self.is_valid()
        return Span(self.cleaned_data.get("span") or Span.TODAY)


class HealthForm(SpanForm):
    """The table of all stores."""

    sort = forms.ChoiceField(label=_("Order"), choices=WORST, required=False)
    area = forms.TypedChoiceField(label=_("Area"), coerce=int, empty_value=None, required=False)
    q = forms.CharField(label=_("Store name or code"), max_length=80, required=False)

    def __init__(self, said: QueryDict, *, areas: Iterable[tuple[int, str]]) -> None:
        super().__init__(said)
        area: Any = self.fields["area"]
        area.choices = [("", _("all")), *areas]

    @property
    def chosen_order(self) -> Worst:
        """The order asked for, else by errors."""
        self.is_valid()
        return Worst(self.cleaned_data.get("sort") or Worst.ERRORS)

    def narrowed(self, stores: QuerySet[Store]) -> QuerySet[Store]:
        """Return the stores that the filters let through."""
        self.is_valid()
        area, text = self.cleaned_data.get("area"), (self.cleaned_data.get("q") or "").strip()
        if area is not None:
            stores = stores.filter(area_id=area)
        return stores.filter(Q(code__icontains=text) | Q(name__icontains=text)) if text else stores
