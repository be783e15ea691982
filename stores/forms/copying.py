"""Which stores a week is copied to."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stores.models import Store


class CopyForm(forms.Form):
    """The whole area, or stores named by code; only those in `editable` are ever taken."""

    whole_area = forms.BooleanField(label=_("All stores of this area"), required=False)
    codes = forms.CharField(
        label=_("Store codes"),
        required=False,
        widget=forms.TextInput(attrs={"class": "st-input", "placeholder": "JP-001 JP-002"}),
    )

    def __init__(self, store: Store, data: Any = None, *, editable: QuerySet[Store] | None = None) -> None:
        super().__init__(data)
        self._store = store
        self._editable = editable
        self.targets: list[Store] = []

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self._editable is None:
            return cleaned
        codes = set(re.split(r"[\s,;、，]+", cleaned.get("codes", ""))) - {""}
        found = {store.code: store for store in self._editable.filter(code__in=codes)}
        unknown = sorted(codes - set(found))
        if unknown:
            reason = gettext("These are not among the stores you may edit: %(codes)s.")
            raise forms.ValidationError(reason % {"codes": ", ".join(unknown[:20])})
        if cleaned.get("whole_area"):
            found |= {store.code: store for store in self._editable.filter(area_id=self._store.area_id)}
        self.targets = list(found.values())
        if not self.targets:
            raise forms.ValidationError(gettext("Name a store, or tick the whole area."))
        return cleaned
