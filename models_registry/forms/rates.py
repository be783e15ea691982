"""Exchange rates by hand or by file, and a person's currency."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from portal.base.currency import DatedRate

DATE = {"type": "date"}


class RateForm(forms.Form):
    """One dated rate."""

    currency = forms.CharField(
        label=_("Currency"), min_length=3, max_length=3, help_text=_("Three letters, such as JPY."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "JPY"}),
    )  # fmt: skip
    per_usd = forms.DecimalField(
        label=_("For one US dollar"), min_value=Decimal("0.00000001"), max_digits=17, decimal_places=8,
        error_messages={"min_value": _("A rate is more than nothing.")},
    )  # fmt: skip
    valid_from = forms.DateField(label=_("Valid from"), widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d"))
    source = forms.CharField(label=_("Source"), required=False, max_length=120)

    def rate(self) -> DatedRate:
        """Return what was typed."""
        said = self.cleaned_data
        return DatedRate(said["currency"].upper(), said["per_usd"], said["valid_from"], said["source"])


class RatesFileForm(forms.Form):
    """A CSV file of rates."""

    file = forms.FileField(
        label=_("CSV file"),
        help_text=_("Columns currency, per_usd, valid_from and, if you like, source. UTF-8."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}),
    )


class CurrencyForm(forms.Form):
    """In which currency a person sees money."""

    currency = forms.ChoiceField(label=_("Show money in"), required=False)

    def __init__(self, data: Any = None, *, codes: list[str], chosen: str) -> None:
        super().__init__(data, initial={"currency": chosen})
        own = _("as the franchise: %(code)s") % {"code": settings.CURRENCY}
        known = codes if not chosen or chosen in codes else [*codes, chosen]
        self.fields["currency"].choices = [("", own), *((code, code) for code in known)]  # type: ignore[attr-defined]
