"""What is asked of the trail."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from django import forms
from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from portal.base.audit.tables import audited_tables
from portal.home.audit.trail import TrailFilter, actor_named
from portal.home.audit.words import kinds_to_choose
from stores.domain.localtime import day_start
from stores.models import Store


class TrailForm(forms.Form):
    """Filters of the trail; what cannot be found is said beside its field and lets nothing through."""

    who = forms.CharField(label=_("Person"), required=False, max_length=150)
    kind = forms.ChoiceField(label=_("Kind"), required=False)
    store = forms.CharField(label=_("Store"), required=False, max_length=32)
    first_on = forms.DateField(label=_("From"), required=False)
    last_on = forms.DateField(label=_("To"), required=False)
    object = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    deployment = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, stores: QuerySet[Store], timezone: str) -> None:
        super().__init__(data)
        kind = cast(forms.ChoiceField, self.fields["kind"])
        kind.choices = [("", _("everything")), *kinds_to_choose(audited_tables(connection))]
        for name in ("first_on", "last_on"):
            self.fields[name].widget.input_type = "date"
        self.fields["who"].widget.attrs |= {"list": "trail-people", "autocomplete": "off"}
        self._stores, self._timezone = stores, timezone

    def clean_who(self) -> int | None:
        if not (text := self.cleaned_data["who"].strip()):
            return None
        if (found := actor_named(text)) is None:
            raise forms.ValidationError(_("Nobody signs in by this name."))
        return found

    def clean_store(self) -> int | None:
        if not (code := self.cleaned_data["store"].strip()):
            return None
        if (found := self._stores.filter(code=code).values_list("pk", flat=True).first()) is None:
            raise forms.ValidationError(_("There is no store with this code."))
        return found

    @property
    def chosen(self) -> TrailFilter | None:
        """The filter, or None when something asked for cannot be found."""
        if not self.is_valid():
            return None
        said = self.cleaned_data
        first_on, last_on = said["first_on"], said["last_on"]
        return TrailFilter(
            actor=said["who"],
            kind=said["kind"],
            store=said["store"],
            object_key=said["object"],
            deployment=said["deployment"],
            from_at=day_start(self._timezone, first_on) if first_on else None,
            until_at=day_start(self._timezone, last_on + timedelta(days=1)) if last_on else None,
        )
