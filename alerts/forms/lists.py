"""What is asked of the list of alerts, and what is done with several at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from alerts.domain.kinds import Kind, Severity
from alerts.domain.sentences import SEVERITIES, TITLES
from alerts.selectors.lists import Chosen
from stores.models import Area, Store

ANY = ("", _("all"))


class AlertFilterForm(forms.Form):
    """Filters; whatever is not understood is left out, never an error page."""

    kind = forms.ChoiceField(label=_("Kind"), required=False)
    severity = forms.ChoiceField(label=_("Severity"), required=False)
    area = forms.ModelChoiceField(
        label=_("Area"), queryset=Area.objects.none(), required=False, empty_label=_("All areas")
    )
    store = forms.ModelChoiceField(
        queryset=Store.objects.none(), required=False, to_field_name="code", widget=forms.HiddenInput
    )
    group = forms.CharField(required=False, max_length=80, widget=forms.HiddenInput)
    mine = forms.BooleanField(label=_("Taken on by me"), required=False)

    def __init__(
        self, *args: Any, areas: QuerySet[Area], stores: QuerySet[Store], user_id: int, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.user_id = user_id
        fields: dict[str, Any] = self.fields
        fields["area"].queryset = areas.order_by("name")
        fields["store"].queryset = stores
        fields["kind"].choices = [ANY, *((kind.value, _(TITLES[kind])) for kind in Kind)]
        fields["severity"].choices = [
            ANY, *((each.value, _(SEVERITIES[each])) for each in reversed(Severity)),
        ]  # fmt: skip

    @property
    def chosen(self) -> Chosen:
        """Return the filters that were understood."""
        self.is_valid()
        said = self.cleaned_data
        return Chosen(
            kind=Kind(said["kind"]) if said.get("kind") else None,
            severity=Severity(said["severity"]) if said.get("severity") else None,
            area=said.get("area"),
            store=said.get("store"),
            group=said.get("group") or "",
            is_mine=bool(said.get("mine")),
            user_id=self.user_id,
        )


SNOOZES = (("1", _("1 hour")), ("4", _("4 hours")), ("12", _("12 hours")), ("72", _("3 days")))


class ActForm(forms.Form):
    """What is done with the chosen alerts."""

    act = forms.ChoiceField(choices=[(name, name) for name in ("acknowledge", "snooze", "hand_back", "note")])
    note = forms.CharField(label=_("Note"), max_length=500, required=False)
    hours = forms.TypedChoiceField(choices=SNOOZES, coerce=int, required=False)
    alert = forms.TypedMultipleChoiceField(coerce=int, required=False)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        said = data.getlist("alert")[:1_000]
        self.fields["alert"].choices = [(each, each) for each in said if each.isdigit()]  # type: ignore[attr-defined]

    def until(self, at: datetime) -> datetime:
        """Return when a snooze ends."""
        return at + timedelta(hours=self.cleaned_data["hours"] or 1)
