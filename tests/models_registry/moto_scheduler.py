"""AWS::Scheduler::Schedule for moto's CloudFormation, which knows the service but not the resource."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from moto.cloudformation.parsing import get_model_list, get_model_map, get_name_type_map
from moto.core.common_models import CloudFormationModel
from moto.scheduler.models import scheduler_backends

TYPE = "AWS::Scheduler::Schedule"
ARGUMENTS = {
    "Name": "name", "GroupName": "group_name", "Description": "description", "State": "state",
    "ScheduleExpression": "schedule_expression", "ScheduleExpressionTimezone": "schedule_expression_timezone",
    "FlexibleTimeWindow": "flexible_time_window", "Target": "target",
}  # fmt: skip


class StackSchedule(CloudFormationModel):
    """Created as CreateSchedule would; a property that AWS does not know is refused."""

    @staticmethod
    def cloudformation_name_type() -> str:
        return "Name"

    @staticmethod
    def cloudformation_type() -> str:
        return TYPE

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return attr == "Arn"

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **kwargs: Any
    ) -> Any:
        said = dict(cloudformation_json["Properties"])
        dates = [said.pop(name, None) for name in ("StartDate", "EndDate")]
        start, end = (datetime.fromisoformat(date).timestamp() if date else None for date in dates)
        made = cls()
        made.physical_resource_id = resource_name  # type: ignore[attr-defined]
        scheduler_backends[account_id][region_name].create_schedule(
            **{ARGUMENTS[name]: value for name, value in said.items()},
            start_date=start, end_date=end, kms_key_arn=None, action_after_completion=None,
        )  # type: ignore[arg-type]  # fmt: skip
        return made


def teach_moto() -> None:
    """Let moto find the resource above, whatever it has looked up before."""
    for known in (get_model_list, get_model_map, get_name_type_map):
        known.cache_clear()
