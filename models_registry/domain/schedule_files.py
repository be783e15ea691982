"""Schedules as files to take to AWS: a CloudFormation template, and lines for a shell.

Sources: AWS::Scheduler::Schedule (its template has no ActionAfterCompletion, so one-time schedules stay in
the stack until the next export) and `aws scheduler create-schedule`.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models_registry.domain.schedules import Schedule
from models_registry.domain.week_schedules import NoSchedules

ROLE = r"^arn:aws[a-z-]*:iam::\d{12}:role/.+$"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the schedules go: one group of one region, and the role and queue they use."""

    region: str
    group: str
    role_arn: str = ""
    dead_letter_arn: str = ""

    @property
    def partition(self) -> str:
        """The partition of AWS that the role lies in."""
        return self.role_arn.split(":")[1] if self.role_arn else "aws"


def template(schedules: Sequence[Schedule], place: Destination, notes: Iterable[str]) -> str:
    """Return a CloudFormation template as JSON. The version's ARN is one parameter of it."""
    arn = schedules[0].version_arn if schedules else ""
    parameters = {
        "ProjectVersionArn": _parameter(arn, "The model version that is started and stopped."),
        "RoleArn": _parameter(place.role_arn, "The role the schedules act as.") | {"AllowedPattern": ROLE},
        "GroupName": _parameter(place.group, "A schedule group that is there already."),
        "DeadLetterArn": {"Type": "String", "Default": place.dead_letter_arn,
                          "Description": "An SQS queue for orders that failed for good; may be empty."},
    }  # fmt: skip
    made = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Start and stop schedules of a Rekognition Custom Labels model",
        "Metadata": {"Kamado": {"CannotSay": list(notes)}},
        "Parameters": parameters,
        "Conditions": {"HasDeadLetter": {"Fn::Not": [{"Fn::Equals": [{"Ref": "DeadLetterArn"}, ""]}]}},
        "Resources": {_logical(each.name): _resource(each) for each in schedules},
    }
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"


def _parameter(default: str, description: str) -> dict[str, str]:
    said = {"Type": "String", "Description": description}
    return said | {"Default": default} if default else said


def _logical(name: str) -> str:
    return "".join(part.capitalize() for part in name.replace("_", "-").replace(".", "-").split("-"))


def _resource(schedule: Schedule) -> dict[str, Any]:
    request = json.loads(schedule.input()) | {"ProjectVersionArn": "${ProjectVersionArn}"}
    operation = schedule.target.value
    target = {
        "Arn": {"Fn::Sub": f"arn:${{AWS::Partition}}:scheduler:::aws-sdk:rekognition:{operation}"},
        "RoleArn": {"Ref": "RoleArn"},
        "Input": {"Fn::Sub": json.dumps(request)},
        "RetryPolicy": schedule.retries(),
        "DeadLetterConfig": {
            "Fn::If": ["HasDeadLetter", {"Arn": {"Ref": "DeadLetterArn"}}, {"Ref": "AWS::NoValue"}]
        },
    }
    properties = {"GroupName": {"Ref": "GroupName"}, **_plain(schedule), "Target": target}
    return {"Type": "AWS::Scheduler::Schedule", "Properties": properties}


def _plain(schedule: Schedule) -> dict[str, Any]:
    """Return what template and shell say alike."""
    dates = {"StartDate": _iso(schedule.starts_at), "EndDate": _iso(schedule.ends_at)}
    return {**schedule.words(), **{name: date for name, date in dates.items() if date}}


def _iso(at: datetime | None) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at is not None else ""


def shell(schedules: Sequence[Schedule], place: Destination, notes: Iterable[str]) -> str:
    """Return a script of `aws scheduler create-schedule` lines; raise NoSchedules without a role."""
    if not place.role_arn:
        raise NoSchedules(
            "Say as which role the schedules act: fill in the connection’s “scheduler role ARN”."
        )
    lines = ["#!/bin/sh", "# Start and stop schedules of a Rekognition Custom Labels model.", "#"]
    lines += [f"# {note}" for note in notes]
    lines += ["set -eu", ""]
    group = ["--region", place.region, "--name", place.group]
    is_there = f"{_command('get-schedule-group', group)} >/dev/null 2>&1"
    lines.append(f"{is_there} || {_command('create-schedule-group', group)}")
    return "\n".join([*lines, *(_line(each, place) for each in schedules)]) + "\n"


def _command(name: str, words: Sequence[str]) -> str:
    return shlex.join(["aws", "scheduler", name, *words])


def _line(schedule: Schedule, place: Destination) -> str:
    target: dict[str, Any] = {
        "Arn": schedule.target.arn(place.partition), "RoleArn": place.role_arn, "Input": schedule.input(),
        "RetryPolicy": schedule.retries(),
    }  # fmt: skip
    if place.dead_letter_arn:
        target["DeadLetterConfig"] = {"Arn": place.dead_letter_arn}
    said = {"GroupName": place.group, **_plain(schedule), "Target": target}
    said["ActionAfterCompletion"] = "DELETE" if schedule.is_deleted_after else "NONE"
    words = ["--region", place.region]
    for name, value in said.items():
        option = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name)
        words += [f"-{option}", value if isinstance(value, str) else json.dumps(value)]
    return _command("create-schedule", words)
