"""How a deployment's photos are asked about, and how long their pictures are kept."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from detections.models import DetectionSettings


class KeepingForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """The settings of a deployment; deleting pictures wants a tick in `is_sure`."""

    is_sure = forms.BooleanField(label=_("Delete these pictures"), required=False)
    raw_floor = forms.FloatField(
        label=_("Ask AWS from"), min_value=0, max_value=100,
        help_text=_("Percent. 0 keeps every guess of the model, which is what thresholds are chosen from."),
    )  # fmt: skip
    retention_days = forms.IntegerField(
        label=_("Keep pictures for days"), min_value=1, max_value=3650, required=False,
        help_text=_(
            "Empty: for ever. What was seen stays without the picture. "
            "Flagged, corrected and reviewed photos are kept."
        ),
    )  # fmt: skip

    class Meta:
        model = DetectionSettings
        fields = ("raw_floor", "retention_days")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("raw_floor", "retention_days"):
            self.fields[name].widget.attrs |= {"class": "rg-input", "inputmode": "decimal"}
