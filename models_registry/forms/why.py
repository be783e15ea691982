"""Which store, and when: in the store's own time."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from models_registry.forms.overrides import local_instant
from stores.models import Store


class WhyForm(forms.Form):
    """A store's code and an instant; without one it means now."""

    store = forms.CharField(
        label=_("Store"),
        max_length=32,
        widget=forms.TextInput(attrs={"list": "stores", "autocomplete": "off"}),
        error_messages={"required": _("Write a store's code.")},
    )
    at = forms.CharField(
        label=_("When, by the store's clock"),
        required=False,
        max_length=40,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}),
    )

    def __init__(self, *args: Any, stores: QuerySet[Store], now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stores, self.now = stores, now

    def clean_store(self) -> Store:
        """Return the store, if it is one of theirs."""
        code = self.cleaned_data["store"].strip()
        store = self.stores.select_related("area").filter(code__iexact=code).order_by("id").first()
        if store is None:
            raise forms.ValidationError(gettext("There is no store “%(code)s” among yours.") % {"code": code})
        return store

    def clean(self) -> dict[str, Any]:
        """Read the instant on the store's clock."""
        said = super().clean() or {}
        store, text = said.get("store"), (said.get("at") or "").strip()
        if store is None:
            return said
        at = local_instant(text.replace(" ", "+") if "T" in text else text, store) if text else self.now
        if at is None:
            self.add_error("at", gettext("Write a date and a time, such as 2026-11-24 09:00."))
            return said
        self.local_at = f"{at.astimezone(ZoneInfo(store.timezone)):%Y-%m-%dT%H:%M:%S}"
        return {**said, "at": at}
