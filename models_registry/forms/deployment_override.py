"""Run or keep stopped, from – until, for a whole deployment; times by the clock of its first store."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from models_registry.domain.overrides import OverrideKind
from models_registry.models import Deployment, Override
from models_registry.services.overrides import OverrideOrder
from portal.base.instants import zone_label
from stores.domain.localtime import from_seconds, wall_to_utc, zone


class WallTimeField(forms.Field):
    """A date and time as a wall clock shows it, without a zone."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    default_error_messages = {"invalid": _("Write it like 2026-11-23 19:30.")}  # noqa: RUF012

    def to_python(self, value: Any) -> datetime | None:
        if not value:
            return None
        try:
            return datetime.fromisoformat(str(value).strip()).replace(tzinfo=None, second=0, microsecond=0)
        except ValueError:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None


class DeploymentOverrideForm(forms.Form):
    """There is no override without an end."""

    kind = forms.ChoiceField(
        label=_("What"), choices=Override.Kind.choices, widget=forms.RadioSelect, initial="RUN"
    )
    starts = WallTimeField(label=_("From"))
    ends = WallTimeField(label=_("Until"))
    why = forms.CharField(label=_("Why"), max_length=200, required=False)

    def __init__(self, data: Any = None, *, deployment: Deployment, timezone: str, at: datetime) -> None:
        local = at.astimezone(zone(timezone))
        super().__init__(data, initial={"starts": local, "ends": local + timedelta(hours=2)})
        self.zone_label = zone_label(local)
        self._deployment = deployment
        self._timezone = timezone
        self._at = at

    def order(self) -> OverrideOrder:
        """Return what `set_override` is to write down; a start that has passed means now."""
        return OverrideOrder(
            kind=OverrideKind(self.cleaned_data["kind"]),
            starts_at=max(self._instant("starts", closing=False), self._at),
            ends_at=self._instant("ends", closing=True),
            why=self.cleaned_data["why"],
            deployment=self._deployment,
        )

    def _instant(self, name: str, *, closing: bool) -> datetime:
        wall = self.cleaned_data[name]
        minute = wall.hour * 60 + wall.minute
        return from_seconds(wall_to_utc(self._timezone, wall.date(), minute, closing=closing))
