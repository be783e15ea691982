"""An AWS connection as headquarters edits it: what its safety stop needs is asked for before it is saved."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext

from models_registry.models import Connection, SafetyStop

ROLE = re.compile(r"^arn:(?P<partition>aws[a-z-]*):iam::(?P<account>\d{12}):role/.+$")
QUEUE = re.compile(r"^arn:aws[a-z-]*:sqs:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):.+$")
OFF, REQUIRED = Connection.SafetyStop.OFF, Connection.SafetyStop.REQUIRED
FIXED = ("region", "schedule_group")


class ConnectionForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new connection is proposed with a required safety stop as soon as a role for it is given."""

    class Meta:
        model = Connection
        fields = (
            "name", "region", "role_arn", "external_id", "max_running_models", "max_inference_units",
            "control_plane_tps", "safety_stop", "safety_margin_minutes", "schedule_group",
            "scheduler_role_arn", "dead_letter_arn", "is_active",
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self._propose(cleaned)
        if cleaned.get("safety_stop") not in {None, OFF}:
            self._check_role(cleaned)
        self._check_queue(cleaned)
        self._check_armed(cleaned)
        return cleaned

    def _propose(self, cleaned: dict[str, Any]) -> None:
        """Arm a new connection that names a role, unless somebody has chosen otherwise."""
        is_new = self.instance.pk is None and "safety_stop" not in self.changed_data
        if is_new and cleaned.get("scheduler_role_arn"):
            cleaned["safety_stop"] = self.instance.safety_stop = REQUIRED

    def _check_role(self, cleaned: dict[str, Any]) -> None:
        role = ROLE.match(cleaned.get("scheduler_role_arn") or "")
        if "scheduler_role_arn" in self.errors:
            return
        if role is None:
            said = gettext(
                "A safety stop needs the role that its schedules act as. Add its ARN, or choose none."
            )
            self.add_error("scheduler_role_arn", said)
            return
        own = ROLE.match(cleaned.get("role_arn") or "")
        if own is not None and own["account"] != role["account"]:
            said = gettext(
                "This role is in account %(theirs)s, the models are in %(ours)s. Name a role of the latter."
            )
            self.add_error("scheduler_role_arn", said % {"theirs": role["account"], "ours": own["account"]})
        if role["partition"] != partition_of(cleaned.get("region") or ""):
            said = gettext("The partition %(partition)s does not belong to the region %(region)s.")
            words = {"partition": role["partition"], "region": cleaned.get("region")}
            self.add_error("scheduler_role_arn", said % words)
        if not cleaned.get("schedule_group") and "schedule_group" not in self.errors:
            self.add_error("schedule_group", gettext("A safety stop needs a schedule group."))

    def _check_queue(self, cleaned: dict[str, Any]) -> None:
        queue = QUEUE.match(cleaned.get("dead_letter_arn") or "")
        if queue is not None and queue["region"] != cleaned.get("region"):
            said = gettext("The queue is in %(theirs)s, the schedules are in %(ours)s. Name one there.")
            words = {"theirs": queue["region"], "ours": cleaned.get("region")}
            self.add_error("dead_letter_arn", said % words)

    def _check_armed(self, cleaned: dict[str, Any]) -> None:
        """Refuse to leave schedules behind in another place: they would go on stopping models."""
        moved = [name for name in FIXED if name in self.changed_data]
        if self.instance.pk is None or not moved:
            return
        held = SafetyStop.objects.filter(version__project__connection=self.instance, stops_at__isnull=False)
        if held.exists():
            said = gettext(
                "Models are armed in the old place. Switch the safety stop off and save, wait a minute until "
                "its schedules are removed, then change this."
            )
            for name in moved:
                self.add_error(name, said)


def partition_of(region: str) -> str:
    """Return the AWS partition of a region."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"
