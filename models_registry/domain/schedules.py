"""What Kamado needs of Amazon EventBridge Scheduler, and how it may fail.

A schedule is one order that AWS carries out by itself: start or stop of one model version, once (`at`) or
again and again (`cron`), by the universal target of the Rekognition API. Limits: CreateSchedule.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from portal.base.errors import PortalError

NAME = re.compile(r"^[0-9a-zA-Z\-_.]{1,64}$")
"""Names of schedules and of schedule groups."""
MAXIMUM_RETRIES = 60
RETRY_SECONDS = 3600
"""How long AWS goes on trying an order that was refused or throttled, unless the schedule says otherwise."""


class Target(StrEnum):
    """The operation that a schedule calls, as the universal target spells it."""

    START = "startProjectVersion"
    STOP = "stopProjectVersion"

    def arn(self, partition: str = "aws") -> str:
        """Return the ARN of the universal target."""
        return f"arn:{partition}:scheduler:::aws-sdk:rekognition:{self.value}"


@dataclass(frozen=True, slots=True)
class Schedule:
    """One schedule of a group. `description` says whose it is.

    `expression` is `at(yyyy-mm-ddThh:mm:ss)` or `cron(minutes hours day month weekday year)` on the clock
    of `timezone`; `is_deleted_after` is ActionAfterCompletion=DELETE. A recurring one acts from `starts_at`
    to `ends_at`, if given. `retry_seconds` bounds how late a refused order may still be carried out.
    """

    name: str
    expression: str
    timezone: str
    target: Target
    version_arn: str
    min_units: int | None = None
    max_units: int | None = None
    description: str = ""
    is_enabled: bool = True
    is_deleted_after: bool = True
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    retry_seconds: int = RETRY_SECONDS

    def words(self) -> dict[str, Any]:
        """Return what every form of a schedule says alike, in CreateSchedule's words."""
        return {
            "Name": self.name,
            "Description": self.description,
            "ScheduleExpression": self.expression,
            "ScheduleExpressionTimezone": self.timezone,
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "State": "ENABLED" if self.is_enabled else "DISABLED",
        }

    def retries(self) -> dict[str, int]:
        """Return how often and for how long AWS tries an order that was refused."""
        return {"MaximumEventAgeInSeconds": self.retry_seconds, "MaximumRetryAttempts": MAXIMUM_RETRIES}

    def input(self) -> str:
        """Return the request that AWS sends, as JSON."""
        request: dict[str, str | int] = {"ProjectVersionArn": self.version_arn}
        if self.target is Target.START:
            request["MinInferenceUnits"] = self.min_units or 1
            if self.max_units is not None:
                request["MaxInferenceUnits"] = self.max_units
        return json.dumps(request)


class Scheduler(Protocol):
    """One schedule group of one connection. Every method may raise a SchedulerError."""

    def put(self, schedule: Schedule) -> None:
        """Create the schedule, or replace the one of its name."""
        ...

    def remove(self, name: str) -> None:
        """Delete a schedule; one that is not there is no error."""
        ...

    def get(self, name: str) -> Schedule | None:
        """Return a schedule, or None when there is none of the name or it is not of our making."""
        ...

    def names(self, prefix: str = "") -> list[str]:
        """Return the names in the group, page after page, a hundred a call."""
        ...


class SchedulerError(PortalError):
    """EventBridge Scheduler did not do what was asked. `aws_code` is its own word for it."""

    code = "scheduler_error"

    def __init__(self, message: str, *, aws_code: str = "") -> None:
        super().__init__(message)
        self.aws_code = aws_code


class SchedulerDenied(SchedulerError):
    """The credentials lack scheduler:… or iam:PassRole, or the role is not the scheduler's to assume."""

    code = "scheduler_denied"


class GroupMissing(SchedulerError):
    """The schedule group is not there."""

    code = "schedule_group_missing"


class ScheduleQuota(SchedulerError):
    """The account has no room for another schedule."""

    code = "schedule_quota"


class SchedulerUnanswered(SchedulerError):
    """No usable answer: the schedule may or may not be there. Looking again tells."""

    code = "scheduler_unanswered"
    retryable = True


class SchedulerNotSetUp(SchedulerError):
    """The connection names no role for its schedules, or there is no EventBridge Scheduler here."""

    code = "scheduler_not_set_up"


REFUSALS = frozenset(
    kind.code
    for kind in (
        SchedulerError, SchedulerDenied, GroupMissing, ScheduleQuota, SchedulerUnanswered, SchedulerNotSetUp,
    )
)  # fmt: skip
"""Codes of errors that say nothing of the version: the account cannot keep its schedules."""
