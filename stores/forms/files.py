"""A store file to upload."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class StoreFileForm(forms.Form):
    """One CSV file; what is in it is the import's business."""

    file = forms.FileField(
        label=_("CSV file"),
        widget=forms.FileInput(attrs={"class": "st-input", "accept": ".csv,.tsv,.txt,text/csv"}),
    )
