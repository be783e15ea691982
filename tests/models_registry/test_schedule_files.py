"""Schedules as a template and as shell lines: AWS's own model reads them back as they were."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from io import StringIO
from typing import Any

import pytest
from botocore.validate import ParamValidator
from django.core.management import CommandError, call_command
from django.utils.translation import override

from models_registry.domain.schedule_files import Destination, shell, template
from models_registry.domain.schedules import Schedule
from models_registry.domain.week_schedules import NoSchedules
from models_registry.gateways.aws import Account
from models_registry.gateways.scheduler import AwsScheduler, Group
from models_registry.models import Budget, Connection, Deployment, Guard, ModelVersion, Run
from models_registry.selectors.aws_schedules import Asked, DeploymentSchedules, schedules_of
from portal.base.models import User
from stores.models import Store
from tests.models_registry.conftest import World
from tests.models_registry.moto_scheduler import (
    LATER,
    QUEUE,
    ROLE,
    client,
    deployment,
    moto,
    moto_server,
)  # fmt: skip

__all__ = ("deployment", "moto", "moto_server")

Bakery = Callable[..., Store]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Sentences are read in English, whatever page was asked for before."""
    with override("en"):
        yield


def found_for(deployment: Deployment, at: datetime = LATER, **asked: Any) -> DeploymentSchedules:
    return schedules_of(deployment, Asked(**asked), at=at)


def read_back(names: list[str]) -> list[Schedule | None]:
    scheduler = AwsScheduler(Group(Account("ap-northeast-1"), "kamado", ROLE, QUEUE))
    return [scheduler.get(name) for name in names]


def test_template_deploys_to_the_very_schedules(moto: str, deployment: Deployment) -> None:
    found = found_for(deployment)
    body = template(found.exported.schedules, found.place, found.notes())
    stack = client("cloudformation", moto)
    stack.create_stack(StackName="asakusa", TemplateBody=body)
    assert stack.describe_stacks(StackName="asakusa")["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    kept = [replace(each, is_deleted_after=False) for each in found.exported.schedules]
    assert len(kept) == 6
    assert read_back([each.name for each in kept]) == kept
    answer = client("scheduler", moto).get_schedule(GroupName="kamado", Name=kept[0].name)
    assert answer["Target"]["RoleArn"] == ROLE
    assert answer["Target"]["DeadLetterConfig"] == {"Arn": QUEUE}
    assert answer["FlexibleTimeWindow"] == {"Mode": "OFF"}


def test_new_version_is_one_parameter(moto: str, deployment: Deployment) -> None:
    found = found_for(deployment)
    arn = found.exported.schedules[0].version_arn.replace("v1", "v2")
    client("cloudformation", moto).create_stack(
        StackName="asakusa",
        TemplateBody=template(found.exported.schedules, found.place, []),
        Parameters=[
            {"ParameterKey": "ProjectVersionArn", "ParameterValue": arn},
            {"ParameterKey": "DeadLetterArn", "ParameterValue": ""},
        ],
    )
    scheduler = client("scheduler", moto)
    names = [each.name for each in found.exported.schedules]
    answers = [scheduler.get_schedule(GroupName="kamado", Name=name)["Target"] for name in names]
    assert {json.loads(each["Input"])["ProjectVersionArn"] for each in answers} == {arn}
    assert not any("DeadLetterConfig" in each for each in answers)


def parsed(line: str) -> dict[str, Any]:
    """Read one line of the script as the AWS CLI does."""
    words = shlex.split(line)
    assert words[:3] == ["aws", "scheduler", "create-schedule"]
    options = dict(zip(words[3::2], words[4::2], strict=True))
    assert options.pop("--region") == "ap-northeast-1"
    made: dict[str, Any] = {}
    for name, value in options.items():
        key = "".join(part.capitalize() for part in name.removeprefix("--").split("-"))
        made[key] = json.loads(value) if value.startswith("{") else value
        if key.endswith("Date"):
            made[key] = datetime.fromisoformat(value)
    return made


def test_lines_are_read_as_aws_reads_them(moto: str, deployment: Deployment) -> None:
    found = found_for(deployment)
    script = shell(found.exported.schedules, found.place, found.notes())
    lines = [line for line in script.splitlines() if " create-schedule " in line]
    scheduler = client("scheduler", moto)
    shape = scheduler.meta.service_model.operation_model("CreateSchedule").input_shape
    for line in lines:
        asked = parsed(line)
        assert not ParamValidator().validate(asked, shape).has_errors()
        scheduler.create_schedule(**asked)
    assert read_back([each.name for each in found.exported.schedules]) == found.exported.schedules


def test_lines_need_a_role() -> None:
    with pytest.raises(NoSchedules, match="scheduler role ARN"):
        shell([], Destination("ap-northeast-1", "kamado"), [])


def codes(found: DeploymentSchedules) -> set[str]:
    return {limit.code for limit in found.limits}


def test_list_names_only_what_applies(world: World, deployment: Deployment, bakery: Bakery) -> None:
    always = {"VERSION_FROZEN", "LATER_WORDS", "HORIZON", "BOTH_ORDER", "NO_CHECK", "PRECISION"}
    assert codes(found_for(deployment)) == always | {"LEAD_FROZEN", "RUNNING_NOW", "PAST"}
    Connection.objects.update(dead_letter_arn="")
    world.connection.refresh_from_db()
    author = User.objects.create_user("hanako")
    Guard.objects.create(
        deployment=deployment, kind="RUN", starts_at=LATER, ends_at=datetime(2099, 11, 3, tzinfo=UTC),
        why="fair", author=author,
    )  # fmt: skip
    Budget.objects.create(usd_per_month=1_000, valid_from=date(2099, 11, 1), action="WARN", author=author)
    deployment.stores.update(control="START_ONLY")
    other = bakery("paris", timezone="Europe/Paris", control="DRY_RUN")
    deployment.assignments.create(store=other)
    bare = Deployment.objects.get(pk=deployment.pk)
    assert {"GUARDS", "BUDGETS", "NO_QUEUE", "START_ONLY", "DRY_RUN"} <= codes(found_for(bare))


def test_frozen_lead_says_what_it_costs(world: World, deployment: Deployment) -> None:
    """Every day one start: 365 ÷ 12 = 30.42 a month; 18 minutes more at 4 USD an hour are 36.50 USD."""
    version = ModelVersion.objects.get()
    Run.objects.bulk_create(
        Run(
            version=version, deployment=deployment, inference_units=1, requested_at=begun, accepted_at=begun,
            running_at=begun.replace(minute=9, second=30), ended_at=begun.replace(minute=20),
            outcome="STOPPED",
        )
        for begun in (datetime(2099, 10, day, tzinfo=UTC) for day in range(1, 11))
    )  # fmt: skip
    assert "12 minutes instead of" not in str(found_for(deployment).notes())
    dearer = found_for(deployment, lead_minutes=30)
    (said,) = [note for note in dearer.notes() if "instead of" in note]
    assert said.startswith("The lead is 30 minutes instead of the 12 learned:")
    assert "36.50" in said
    assert dearer.exported.schedules[0].name.endswith("start-0630")
    assert found_for(deployment).exported.schedules[0].name.endswith("start-0648")


def test_hands_off_leaves_it_to_aws_alone(deployment: Deployment) -> None:
    deployment.stores.update(control="HANDS_OFF")
    found = found_for(deployment)
    assert "AWS_ALONE" in codes(found)
    assert "BOTH_ORDER" not in codes(found)
    assert len(found.exported.schedules) == 6


def test_dry_run_is_refused(deployment: Deployment) -> None:
    deployment.stores.update(control="DRY_RUN")
    with pytest.raises(NoSchedules, match="dry run"):
        found_for(deployment)


def test_deployment_without_version_or_store_is_refused(deployment: Deployment) -> None:
    deployment.assignments.all().delete()
    with pytest.raises(NoSchedules, match="No store uses"):
        found_for(deployment)
    deployment.live_version = None
    with pytest.raises(NoSchedules, match="no live version"):
        found_for(deployment)


def run(*words: str) -> str:
    out = StringIO()
    call_command("schedules", *words, stdout=out)
    return out.getvalue()


def test_command_prints_each_form(deployment: Deployment) -> None:
    table = run(deployment.name)
    assert f"kamado-week-{deployment.pk}-start-0630  cron(30 6 * * ? *)  Asia/Tokyo" in table
    assert "What they cannot say:" in table
    assert json.loads(run(str(deployment.pk), "--format=cloudformation"))["Resources"]
    script = run(deployment.name, "--format=cli", "--prefix=rekognition-model", "--lead=45")
    assert "rekognition-model-start-0615" in script
    assert script.startswith("#!/bin/sh\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nobody"], "There is no deployment “nobody”"),
        (["{name}", "--days=0"], "between 1 and 366"),
        (["{name}", "--prefix=窯"], "AWS takes letters"),
        (["{name}", "--prefix=" + "x" * 41], "Choose at most 40"),
    ],
)
def test_command_refuses_in_one_sentence(deployment: Deployment, words: list[str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        run(*[word.format(name=deployment.name) for word in words])
