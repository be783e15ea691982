"""A deployment as headquarters edits it: name, account, version, units; and the stores it serves."""

from __future__ import annotations

import re
from typing import Any, cast

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from models_registry.domain.arns import InvalidArn, parse_version_arn
from models_registry.models import Connection, Deployment, ModelVersion
from models_registry.selectors.deployments import versions_to_choose
from stores.models import Store
from stores.services.wording import in_words


class VersionChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A version by project, name, F1 and AWS's status."""

    def label_from_instance(self, version: Any) -> str:
        score = f" · F1 {version.f1_score:.2f}" if version.f1_score is not None else ""
        return f"{version}{score} · {version.status} · {version.project.connection.name}"


class DeploymentForm(forms.ModelForm):  # type: ignore[type-arg]
    """The version is chosen from those the portal has seen, or named by its ARN; the ARN wins."""

    version = VersionChoice(
        ModelVersion.objects.none(), label=_("Live version"), required=False, empty_label=_("none yet")
    )
    arn = forms.CharField(
        label=_("or its ARN"),
        required=False,
        help_text=_("Copied from the model's page in the AWS console."),
        widget=forms.TextInput(attrs={"placeholder": "arn:aws:rekognition:…", "autocomplete": "off"}),
    )

    class Meta:
        model = Deployment
        fields = ("name", "connection", "min_inference_units", "max_inference_units", "uses_learned_lead")
        labels = {"connection": _("AWS connection")}  # noqa: RUF012
        help_texts = {  # noqa: RUF012
            "name": _("The name stores and registers know it by. It stays when the version changes."),
            "max_inference_units": _("Empty: always as many as it starts with."),
            "uses_learned_lead": _(
                "Start as long before opening as starts have taken lately, instead of a fixed buffer."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        connections = Connection.objects.filter(is_active=True).order_by("name")
        self._offer("connection", connections)
        if len(connections) == 1:
            self.fields["connection"].initial = connections[0]
        self._offer("version", versions_to_choose())
        self.fields["version"].initial = self.instance.live_version_id

    def _offer(self, name: str, choices: QuerySet[Any]) -> None:
        cast("forms.ModelChoiceField[Any]", self.fields[name]).queryset = choices

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        arn, connection = cleaned.get("arn", "").strip(), cleaned.get("connection")
        if arn and connection is not None:
            try:
                parse_version_arn(arn, region=connection.region)
            except InvalidArn as error:
                self.add_error("arn", in_words(error))
            else:
                cleaned["version"] = self._version_of(arn)
        self.instance.live_version = cleaned.get("version")
        return cleaned

    def _get_validation_exclusions(self) -> set[str]:
        """Leave the rule of both unit fields to the service: it says what to do, not a constraint's name."""
        return {*super()._get_validation_exclusions(), "max_inference_units"}  # type: ignore[misc]

    def _version_of(self, arn: str) -> ModelVersion | None:
        version = versions_to_choose().filter(arn=arn).first()
        if version is None:
            reason = gettext(
                "The portal has not seen this version yet. Press “Sync now” on the model versions page, "
                "then come back."
            )
            self.add_error("arn", reason)
        return version


class StoresForm(forms.Form):
    """Stores to add: codes pasted in any form, and stores ticked in the search; only those in `stores`."""

    codes = forms.CharField(
        label=_("Store codes"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "JP-001 JP-002 …"}),
    )
    move = forms.BooleanField(label=_("Move stores that another deployment serves"), required=False)

    def __init__(self, data: Any = None, *, stores: QuerySet[Store]) -> None:
        super().__init__(data)
        self._stores = stores
        self.chosen: list[Store] = []

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        codes = set(re.split(r"[\s,;、，]+", cleaned.get("codes", ""))) - {""}
        codes |= set(cast(QueryDict, self.data).getlist("pick"))
        self.chosen = list(self._stores.filter(code__in=codes).order_by("code"))
        unknown = sorted(codes - {store.code for store in self.chosen})
        if unknown:
            reason = gettext("There is no store with the code %(codes)s. Codes are case-sensitive.")
            raise forms.ValidationError(reason % {"codes": ", ".join(unknown[:20])})
        if not self.chosen:
            raise forms.ValidationError(gettext("Paste store codes, or tick stores in the search."))
        return cleaned
