"""What headquarters guards, until which day, and why."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from models_registry.domain.guards import MAX_GUARD
from models_registry.domain.overrides import OverrideKind
from models_registry.models import Deployment, Guard
from models_registry.services.guards import GuardOrder
from stores.domain.localtime import day_start
from stores.models import Store


class GuardForm(forms.Form):
    """For a store by its code, or for a deployment. The guard holds to the end of its last day."""

    kind = forms.ChoiceField(
        label=_("What"), choices=Guard.Kind.choices, widget=forms.RadioSelect, initial="RUN"
    )
    store = forms.CharField(label=_("Store code"), required=False, max_length=32)
    deployment = forms.ModelChoiceField(
        label=_("or deployment"), queryset=Deployment.objects.none(), required=False, empty_label="—"
    )
    until = forms.DateField(
        label=_("To the end of"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    why = forms.CharField(label=_("Why (shown to everybody)"), max_length=200)

    def __init__(
        self,
        data: Any = None,
        *,
        stores: QuerySet[Store],
        at: datetime,
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial={"until": at.date() + timedelta(days=7), **(initial or {})})
        self._stores = stores
        chosen: Any = self.fields["deployment"]
        chosen.queryset = Deployment.objects.order_by("name")
        self.fields["until"].widget.attrs |= {
            "min": at.date().isoformat(),
            "max": (at.date() + MAX_GUARD - timedelta(days=1)).isoformat(),
        }

    def clean_store(self) -> Store | None:
        """Return the store named, if one is."""
        code = self.cleaned_data["store"].strip()
        found = self._stores.filter(code=code).first() if code else None
        if code and found is None:
            raise forms.ValidationError(gettext("There is no store “%(code)s”.") % {"code": code})
        return found

    def order(self) -> GuardOrder:
        """Return what `set_guard` is to write down; days are the store's own."""
        said = self.cleaned_data
        store, deployment = said["store"], said["deployment"]
        zone = store.timezone if store else _zone_of(deployment)
        return GuardOrder(
            OverrideKind(said["kind"]), end_of(said["until"], zone), said["why"], store, deployment
        )


class RenewForm(forms.Form):
    """The new last day of a guard."""

    until = forms.DateField(label=_("To the end of"))


def end_of(on: date, timezone: str) -> datetime:
    """Return the instant at which a day ends at a store."""
    return day_start(timezone, on + timedelta(days=1))


def _zone_of(deployment: Deployment | None) -> str:
    first = deployment.stores.order_by("code").first() if deployment else None
    return first.timezone if first else "UTC"


def zone_of_guard(guard: Guard) -> str:
    """Return the clock by which a guard's days are read."""
    return guard.store.timezone if guard.store else _zone_of(guard.deployment)


def last_day(guard: Guard) -> date:
    """Return the last whole day on which a guard holds."""
    return (guard.ends_at - timedelta(seconds=1)).astimezone(ZoneInfo(zone_of_guard(guard))).date()
