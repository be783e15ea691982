"""EventBridge Scheduler as moto keeps it, over HTTP, and hands that carry out what is written there.

Moto never fires a schedule. The hands read the stored expression, zone, target and input, and do at that
instant what AWS would do: call the operation, try again each minute while it is refused, delete what is done.
"""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import boto3
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer

from models_registry.gateways.aws import Account
from models_registry.gateways.scheduler import AwsScheduler, Group
from models_registry.models import Connection

ROLE = "arn:aws:iam::123456789012:role/kamado-scheduler"
ONCE = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
UNIVERSAL = "arn:aws:scheduler:::aws-sdk:rekognition:"
OPERATIONS = {"stopProjectVersion": "stop_project_version"}


@contextmanager
def moto_server() -> Iterator[str]:
    """Moto's server, answering over HTTP."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@dataclass
class EventBridge:
    """The schedules of every region, in one group; `rekognition` is a boto3 client of each region."""

    url: str
    rekognition: Any = None
    clients: dict[str, Any] = field(default_factory=dict)
    gateways: dict[int, AwsScheduler] = field(default_factory=dict)
    stopped: dict[str, datetime] = field(default_factory=dict)

    def reset(self) -> None:
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/moto-api/reset", method="POST")).close()

    def client(self, region: str) -> Any:
        """A boto3 client of a region, whose group is made."""
        if region not in self.clients:
            made = boto3.client("scheduler", region_name=region, endpoint_url=self.url)
            made.create_schedule_group(Name="kamado")
            self.clients[region] = made
        return self.clients[region]

    def open_scheduler(self, connection: Connection) -> AwsScheduler:
        """The product's own gateway to a connection's group."""
        if connection.pk not in self.gateways:
            self.client(connection.region)
            self.gateways[connection.pk] = AwsScheduler(
                Group(Account(connection.region), connection.schedule_group, connection.scheduler_role_arn)
            )
        return self.gateways[connection.pk]

    def schedules(self) -> list[tuple[str, dict[str, Any]]]:
        """Everything that is stored: region and schedule."""
        found = []
        for region, client in self.clients.items():
            for each in client.list_schedules(GroupName="kamado")["Schedules"]:
                found.append((region, client.get_schedule(GroupName="kamado", Name=each["Name"])))
        return found

    def armed(self) -> list[str]:
        """The ARNs that would be stopped, one a schedule."""
        inputs = [json.loads(each["Target"]["Input"]) for _, each in self.schedules()]
        return sorted(each["ProjectVersionArn"] for each in inputs)

    def next_due(self) -> datetime | None:
        return min((due_at(each) for _, each in self.schedules()), default=None)

    def carry_out(self, at: datetime) -> None:
        """Do what is due at an instant."""
        for region, each in self.schedules():
            if each["State"] == "ENABLED" and due_at(each) <= at:
                self._invoke(region, each, at)

    def _invoke(self, region: str, schedule: dict[str, Any], at: datetime) -> None:
        target = schedule["Target"]
        assert target["Arn"].startswith(UNIVERSAL)
        operation = OPERATIONS[target["Arn"].removeprefix(UNIVERSAL)]
        request = json.loads(target["Input"])
        try:
            getattr(self.rekognition(region), operation)(**request)
        except ClientError:
            age = timedelta(seconds=target["RetryPolicy"]["MaximumEventAgeInSeconds"])
            if at < due_at(schedule) + age:
                return
        else:
            self.stopped[request["ProjectVersionArn"]] = at
        if schedule["ActionAfterCompletion"] == "DELETE":
            self.clients[region].delete_schedule(GroupName="kamado", Name=schedule["Name"])


def due_at(schedule: dict[str, Any]) -> datetime:
    """When a one-time schedule is due, by the clock of its zone."""
    match = ONCE.fullmatch(schedule["ScheduleExpression"])
    assert match is not None, schedule["ScheduleExpression"]
    wall = datetime.fromisoformat(match[1]).replace(tzinfo=ZoneInfo(schedule["ScheduleExpressionTimezone"]))
    return wall.astimezone(UTC)
