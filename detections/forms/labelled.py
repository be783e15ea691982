"""Labelled pictures handed in: a zip of COCO or YOLO, or a manifest, and on which side they go."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from detections.domain.training.amounts import MOST_UPLOAD_BYTES
from detections.domain.training.pictures import Split

SIDES = (
    ("", _("as the file says, else by scenes")),
    ("auto", _("by scenes: near-identical ones together, a fifth to judge by")),
    (Split.TRAIN.value, _("all to learn from")),
    (Split.TEST.value, _("all to judge by")),
)


class LabelledForm(forms.Form):
    """One file of at most 200 MB."""

    file = forms.FileField(
        label=_("A zip of COCO or YOLO with its pictures, or a manifest"),
        help_text=_("Up to 500 pictures and 200 MB; a manifest up to 10,000 lines."),
        widget=forms.ClearableFileInput(attrs={"accept": ".zip,.manifest,.jsonl,.json"}),
    )
    split = forms.ChoiceField(
        label=_("Side"), choices=SIDES, required=False, widget=forms.Select(attrs={"class": "rg-input"})
    )

    def clean_file(self) -> Any:
        """Refuse what is too large before anything is read."""
        file = self.cleaned_data["file"]
        if file.size > MOST_UPLOAD_BYTES:
            raise forms.ValidationError(
                gettext("The file has more than 200 MB. Hand it in in parts, or use import_labelled.")
            )
        return file
