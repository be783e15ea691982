"""A calendar feed to make, and a calendar file to read."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stores.domain.hours import SpecialKind
from stores.models import Area, Store

INPUT = {"class": "st-input"}


class FeedForm(forms.Form):
    """One store by its code, or one area, among those the person sees."""

    code = forms.CharField(
        label=_("Store"),
        required=False,
        max_length=32,
        widget=forms.TextInput(attrs={**INPUT, "list": "codes", "autocomplete": "off"}),
    )
    area = forms.ModelChoiceField(
        label=_("Area"), required=False, queryset=Area.objects.none(), widget=forms.Select(attrs=INPUT)
    )
    has_ready = forms.BooleanField(label=_("With the times the model is ready"), required=False)

    def __init__(self, data: Any = None, *, stores: QuerySet[Store], areas: QuerySet[Area]) -> None:
        super().__init__(data)
        self.stores = stores
        self.store: Store | None = None
        area = self.fields["area"]
        assert isinstance(area, forms.ModelChoiceField)  # noqa: S101  for the type checker
        area.queryset, area.empty_label = areas.order_by("name", "id"), "—"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        code = cleaned.get("code", "").strip()
        if bool(code) == bool(cleaned.get("area")):
            raise forms.ValidationError(gettext("Choose a store or an area."))
        if code:
            self.store = self.stores.filter(code=code).first()
            if self.store is None:
                self.add_error("code", gettext("There is no store “%(code)s” among yours.") % {"code": code})
        return cleaned

    def order(self) -> dict[str, Any]:
        """Return what `add_feed` is to do."""
        cleaned = self.cleaned_data
        return {"store": self.store, "area": cleaned["area"], "has_ready": cleaned["has_ready"]}


class CalendarFileForm(forms.Form):
    """A calendar file, and what its all-day events mean."""

    file = forms.FileField(
        label=_("Calendar file (.ics)"),
        widget=forms.FileInput(attrs={**INPUT, "accept": ".ics,text/calendar"}),
    )
    all_day = forms.ChoiceField(
        label=_("All-day events mean"),
        choices=[(SpecialKind.CLOSED.value, _("Closed")), (SpecialKind.AS_USUAL.value, _("Open as usual"))],
        widget=forms.RadioSelect,
        initial=SpecialKind.CLOSED.value,
    )


class WideCalendarFileForm(CalendarFileForm):
    """A calendar file for an area, or for all stores."""

    area = forms.ModelChoiceField(
        label=_("Area"),
        required=False,
        queryset=Area.objects.none(),
        widget=forms.Select(attrs=INPUT),
        empty_label=_("all stores"),
    )

    def __init__(self, *args: Any, areas: QuerySet[Area], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        area = self.fields["area"]
        assert isinstance(area, forms.ModelChoiceField)  # noqa: S101  for the type checker
        area.queryset = areas.order_by("name", "id")
