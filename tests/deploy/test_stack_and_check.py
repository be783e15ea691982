"""check_aws against the deployed stack, behind a gate that enforces the policies as they stand in IAM."""

from __future__ import annotations

import json
from typing import Any

import pytest

from models_registry.domain.trials import RUNNING_MODELS
from models_registry.models import Connection, ModelVersion
from tests.deploy.amazon import Amazon, attached
from tests.deploy.template import Stack
from tests.models_registry.conftest import World, world
from tests.models_registry.gate import Gate
from tests.models_registry.test_check_aws import bad, checked, gate, of, servers

__all__ = ["gate", "servers", "world"]

CONSOLE = "custom-labels-console-ap-northeast-1-abc"
PORTAL = "kamado-portal-ap-northeast-1"
POLICIES = ("PortalPolicy", "PicturesPolicy")


@pytest.fixture
def amazon(gate: Gate, quiet_moto: None) -> Amazon:
    """The account behind the gate; what a person does there goes past it."""
    return Amazon(gate.moto)


@pytest.fixture
def stack(world: World, amazon: Amazon, gate: Gate, settings: Any) -> Stack:
    """Deploy, feed the outputs to settings and connection, and hold the portal to the role it was given."""
    world.version("breads")
    ModelVersion.objects.update(summary_uri=f"s3://{CONSOLE}/evaluation/summary.json")
    where = {"LocationConstraint": "ap-northeast-1"}
    amazon.client("s3").create_bucket(Bucket=CONSOLE, CreateBucketConfiguration=where)
    made = amazon.deploy(PortalAddress="https://kamado.example.com", Projects="breads")
    # Moto reads a Deny without its condition and would refuse everybody.
    amazon.client("s3").delete_bucket_policy(Bucket=made.names["PicturesBucket"])
    said = amazon.outputs()
    settings.PICTURES_BUCKET = said["SettingPicturesBucket"]
    settings.CLOUDWATCH_NAMESPACE = said["SettingCloudwatchNamespace"]
    Connection.objects.update(
        region=said["ConnectionRegion"], schedule_group=said["ConnectionScheduleGroup"],
        scheduler_role_arn=said["ConnectionSchedulerRoleArn"], safety_stop="REQUIRED",
        dead_letter_arn=said["ConnectionDeadLetterArn"],
    )  # fmt: skip
    gate.policies, gate.quotas = attached(amazon, PORTAL), {RUNNING_MODELS: 2}
    return made


def take_away(amazon: Amazon, stack: Stack, action: str) -> None:
    """Take an action out of the policies in IAM, as somebody might by hand."""
    iam = amazon.client("iam")
    for name in POLICIES:
        arn = stack.names[name]
        document = stack.properties(name)["PolicyDocument"]
        document["Statement"] = [kept for each in document["Statement"] if (kept := without(each, action))]
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(document), SetAsDefault=True)


def without(statement: dict[str, Any], action: str) -> dict[str, Any]:
    actions = statement["Action"]
    kept = [name for name in ([actions] if isinstance(actions, str) else actions) if name != action]
    return {**statement, "Action": kept} if kept else {}


def test_fresh_stack_is_all_green(stack: Stack, amazon: Amazon) -> None:
    found = checked("--paid", code=0)
    assert bad(found) == set()
    assert {each["outcome"] for each in found} <= {"works", "not tried"}
    trust = of(found, "trust of the scheduler's role")
    assert (trust["outcome"], trust["sentence"]) == ("works", "The scheduler, for the group kamado alone.")
    assert amazon.client("scheduler").list_schedules()["Schedules"] == []


@pytest.mark.parametrize(
    "action",
    [
        "rekognition:StopProjectVersion",
        "scheduler:CreateSchedule",
        "iam:PassRole",
        "s3:PutObject",
        "cloudwatch:GetMetricData",
    ],
)
def test_permission_taken_out_of_the_stack_is_named(
    stack: Stack, amazon: Amazon, gate: Gate, action: str
) -> None:
    take_away(amazon, stack, action)
    gate.policies = attached(amazon, PORTAL)
    found = checked("--paid", code=1)
    assert bad(found) == {action}
    missing = next(each for each in found if each["outcome"] == "missing")
    assert "--only portal: line" in missing["mend"]


def test_trust_that_somebody_loosened_is_named(stack: Stack, amazon: Amazon) -> None:
    trust = stack.properties("SchedulerRole")["AssumeRolePolicyDocument"]
    del trust["Statement"][0]["Condition"]
    amazon.client("iam").update_assume_role_policy(
        RoleName=stack.names["SchedulerRole"], PolicyDocument=json.dumps(trust)
    )
    found = of(checked(code=1), "trust of the scheduler's role")
    assert "no condition aws:SourceAccount" in found["sentence"]


def test_stack_of_other_projects_is_told_apart(stack: Stack, amazon: Amazon, gate: Gate) -> None:
    amazon.deploy(PortalAddress="https://kamado.example.com", Projects="cakes")
    amazon.client("s3").delete_bucket_policy(Bucket=stack.names["PicturesBucket"])
    gate.policies = attached(amazon, PORTAL)
    named = bad(checked(code=1))
    assert named
    assert all(each.startswith("rekognition:") for each in named)
    assert "rekognition:DescribeProjects" not in named
