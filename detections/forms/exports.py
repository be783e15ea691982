"""What kind of file, and under which name filters are kept."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from detections.models import Export


class ExportForm(forms.Form):
    """A file of the history."""

    format = forms.ChoiceField(label=_("File"), choices=Export.Format.choices)
    shape = forms.ChoiceField(label=_("Rows"), choices=Export.Shape.choices)


class SavedViewForm(forms.Form):
    """A name for filters."""

    name = forms.CharField(max_length=60, error_messages={"required": _("Give the view a name.")})
    is_shared = forms.BooleanField(required=False)
