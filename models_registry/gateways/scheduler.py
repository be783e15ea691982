"""Amazon EventBridge Scheduler over boto3: one group of one account and region."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from models_registry.domain.schedules import (
    GroupMissing,
    Schedule,
    ScheduleQuota,
    SchedulerDenied,
    SchedulerError,
    SchedulerUnanswered,
    Target,
)
from models_registry.gateways.aws import Account, botocore_session
from models_registry.gateways.sessions import RoleNotAssumed, said

DENIED = frozenset(
    {"AccessDeniedException", "AccessDenied", "ExpiredTokenException", "UnrecognizedClientException"}
)
ADVICE: Mapping[type[SchedulerError], str] = {
    SchedulerDenied: "Print what it needs with manage.py iam_policy, and try it with manage.py check_aws.",
    GroupMissing: (
        "Create the group with `aws scheduler create-schedule-group --name {group} --region {region}`, or "
        "name the one there is under “AWS connections”."
    ),
    ScheduleQuota: (
        "The account has no room for another schedule in {region}: remove old ones, or ask for more under "
        "Service Quotas → EventBridge Scheduler."
    ),
}


@dataclass(frozen=True, slots=True)
class Group:
    """A schedule group, the role its schedules act as, and the queue for orders that failed for good."""

    account: Account
    name: str
    role_arn: str
    dead_letter_arn: str = ""
    partition: str = "aws"


class AwsScheduler:
    """The schedules of one group; safe to share between threads."""

    def __init__(self, group: Group) -> None:
        self._group = group
        config = Config(
            connect_timeout=3, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2},
            max_pool_connections=10, user_agent_extra="kamado",
        )  # fmt: skip
        session = boto3.Session(
            botocore_session=botocore_session(group.account), region_name=group.account.region
        )
        self._client: Any = session.client("scheduler", config=config)

    def put(self, schedule: Schedule) -> None:
        """Create the schedule, or replace the one of its name. See CreateSchedule and UpdateSchedule."""
        wanted = self._request(schedule)
        with _our_errors(self._group):
            try:
                self._client.create_schedule(**wanted)
            except self._client.exceptions.ConflictException:
                self._replace(wanted)

    def _replace(self, wanted: dict[str, Any]) -> None:
        """Replace a schedule; one that AWS carries out and deletes at this moment is made anew."""
        try:
            self._client.update_schedule(**wanted)
        except self._client.exceptions.ResourceNotFoundException:
            self._client.create_schedule(**wanted)

    def remove(self, name: str) -> None:
        """Delete a schedule; one that is not there is no error. See DeleteSchedule."""
        with _our_errors(self._group):
            try:
                self._client.delete_schedule(GroupName=self._group.name, Name=name)
            except self._client.exceptions.ResourceNotFoundException:
                return

    def get(self, name: str) -> Schedule | None:
        """Return a schedule, or None when there is none of the name or it is not of our making.

        One that acts as another role, or fails into another queue, is not: it has to be put again.
        """
        with _our_errors(self._group):
            try:
                answer = self._client.get_schedule(GroupName=self._group.name, Name=name)
            except self._client.exceptions.ResourceNotFoundException:
                return None
        target = answer["Target"]
        acts_as = target.get("RoleArn", ""), target.get("DeadLetterConfig", {}).get("Arn", "")
        return _schedule(answer) if acts_as == (self._group.role_arn, self._group.dead_letter_arn) else None

    def names(self, prefix: str = "") -> list[str]:
        """Return the names in the group, a hundred a call. See ListSchedules."""
        asked: dict[str, Any] = {"GroupName": self._group.name, "MaxResults": 100}
        if prefix:
            asked["NamePrefix"] = prefix
        found: list[str] = []
        with _our_errors(self._group):
            for page in self._client.get_paginator("list_schedules").paginate(**asked):
                found += [each["Name"] for each in page["Schedules"]]
        return found

    def _request(self, schedule: Schedule) -> dict[str, Any]:
        target: dict[str, Any] = {
            "Arn": schedule.target.arn(self._group.partition),
            "RoleArn": self._group.role_arn,
            "Input": schedule.input(),
            "RetryPolicy": schedule.retries(),
        }
        if self._group.dead_letter_arn:
            target["DeadLetterConfig"] = {"Arn": self._group.dead_letter_arn}
        dates = {"StartDate": schedule.starts_at, "EndDate": schedule.ends_at}
        return {
            **schedule.words(),
            **{name: instant for name, instant in dates.items() if instant is not None},
            "GroupName": self._group.name,
            "ActionAfterCompletion": "DELETE" if schedule.is_deleted_after else "NONE",
            "Target": target,
        }


@lru_cache(maxsize=256)
def scheduler_for(group: Group) -> AwsScheduler:
    """Return the client of a group, made once a process."""
    return AwsScheduler(group)


def _schedule(answer: dict[str, Any]) -> Schedule | None:
    operation = answer["Target"]["Arn"].rpartition(":")[2]
    try:
        target, request = Target(operation), json.loads(answer["Target"].get("Input") or "{}")
    except ValueError:
        return None
    return Schedule(
        name=answer["Name"],
        expression=answer["ScheduleExpression"],
        timezone=answer.get("ScheduleExpressionTimezone", "UTC"),
        target=target,
        version_arn=str(request.get("ProjectVersionArn", "")),
        min_units=request.get("MinInferenceUnits"),
        max_units=request.get("MaxInferenceUnits"),
        description=answer.get("Description", ""),
        is_enabled=answer.get("State", "ENABLED") != "DISABLED",
        is_deleted_after=answer.get("ActionAfterCompletion", "NONE") == "DELETE",
        starts_at=_utc(answer.get("StartDate")),
        ends_at=_utc(answer.get("EndDate")),
        retry_seconds=answer["Target"].get("RetryPolicy", {}).get("MaximumEventAgeInSeconds", 86_400),
    )


def _utc(instant: datetime | None) -> datetime | None:
    return instant.astimezone(UTC) if instant is not None else None


@contextmanager
def _our_errors(group: Group) -> Iterator[None]:
    """Turn what boto3 raises into SchedulerErrors that say what to do."""
    try:
        yield
    except ClientError as error:
        name = str(error.response.get("Error", {}).get("Code", ""))
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500))
        kind = _kind(name, status)
        advice = ADVICE.get(kind, "").format(group=group.name, region=group.account.region)
        raise kind(f"{said(error)} (schedule group {group.name}) {advice}".strip(), aws_code=name) from error
    except RoleNotAssumed as error:
        raise SchedulerDenied(str(error), aws_code=error.aws_code) from error
    except BotoCoreError as error:
        raise SchedulerUnanswered(
            f"EventBridge Scheduler did not answer: {error}", aws_code=type(error).__name__
        ) from error


def _kind(name: str, status: int) -> type[SchedulerError]:
    if name in DENIED:
        return SchedulerDenied
    if name == "ResourceNotFoundException":
        return GroupMissing
    if name == "ServiceQuotaExceededException":
        return ScheduleQuota
    return SchedulerUnanswered if status >= 500 or name == "ThrottlingException" else SchedulerError
