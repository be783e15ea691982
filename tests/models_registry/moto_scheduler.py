"""EventBridge Scheduler on moto's server, and the resource that its CloudFormation does not know."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

import boto3
import pytest
from moto.cloudformation.parsing import get_model_list, get_model_map, get_name_type_map
from moto.core.common_models import CloudFormationModel
from moto.scheduler.models import scheduler_backends

from models_registry.gateways.scheduler import scheduler_for
from models_registry.models import Connection, Deployment
from stores.domain.hours import SpecialKind
from stores.models import SpecialDay, Store
from tests.models_registry.conftest import World
from tests.models_registry.eventbridge import moto_server as served_moto

Bakery = Callable[..., Store]
ROLE = "arn:aws:iam::123456789012:role/kamado-scheduler"
QUEUE = "arn:aws:sqs:ap-northeast-1:123456789012:kamado-dlq"
LATER = datetime(2099, 11, 2, 3, tzinfo=UTC)
"""Noon of a Monday in Tokyo that is still to come: moto, like AWS, refuses a StartDate that is over."""
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


@lru_cache(maxsize=8)
def client(service: str, endpoint: str) -> Any:
    """AWS's own client, made once: that costs more than a dozen calls."""
    return boto3.client(service, region_name="ap-northeast-1", endpoint_url=endpoint)


def teach_moto() -> None:
    """Let moto find the resource above, whatever it has looked up before."""
    for known in (get_model_list, get_model_map, get_name_type_map):
        known.cache_clear()


@pytest.fixture(scope="module")
def moto_server() -> Iterator[str]:
    teach_moto()
    with served_moto() as url:
        yield url


@pytest.fixture
def moto(moto_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A fresh AWS, with the schedule group."""
    urllib.request.urlopen(urllib.request.Request(f"{moto_server}/moto-api/reset", method="POST")).close()
    for service in ("SCHEDULER", "CLOUDFORMATION"):
        monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", moto_server)
    scheduler_for.cache_clear()
    client("scheduler", moto_server).create_schedule_group(Name="kamado")
    return moto_server


@pytest.fixture
def deployment(world: World, bakery: Bakery) -> Deployment:
    """Asakusa's, closed on a New Year's Eve, open late on a Christmas Eve, with AWS's side filled in."""
    Connection.objects.update(scheduler_role_arn=ROLE, dead_letter_arn=QUEUE)
    world.connection.refresh_from_db()
    asakusa = bakery("asakusa")
    made = world.deployment("it's あさくさ $HOME", asakusa, max_inference_units=3)
    SpecialDay.objects.create(store=asakusa, on=date(2099, 12, 31), kind=SpecialKind.CLOSED)
    SpecialDay.objects.create(
        store=asakusa, on=date(2099, 12, 24), kind=SpecialKind.HOURS, hours=[[420, 1320]]
    )
    return made
