"""A channel as it is typed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from alerts.domain.kinds import Severity
from alerts.domain.sentences import SEVERITIES
from alerts.models import Channel
from stores.models import Area, Store


class ChannelForm(forms.Form):
    """A new channel, or changes of one: an address left empty stays as it is."""

    name = forms.CharField(label=_("Name"), max_length=80)
    kind = forms.ChoiceField(label=_("Kind"), choices=Channel.Kind.choices)
    address = forms.CharField(
        label=_("Address"),
        max_length=2_000,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("It is kept sealed and never shown again."),
    )
    area = forms.ModelChoiceField(
        label=_("Only one area"), queryset=Area.objects.none(), required=False, empty_label="–"
    )
    store = forms.ModelChoiceField(
        label=_("Only one store"), queryset=Store.objects.none(), required=False, empty_label="–",
        to_field_name="code",
    )  # fmt: skip
    least = forms.ChoiceField(label=_("From severity"), initial=Severity.WARNING.value)
    language = forms.ChoiceField(
        label=_("Language"), choices=settings.LANGUAGES, initial=settings.LANGUAGE_CODE
    )
    is_active = forms.BooleanField(label=_("Active"), required=False, initial=True)

    def __init__(
        self, *args: Any, areas: QuerySet[Area], stores: QuerySet[Store], is_everywhere: bool,
        channel: Channel | None = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        self.is_everywhere = is_everywhere
        fields: dict[str, Any] = self.fields
        fields["area"].queryset = areas.order_by("name")
        fields["store"].queryset = stores.order_by("code")
        fields["least"].choices = [(each.value, _(SEVERITIES[each])) for each in reversed(Severity)]
        if channel is not None:
            fields["kind"].disabled = True
            fields["address"].required = False

    def clean(self) -> dict[str, Any]:
        """Refuse two scopes, and the whole franchise for somebody who does not run it."""
        said: dict[str, Any] = super().clean() or {}
        if said.get("area") and said.get("store"):
            raise ValidationError(_("Choose an area or a store, not both."))
        if not self.is_everywhere and not said.get("area") and not said.get("store"):
            raise ValidationError(_("Choose one of your areas or stores."))
        return said


def initial_of(channel: Channel) -> dict[str, Any]:
    """Return what stands in the form of a channel."""
    return {
        "name": channel.name, "kind": channel.kind, "area": channel.area, "least": channel.least,
        "store": channel.store.code if channel.store else None, "language": channel.language,
        "is_active": channel.is_active,
    }  # fmt: skip
