"""check_aws against moto and Rekognition Local behind a gate that enforces the policies it printed itself."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from typing import Any

import boto3
import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from models_registry.domain import iam
from models_registry.domain.permissions import PORTAL as GRANTS
from models_registry.domain.trials import NOT_TRIED, RUNNING_MODELS, TRIALS
from models_registry.models import Connection
from tests.models_registry.conftest import World
from tests.models_registry.gate import ACCOUNT, OTHER_ACCOUNT, PORTAL, Gate
from tests.models_registry.test_actions_called import operations_of
from tests.models_registry.test_commands import said

ROLE = f"arn:aws:iam::{ACCOUNT}:role/kamado-scheduler"
OTHER_ROLE = f"arn:aws:iam::{OTHER_ACCOUNT}:role/kamado"
TOKYO = {"region_name": "ap-northeast-1"}


@pytest.fixture
def main(world: World, gate: Gate, settings: Any) -> Connection:
    """A connection that uses everything, in an account that has it all under the policies printed for it."""
    world.version("breads")
    fields = {"safety_stop": "REQUIRED", "scheduler_role_arn": ROLE}
    Connection.objects.filter(pk=world.connection.pk).update(**fields)
    boto3.client("s3", endpoint_url=gate.moto, **TOKYO).create_bucket(
        Bucket="trays", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"}
    )
    boto3.client("scheduler", endpoint_url=gate.moto, **TOKYO).create_schedule_group(Name="kamado")
    trust(gate, document("scheduler-trust"))
    settings.PICTURES_BUCKET = "trays"
    gate.policies = [document("portal")]
    gate.quotas = {RUNNING_MODELS: 2}
    return Connection.objects.get(pk=world.connection.pk)


def trust(gate: Gate, wanted: Any) -> None:
    """Give the scheduler's role a trust policy."""
    roles = boto3.client("iam", endpoint_url=gate.moto, **TOKYO)
    text = json.dumps(wanted)
    try:
        roles.create_role(RoleName="kamado-scheduler", AssumeRolePolicyDocument=text)
    except roles.exceptions.EntityAlreadyExistsException:
        roles.update_assume_role_policy(RoleName="kamado-scheduler", PolicyDocument=text)


def document(kind: str, *words: str) -> Any:
    return json.loads(said("iam_policy", "--only", kind, *words))


def checked(*words: str, code: int) -> list[dict[str, str]]:
    """Run check_aws, expect an exit code, and return its findings."""
    output, ended = io.StringIO(), 0
    try:
        call_command("check_aws", "--json", *words, stdout=output)
    except SystemExit as end:
        ended = int(end.code or 0)
    assert ended == code, output.getvalue()
    return [each for found in json.loads(output.getvalue()).values() for each in found]


def of(found: list[dict[str, str]], subject: str) -> dict[str, str]:
    return next(each for each in found if each["subject"] == subject)


def bad(found: list[dict[str, str]]) -> set[str]:
    return {each["subject"] for each in found if each["outcome"] in {"missing", "unclear"}}


def without(policy: Any, action: str) -> Any:
    """Return a policy from which one action is taken away."""
    kept = [
        {**each, "Action": [name for name in each["Action"] if name != action]}
        for each in policy["Statement"]
    ]
    return {**policy, "Statement": [each for each in kept if each["Action"]]}


def test_account_with_the_printed_policies_is_all_green(main: Connection, gate: Gate) -> None:
    found = checked("--paid", code=0)
    assert bad(found) == set()
    assert {each["outcome"] for each in found} <= {"works", "not tried"}
    assert of(found, "running models")["sentence"] == "2"
    assert of(found, "trust of the scheduler's role")["outcome"] == "works"
    names = boto3.client("scheduler", endpoint_url=gate.moto, **TOKYO).list_schedules()["Schedules"]
    assert names == []  # nothing of the check stays
    kept = boto3.client("s3", endpoint_url=gate.moto, **TOKYO).list_objects_v2(Bucket="trays")
    assert kept["KeyCount"] == 0


def test_check_asks_for_every_action_that_can_be_tried(main: Connection, gate: Gate) -> None:
    checked("--paid", code=0)
    untried = {"cloudwatch:PutMetricData", "sts:AssumeRole"}
    assert {action for grant in GRANTS for action in grant.actions} - set(gate.asked) == untried


@pytest.mark.parametrize("action", sorted({*TRIALS, "iam:PassRole"}))
def test_one_permission_taken_away_is_named_with_the_line_that_mends_it(
    main: Connection, gate: Gate, action: str
) -> None:
    whole = document("portal", "--connection", "Main")
    gate.policies = [without(whole, action)]
    reads_only = {"iam:GetRole", "servicequotas:GetServiceQuota"}
    found = checked("--paid", code=1)
    assert bad(found) == {action}
    missing = next(each for each in found if each["outcome"] == "missing")
    line = int(missing["mend"].split("line ")[1].split(",")[0])
    assert f'"{action}"' in iam.written(whole).splitlines()[line - 1]
    assert missing["mend"].startswith('iam_policy --connection "Main" --only portal')
    assert action not in reads_only or "denied" in json.dumps(found).lower()


def test_every_trial_calls_the_operation_of_its_action() -> None:
    named = {action: operations_of(trial.service)[trial.operation] for action, trial in TRIALS.items()}
    others = {action: calls for action, calls in named.items() if calls != action}
    assert others == {"s3:PutObject": "s3:CompleteMultipartUpload", "s3:GetObjectVersion": "s3:GetObject"}
    assert {action for grant in GRANTS for action in grant.actions} == {*TRIALS, *NOT_TRIED}


def test_trust_without_its_conditions_is_named(main: Connection, gate: Gate) -> None:
    bare = document("scheduler-trust")
    condition = bare["Statement"][0].pop("Condition")
    trust(gate, bare)
    found = of(checked(code=1), "trust of the scheduler's role")
    assert "no condition aws:SourceAccount" in found["sentence"]
    assert found["mend"] == 'iam_policy --connection "Main" --only scheduler-trust'
    bare["Statement"][0]["Condition"] = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    trust(gate, bare)
    found = of(checked(code=0), "trust of the scheduler's role")
    assert (found["outcome"], "aws:SourceArn" in found["sentence"]) == ("warning", True)
    condition["StringEquals"]["aws:SourceArn"] += "-other"
    trust(gate, {**bare, "Statement": [{**bare["Statement"][0], "Condition": condition}]})
    assert "does not trust" in of(checked(code=1), "trust of the scheduler's role")["sentence"]


def test_missing_schedule_group_is_named_with_the_command_that_makes_it(main: Connection, gate: Gate) -> None:
    Connection.objects.update(schedule_group="elsewhere")
    gate.policies = [document("portal")]
    found = checked(code=1)
    assert (
        of(found, "schedule group")["sentence"] == "There is no schedule group elsewhere in ap-northeast-1."
    )
    assert of(found, "schedule group")["mend"].startswith("aws scheduler create-schedule-group")
    assert of(found, "scheduler:CreateSchedule")["outcome"] == "not tried"


@pytest.mark.parametrize(("minutes", "word"), [(6, "6 min ahead"), (-7, "7 min behind")])
def test_clock_that_is_wrong_is_named_with_its_minutes(
    main: Connection, gate: Gate, minutes: int, word: str
) -> None:
    gate.clock_ahead = timedelta(minutes=minutes)
    clock = of(checked(code=1), "clock")
    assert word in clock["sentence"]
    assert "AWS refuses signed requests" in clock["sentence"]


def test_quota_below_the_plan_says_what_to_raise(main: Connection, gate: Gate) -> None:
    Connection.objects.update(max_running_models=10)
    quota = of(checked(code=1), "running models")
    assert quota["sentence"].startswith("AWS allows 2, this connection plans with 10. Ask for more under")
    gate.quotas[RUNNING_MODELS] = 25
    assert "may be raised here" in of(checked(code=0), "running models")["sentence"]


def test_wrong_partition_and_region_without_custom_labels_are_named(main: Connection, gate: Gate) -> None:
    Connection.objects.update(region="cn-north-1", scheduler_role_arn=ROLE)
    gate.refused["rekognition:DescribeProjects"] = "UnknownOperationException"
    found = checked(code=1)
    assert "lies in the partition aws, the region cn-north-1 in aws-cn" in of(found, "partition")["sentence"]
    assert "cn-north-1 has no Custom Labels. Choose one of ap-northeast-1" in of(found, "region")["sentence"]


def test_credentials_that_aws_refuses_end_the_check(main: Connection, gate: Gate) -> None:
    gate.refused["sts:GetCallerIdentity"] = "InvalidClientTokenId"
    found = checked(code=1)
    assert [each["subject"] for each in found] == ["identity", "clock"]
    assert "does not take these credentials (InvalidClientTokenId)" in found[0]["sentence"]


# --- Another account -----------------------------------------------------------------------------


@pytest.fixture
def other(main: Connection, gate: Gate) -> Connection:
    """The connection again, its work now done by a role of another account that knows an external ID."""
    Connection.objects.update(
        role_arn=OTHER_ROLE, external_id="long-and-random", scheduler_role_arn="", safety_stop="OFF"
    )
    words = ("--connection", "Main")
    gate.policies = [document("portal", *words)]
    gate.role_policies = [document("account", *words)]
    gate.trusts = {OTHER_ROLE: document("account-trust", "--principal", PORTAL, *words)}
    return Connection.objects.get(pk=main.pk)


def test_role_of_another_account_is_used_and_its_external_id_wanted(other: Connection, gate: Gate) -> None:
    found = checked(code=0)
    assert of(found, "identity")["on"].startswith(f"arn:aws:sts::{OTHER_ACCOUNT}:assumed-role/kamado/")
    assert of(found, "external ID")["outcome"] == "works"
    assert {key[:4] for key in gate.keys["rekognition"]} == {"ASIA"}


def test_role_that_takes_anybody_from_the_account_is_named(other: Connection, gate: Gate) -> None:
    del gate.trusts[OTHER_ROLE]["Statement"][0]["Condition"]  # type: ignore[index]
    found = of(checked(code=1), "external ID")
    assert found["sentence"] == "The role can be assumed without it: its trust policy lacks sts:ExternalId."
    assert found["mend"] == 'iam_policy --connection "Main" --only account-trust'
    Connection.objects.update(external_id="")
    assert of(checked(code=0), "external ID")["outcome"] == "warning"


@pytest.mark.parametrize("wrong", ["external ID", "trust", "portal's policy"])
def test_role_that_cannot_be_assumed_says_what_to_do(other: Connection, gate: Gate, wrong: str) -> None:
    if wrong == "external ID":
        Connection.objects.update(external_id="guessed")
    elif wrong == "trust":
        gate.trusts.clear()
    else:
        gate.policies = [without(gate.policies[0], "sts:AssumeRole")]
    found = checked(code=1)
    assert [each["subject"] for each in found] == ["identity", "clock"]
    assert "may not be assumed with this connection's external ID" in found[0]["sentence"]
    assert "print both with manage.py iam_policy" in found[0]["sentence"]


def test_permission_that_the_role_lacks_is_mended_in_the_roles_policy(other: Connection, gate: Gate) -> None:
    gate.role_policies = [without(gate.role_policies[0], "rekognition:StopProjectVersion")]
    found = checked(code=1)
    assert bad(found) == {"rekognition:StopProjectVersion"}
    mend = of(found, "rekognition:StopProjectVersion")["mend"]
    assert mend.startswith('iam_policy --connection "Main" --only account: line')


def test_table_is_for_people_and_local_has_nothing_to_check(main: Connection, settings: Any) -> None:
    table = said("check_aws")
    assert "Main (ap-northeast-1)" in table
    assert "works      rekognition:StopProjectVersion" in table
    assert "0 missing or unclear" in table
    settings.AWS_ENDPOINT_URL_STS = ""
    assert "there is nothing to check" in said("check_aws")


# --- The page ------------------------------------------------------------------------------------


def test_page_shows_what_is_missing_first_and_what_mends_it(main: Connection, gate: Gate, hq: Client) -> None:
    address = f"/connections/{main.pk}/check/"
    assert "Check this connection" in hq.get(address).content.decode()
    gate.policies = [without(gate.policies[0], "rekognition:StopProjectVersion")]
    shown = hq.post(address).content.decode()
    assert "One thing is missing or unclear." in shown
    assert shown.index("rekognition:StopProjectVersion") < shown.index("rekognition:StartProjectVersion")
    assert "iam_policy --connection &quot;Main&quot; --only portal: line" in shown
    gate.policies = [document("portal")]
    assert "nothing is missing" in hq.post(address).content.decode()


def test_page_asks_nothing_where_rekognition_is_a_local_one(
    main: Connection, gate: Gate, hq: Client, settings: Any
) -> None:
    settings.AWS_ENDPOINT_URL_STS = ""
    gate.asked.clear()
    assert "there is nothing to check" in hq.post(f"/connections/{main.pk}/check/").content.decode()
    assert not gate.asked


def test_connection_in_the_lists_leads_to_its_check(main: Connection, hq: Client) -> None:
    led = hq.get(reverse("admin:models_registry_connection_try_permissions", args=[main.pk]))
    assert (led.status_code, led.headers.get("Location")) == (302, f"/connections/{main.pk}/check/")
