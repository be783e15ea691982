"""The policies equal the article's in effect, are stricter where they can be, and come out as pure JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.management import CommandError

from models_registry.domain import iam
from models_registry.domain.iam_evaluation import Request, Verdict, evaluate, is_allowed
from models_registry.domain.permissions import Feature
from models_registry.models import Connection
from tests.models_registry.conftest import World
from tests.models_registry.test_commands import said, said_json

ACCOUNT = "123456789012"
MODELS = f"arn:aws:rekognition:ap-northeast-1:{ACCOUNT}:project"
BREADS = f"{MODELS}/breads/version/v7/1700000000000"
GROUP = f"arn:aws:scheduler:ap-northeast-1:{ACCOUNT}:schedule-group/kamado"
SCOPE = iam.Scope(
    partition="aws",
    region="ap-northeast-1",
    account=ACCOUNT,
    projects=("breads",),
    buckets=("results",),
    pictures="trays",
    group="kamado",
    scheduler_role_arn=f"arn:aws:iam::{ACCOUNT}:role/kamado-scheduler",
    dead_letter_arn=f"arn:aws:sqs:ap-northeast-1:{ACCOUNT}:kamado-dead",
    assumed_roles=("arn:aws:iam::999999999999:role/kamado",),
)

# The article's own, word for word.
ARTICLE_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "rekognition:DescribeProjectVersions",
                "rekognition:StartProjectVersion",
                "rekognition:StopProjectVersion",
            ],
            "Resource": f"arn:aws:rekognition:ap-northeast-1:{ACCOUNT}:project/breads/*",
        }
    ],
}
ARTICLE_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "scheduler.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
        }
    ],
}


@pytest.mark.parametrize(
    ("action", "resource", "is_allowed_there"),
    [
        ("rekognition:StartProjectVersion", BREADS, True),
        ("rekognition:StopProjectVersion", BREADS, True),
        ("rekognition:DescribeProjectVersions", f"{MODELS}/breads/1600000000000", True),
        ("rekognition:StopProjectVersion", f"{MODELS}/breads/version/v8/1800000000000", True),
        ("rekognition:DeleteProjectVersion", BREADS, False),
        ("rekognition:DetectCustomLabels", BREADS, False),
        ("rekognition:StopProjectVersion", f"{MODELS}/cakes/version/v1/1700000000000", False),
        ("rekognition:StopProjectVersion", f"{MODELS}/breads-2/version/v1/1700000000000", False),
        ("rekognition:StopProjectVersion", BREADS.replace(ACCOUNT, "999999999999"), False),
        ("rekognition:StopProjectVersion", BREADS.replace("ap-northeast-1", "eu-west-1"), False),
        ("s3:GetObject", "arn:aws:s3:::trays/1.jpg", False),
    ],
)
def test_schedulers_role_may_do_what_the_articles_may(
    action: str, resource: str, is_allowed_there: bool
) -> None:
    asked = Request(action, resource)
    assert is_allowed([ARTICLE_POLICY], asked) is is_allowed_there
    assert is_allowed([iam.scheduler_policy([SCOPE])], asked) is is_allowed_there


def test_schedulers_role_may_also_bury_its_dead_letters_and_no_others() -> None:
    policy = iam.scheduler_policy([SCOPE])
    assert is_allowed([policy], Request("sqs:SendMessage", SCOPE.dead_letter_arn))
    assert not is_allowed([policy], Request("sqs:SendMessage", SCOPE.dead_letter_arn + "-2"))


def assumed_by(
    service: str = "scheduler.amazonaws.com", account: str = ACCOUNT, group: str = "kamado"
) -> Request:
    context = {
        "aws:SourceAccount": account,
        "aws:SourceArn": f"arn:aws:scheduler:ap-northeast-1:{account}:schedule-group/{group}",
    }
    return Request("sts:AssumeRole", principal=("Service", service), context=context)


@pytest.mark.parametrize(
    ("asked", "article", "ours"),
    [
        (assumed_by(), True, True),
        (assumed_by(service="events.amazonaws.com"), False, False),
        (assumed_by(service="lambda.amazonaws.com"), False, False),
        (assumed_by(account="999999999999"), False, False),
        (assumed_by(group="somebody-elses"), True, False),  # stricter: this group alone
        (Request("sts:AssumeRole", principal=("AWS", f"arn:aws:iam::{ACCOUNT}:root")), False, False),
        (Request("sts:AssumeRole", principal=("Service", "scheduler.amazonaws.com")), False, False),
        (Request("sts:TagSession", principal=("Service", "scheduler.amazonaws.com")), False, False),
    ],
)
def test_role_is_trusted_to_whom_the_article_trusts_it_and_to_our_group_alone(
    asked: Request, article: bool, ours: bool
) -> None:
    assert is_allowed([ARTICLE_TRUST], asked) is article
    assert is_allowed([iam.scheduler_trust(SCOPE)], asked) is ours


def test_other_account_trusts_the_portal_that_knows_the_external_id() -> None:
    portal = f"arn:aws:iam::{ACCOUNT}:role/portal"
    trust = iam.account_trust([portal], "long-and-random")

    def asked(who: str, **context: str) -> Verdict:
        return evaluate([trust], Request("sts:AssumeRole", principal=("AWS", who), context=context))

    assert asked(portal, **{"sts:ExternalId": "long-and-random"}) is Verdict.ALLOWED
    assert asked(portal, **{"sts:ExternalId": "guessed"}) is Verdict.NOT_ALLOWED
    assert asked(portal) is Verdict.NOT_ALLOWED
    assert asked(f"{portal}-2", **{"sts:ExternalId": "long-and-random"}) is Verdict.NOT_ALLOWED


def test_portal_hands_the_role_to_the_scheduler_and_writes_its_own_namespace_only() -> None:
    policy = iam.portal_policy([(SCOPE, frozenset(Feature))])

    def may(action: str, resource: str, **context: str) -> bool:
        return is_allowed([policy], Request(action, resource, context=context))

    role = SCOPE.scheduler_role_arn
    assert may("iam:PassRole", role, **{"iam:PassedToService": "scheduler.amazonaws.com"})
    assert not may("iam:PassRole", role, **{"iam:PassedToService": "lambda.amazonaws.com"})
    assert not may("iam:PassRole", role + "-2", **{"iam:PassedToService": "scheduler.amazonaws.com"})
    assert may("cloudwatch:PutMetricData", "*", **{"cloudwatch:namespace": "Kamado"})
    assert not may("cloudwatch:PutMetricData", "*", **{"cloudwatch:namespace": "AWS/Rekognition"})
    group = f"arn:aws:scheduler:ap-northeast-1:{ACCOUNT}:schedule"
    assert may("scheduler:DeleteSchedule", f"{group}/kamado/stop-1")
    assert not may("scheduler:DeleteSchedule", f"{group}/payroll/stop-1")
    assert not may("s3:DeleteObject", "arn:aws:s3:::results/1.json")
    assert not may("rekognition:DeleteProjectVersion", BREADS)


def test_policies_are_written_for_a_template_of_cloudformation() -> None:
    scope = iam.Scope("${AWS::Partition}", "${AWS::Region}", "${AWS::AccountId}", group="${Group}")
    named = iam.scheduler_trust(scope)["Statement"][0]["Condition"]["StringEquals"]["aws:SourceArn"]
    assert named == (
        "arn:${AWS::Partition}:scheduler:${AWS::Region}:${AWS::AccountId}:schedule-group/${Group}"
    )


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("ap-northeast-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("us-iso-east-1", "aws-iso"),
    ],
)
def test_partition_follows_from_the_region(region: str, partition: str) -> None:
    assert iam.partition_of(region) == partition


# --- The command ---------------------------------------------------------------------------------


@pytest.fixture
def tokyo_account(world: World) -> Connection:
    """A connection with a project, a safety stop, and no role: the portal's own account."""
    world.version("breads")
    Connection.objects.filter(pk=world.connection.pk).update(
        safety_stop="REQUIRED", scheduler_role_arn=SCOPE.scheduler_role_arn
    )
    world.connection.refresh_from_db()
    return world.connection


def document(*words: str) -> Any:
    return json.loads(said("iam_policy", *words))


def test_command_prints_pure_json_of_one_document(tokyo_account: Connection) -> None:
    expected = iam.scheduler_trust(SCOPE)
    assert document("--only", "scheduler-trust") == expected
    policy = document("--only", "scheduler")
    assert policy["Statement"][0]["Resource"] == f"{MODELS}/breads/*"


def test_command_prints_all_with_headings_and_as_one_json_object(tokyo_account: Connection) -> None:
    assert "# the portal's own identity" in said("iam_policy")
    assert set(said_json("iam_policy")) == {"portal", "scheduler:Main", "scheduler-trust:Main"}


def test_policy_holds_what_is_in_use_and_no_more(tokyo_account: Connection, settings: Any) -> None:
    sids = {each["Sid"] for each in document("--only", "portal")["Statement"]}
    assert {"RunModels", "KeepSchedules", "HandRoleToScheduler"} <= sids
    assert not sids & {"Train", "KeepPictures", "ReadObjects", "UseOtherAccounts"}
    settings.PICTURES_BUCKET = "trays"
    sids = {each["Sid"] for each in document("--only", "portal", "--without", "costs")["Statement"]}
    assert {"Train", "KeepPictures", "ReadObjects"} <= sids
    assert "ReadCosts" not in sids
    Connection.objects.update(safety_stop="OFF", scheduler_role_arn="")
    assert "KeepSchedules" not in said("iam_policy")


def test_two_accounts_get_a_policy_each_and_the_portal_may_assume_the_role(
    tokyo_account: Connection,
) -> None:
    role = "arn:aws:iam::999999999999:role/kamado"
    Connection.objects.create(name="Paris", region="eu-west-3", role_arn=role, external_id="long-and-random")
    own = document("--only", "portal")
    assert is_allowed([own], Request("sts:AssumeRole", role))
    assert "eu-west-3" not in json.dumps(own)
    theirs = document("--only", "account")
    model = "arn:aws:rekognition:eu-west-3:999999999999:project/any/version/v1/1700000000000"
    assert is_allowed([theirs], Request("rekognition:StopProjectVersion", model))
    assert not is_allowed([theirs], Request("sts:AssumeRole", role))
    trust = document("--only", "account-trust", "--principal", f"arn:aws:iam::{ACCOUNT}:role/portal")
    assert trust == iam.account_trust([f"arn:aws:iam::{ACCOUNT}:role/portal"], "long-and-random")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--connection", "nowhere"], "There is no AWS connection “nowhere”. Known are: Main"),
        (["--only", "account"], "No connection assumes a role"),
        (["--only", "scheduler"], "No connection uses schedules"),
    ],
)
def test_what_cannot_be_printed_is_said(world: World, words: list[str], sentence: str) -> None:
    world.version("breads")
    with pytest.raises(CommandError, match=sentence):
        said("iam_policy", *words)


def test_fresh_connection_asks_for_the_account_and_then_means_every_project(world: World) -> None:
    with pytest.raises(CommandError, match="Add --account"):
        said("iam_policy")
    policy = document("--only", "portal", "--account", ACCOUNT)
    assert is_allowed([policy], Request("rekognition:StartProjectVersion", BREADS))
