"""Bounds as headquarters types them: times and hours, not minutes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stores.domain.bounds import Limits
from stores.domain.hours import MAX_BUFFER_MINUTES, InvalidHours, clock_text
from stores.domain.typed import minute_of
from stores.models import Area, Bounds, Store
from stores.services.wording import in_words

YES_NO = [("", _("as the wider bounds say")), ("yes", _("yes")), ("no", _("no"))]


class BoundsForm(forms.Form):
    """For all stores, for an area, or for a store named by its code. Empty fields leave the wider word."""

    area = forms.ModelChoiceField(
        label=_("Area"), queryset=Area.objects.none(), required=False, empty_label=_("All areas")
    )
    store = forms.CharField(label=_("or store code"), required=False, max_length=32)
    latest = forms.CharField(
        label=_("Latest closing"),
        required=False,
        max_length=8,
        help_text=_("By an override or a special day, such as 22:00; 25:00 is one in the night."),
    )
    hours = forms.DecimalField(
        label=_("Most open hours a week"), required=False, min_value=0, max_value=168, decimal_places=2
    )
    least_buffer_minutes = forms.IntegerField(
        label=_("Least minutes around opening"), required=False, min_value=0, max_value=MAX_BUFFER_MINUTES
    )
    most_buffer_minutes = forms.IntegerField(
        label=_("Most minutes around opening"), required=False, min_value=0, max_value=MAX_BUFFER_MINUTES
    )
    may_override = forms.ChoiceField(label=_("May open late, start and stop"), choices=YES_NO, required=False)
    ask_from_trays = forms.IntegerField(
        label=_("Ask before closing from so many trays in 15 minutes"),
        required=False,
        min_value=1,
        max_value=1_000,
    )

    def __init__(
        self, data: Any = None, *, areas: QuerySet[Area], stores: QuerySet[Store], row: Bounds | None = None
    ) -> None:
        super().__init__(data, initial=_initial(row))
        chosen: Any = self.fields["area"]
        chosen.queryset = areas.order_by("name")
        self._stores = stores
        for field in self.fields.values():
            field.widget.attrs.setdefault("class", "st-input")

    def clean_store(self) -> Store | None:
        """Return the store named, if one is."""
        code = self.cleaned_data["store"].strip()
        found = self._stores.filter(code=code).first() if code else None
        if code and found is None:
            raise forms.ValidationError(gettext("There is no store “%(code)s”.") % {"code": code})
        return found

    def clean_latest(self) -> int | None:
        """Return the minute of the day that was typed."""
        text = self.cleaned_data["latest"]
        try:
            return minute_of(text) if text.strip() else None
        except InvalidHours as error:
            raise forms.ValidationError(in_words(error)) from error

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("area") and said.get("store"):
            self.add_error("store", gettext("Choose an area or name a store, not both."))
        return said

    def order(self) -> dict[str, Any]:
        """Return what `set_bounds` is to do."""
        said = self.cleaned_data
        limits = Limits(
            latest_closing_minute=said["latest"],
            most_open_minutes=None if said["hours"] is None else int(said["hours"] * 60),
            least_buffer_minutes=said["least_buffer_minutes"],
            most_buffer_minutes=said["most_buffer_minutes"],
            may_override={"yes": True, "no": False}.get(said["may_override"]),
            ask_from_trays=said["ask_from_trays"],
        )
        return {"area": said["area"], "store": said["store"], "limits": limits}


def _initial(row: Bounds | None) -> dict[str, Any]:
    if row is None:
        return {}
    latest, hours = row.latest_closing_minute, row.most_open_minutes
    return {
        "area": row.area_id,
        "store": row.store.code if row.store else "",
        "latest": "" if latest is None else clock_text(latest),
        "hours": None if hours is None else hours / 60,
        "least_buffer_minutes": row.least_buffer_minutes,
        "most_buffer_minutes": row.most_buffer_minutes,
        "may_override": {None: "", True: "yes", False: "no"}[row.may_override],
        "ask_from_trays": row.ask_from_trays,
    }
