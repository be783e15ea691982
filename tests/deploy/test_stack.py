"""deploy/aws/kamado.yaml, deployed at moto's server and read back from every service it touches."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models_registry.domain.access import CUSTOM_LABELS_REGIONS
from models_registry.models import Connection
from tests.deploy.amazon import MAKERS, Amazon, alarm_of, cors_of, lifecycle_of
from tests.deploy.template import PATH, Refused, Stack

ADDRESS = {"PortalAddress": "https://kamado.example.com"}
ACCOUNT = {
    "PortalRunsAs": "account", "PortalPrincipal": "arn:aws:iam::999999999999:role/kamado",
    "ExternalId": "four-and-twenty",
}  # fmt: skip


def test_template_is_sound() -> None:
    linter = Path(sys.executable).parent / "cfn-lint"
    asked = [linter, "--non-zero-exit-code", "informational", PATH]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def read_bucket(amazon: Amazon, said: dict[str, Any]) -> None:
    s3, at = amazon.client("s3"), {"Bucket": said["BucketName"]}
    block = s3.get_public_access_block(**at)["PublicAccessBlockConfiguration"]
    assert block == said["PublicAccessBlockConfiguration"]
    assert set(block.values()) == {True}
    assert s3.get_bucket_ownership_controls(**at)["OwnershipControls"] == said["OwnershipControls"]
    assert s3.get_bucket_versioning(**at)["Status"] == said["VersioningConfiguration"]["Status"]
    (rule,) = s3.get_bucket_encryption(**at)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    rules = s3.get_bucket_lifecycle_configuration(**at)["Rules"]
    assert rules == [lifecycle_of(each) for each in said["LifecycleConfiguration"]["Rules"]]
    cors = s3.get_bucket_cors(**at)["CORSRules"]
    assert cors == [cors_of(each) for each in said["CorsConfiguration"]["CorsRules"]]


def read_bucket_policy(amazon: Amazon, said: dict[str, Any]) -> None:
    policy = json.loads(amazon.client("s3").get_bucket_policy(Bucket=said["Bucket"])["Policy"])
    assert policy == said["PolicyDocument"]
    (statement,) = policy["Statement"]
    assert (statement["Effect"], statement["Condition"]) == (
        "Deny",
        {"Bool": {"aws:SecureTransport": "false"}},
    )


def read_group(amazon: Amazon, said: dict[str, Any]) -> None:
    assert amazon.client("scheduler").get_schedule_group(Name=said["Name"])["State"] == "ACTIVE"


def read_queue(amazon: Amazon, said: dict[str, Any]) -> None:
    sqs = amazon.client("sqs")
    url = sqs.get_queue_url(QueueName=said["QueueName"])["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert found["MessageRetentionPeriod"] == str(14 * 24 * 3600) == str(said["MessageRetentionPeriod"])
    # Moto keeps what it is given and shows it as SQS does; the template says true.
    assert (said["SqsManagedSseEnabled"], found["SqsManagedSseEnabled"].lower()) == (True, "true")


def read_queue_policy(amazon: Amazon, said: dict[str, Any]) -> None:
    (url,) = said["Queues"]
    asked = amazon.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])
    assert json.loads(asked["Attributes"]["Policy"]) == said["PolicyDocument"]


def read_role(amazon: Amazon, said: dict[str, Any]) -> None:
    iam = amazon.client("iam")
    role = iam.get_role(RoleName=said["RoleName"])["Role"]
    assert role["AssumeRolePolicyDocument"] == said["AssumeRolePolicyDocument"]
    assert role["Description"] == said["Description"]
    names = iam.list_role_policies(RoleName=said["RoleName"])["PolicyNames"]
    assert names == [each["PolicyName"] for each in said.get("Policies", ())]
    for each in said.get("Policies", ()):
        kept = iam.get_role_policy(RoleName=said["RoleName"], PolicyName=each["PolicyName"])
        document = kept["PolicyDocument"]
        # Moto answers with Python's way to write a dict where the policy came by CloudFormation.
        document = ast.literal_eval(document) if isinstance(document, str) else document
        assert document == each["PolicyDocument"]


def read_profile(amazon: Amazon, said: dict[str, Any]) -> None:
    # Moto names the profile by its logical id, whatever the template says.
    (profile,) = amazon.client("iam").list_instance_profiles()["InstanceProfiles"]
    assert [role["RoleName"] for role in profile["Roles"]] == said["Roles"]


def read_policy(amazon: Amazon, said: dict[str, Any]) -> None:
    iam = amazon.client("iam")
    arn = f"arn:aws:iam::123456789012:policy/{said['ManagedPolicyName']}"
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    kept = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    assert kept == said["PolicyDocument"]
    attached = iam.list_entities_for_policy(PolicyArn=arn)
    assert [each["RoleName"] for each in attached["PolicyRoles"]] == said.get("Roles", [])
    assert [each["UserName"] for each in attached["PolicyUsers"]] == said.get("Users", [])
    assert len(json.dumps(kept, separators=(",", ":"))) <= 6_144  # IAM's limit of a managed policy


def read_topic(amazon: Amazon, said: dict[str, Any]) -> None:
    sns = amazon.client("sns")
    (topic,) = sns.list_topics()["Topics"]
    found = sns.get_topic_attributes(TopicArn=topic["TopicArn"])["Attributes"]
    assert topic["TopicArn"].endswith(f":{said['TopicName']}")
    # Moto takes the name shown in mails from no template.
    assert found["DisplayName"] in {"", said["DisplayName"]}
    listed = sns.list_subscriptions_by_topic(TopicArn=topic["TopicArn"])["Subscriptions"]
    asked = said.get("Subscription", [])
    assert [{"Protocol": each["Protocol"], "Endpoint": each["Endpoint"]} for each in listed] == asked


def read_topic_policy(amazon: Amazon, said: dict[str, Any]) -> None:
    (topic,) = said["Topics"]
    found = amazon.client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]
    assert json.loads(found["Policy"]) == said["PolicyDocument"]


def read_alarm(amazon: Amazon, said: dict[str, Any]) -> None:
    (alarm,) = amazon.client("cloudwatch").describe_alarms(AlarmNames=[said["AlarmName"]])["MetricAlarms"]
    wanted = alarm_of(said)
    assert {name: alarm[name] for name in wanted} == wanted


READERS: dict[str, Callable[[Amazon, dict[str, Any]], None]] = {
    "AWS::S3::Bucket": read_bucket,
    "AWS::S3::BucketPolicy": read_bucket_policy,
    "AWS::Scheduler::ScheduleGroup": read_group,
    "AWS::SQS::Queue": read_queue,
    "AWS::SQS::QueuePolicy": read_queue_policy,
    "AWS::IAM::Role": read_role,
    "AWS::IAM::InstanceProfile": read_profile,
    "AWS::IAM::ManagedPolicy": read_policy,
    "AWS::SNS::Topic": read_topic,
    "AWS::SNS::TopicPolicy": read_topic_policy,
    "AWS::CloudWatch::Alarm": read_alarm,
}


def read_back(amazon: Amazon, stack: Stack) -> None:
    """Read every resource that stands through its own service and compare it with the template."""
    for name, kind in stack.resources().items():
        READERS[kind](amazon, stack.properties(name))


def test_every_resource_stands_as_the_template_says(amazon: Amazon) -> None:
    stack = amazon.deploy(**ADDRESS, AlarmEmail="oven@example.com")
    assert set(stack.resources()) == set(stack.template["Resources"])
    read_back(amazon, stack)


def test_what_moto_made_itself_is_what_we_resolve(amazon: Amazon) -> None:
    stack = amazon.deploy(**ADDRESS)
    iam = amazon.client("iam")
    assert {kind for kind in stack.resources().values() if kind not in MAKERS} == {
        "AWS::SQS::Queue", "AWS::IAM::Role", "AWS::IAM::InstanceProfile", "AWS::IAM::ManagedPolicy",
        "AWS::SNS::Topic",
    }  # fmt: skip
    trust = iam.get_role(RoleName="kamado-scheduler-ap-northeast-1")["Role"]["AssumeRolePolicyDocument"]
    assert trust["Statement"][0]["Condition"]["StringEquals"] == {
        "aws:SourceAccount": "123456789012",
        "aws:SourceArn": "arn:aws:scheduler:ap-northeast-1:123456789012:schedule-group/kamado",
    }


def test_portal_elsewhere_gets_a_role_with_external_id(amazon: Amazon) -> None:
    stack = amazon.deploy(**ADDRESS, **ACCOUNT)
    read_back(amazon, stack)
    role = amazon.client("iam").get_role(RoleName="kamado-portal-ap-northeast-1")["Role"]
    assert role["AssumeRolePolicyDocument"]["Statement"] == [
        {
            "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999999999999:role/kamado"},
            "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"sts:ExternalId": "four-and-twenty"}},
        }
    ]  # fmt: skip
    assert not stack.is_made("PortalInstanceProfile")


def test_user_with_a_key_gets_the_policy_and_no_role(amazon: Amazon) -> None:
    amazon.client("iam").create_user(UserName="kamado")
    stack = amazon.deploy(**ADDRESS, PortalRunsAs="user", PortalUser="kamado")
    read_back(amazon, stack)
    assert not stack.is_made("PortalRole")


def test_bucket_that_is_there_is_used_and_left_alone(amazon: Amazon) -> None:
    where = {"LocationConstraint": "ap-northeast-1"}
    amazon.client("s3").create_bucket(Bucket="old-pictures", CreateBucketConfiguration=where)
    stack = amazon.deploy(**ADDRESS, ExistingBucket="old-pictures")
    read_back(amazon, stack)
    assert amazon.outputs()["SettingPicturesBucket"] == "old-pictures"
    assert [each["Name"] for each in amazon.client("s3").list_buckets()["Buckets"]] == ["old-pictures"]
    policy = json.dumps(stack.properties("PortalPolicy"))
    assert "arn:aws:s3:::old-pictures/*" in policy


def test_update_moves_what_parameters_say(amazon: Amazon) -> None:
    amazon.deploy(**ADDRESS)
    changed = {"PortalAddress": "https://oven.example.com", "Projects": "breads-*", "SilentMinutes": "10"}
    stack = amazon.deploy(**changed)
    read_back(amazon, stack)
    resources = stack.properties("SchedulerRole")["Policies"][0]["PolicyDocument"]["Statement"][0]["Resource"]
    assert resources == "arn:aws:rekognition:ap-northeast-1:123456789012:project/breads-*/*"
    assert stack.properties("PortalIsSilent")["EvaluationPeriods"] == "10"


def test_deleted_stack_leaves_the_pictures_and_nothing_else(amazon: Amazon) -> None:
    stack = amazon.deploy(**ADDRESS)
    # Moto reads a Deny without its condition and would refuse everybody.
    amazon.client("s3").delete_bucket_policy(Bucket=stack.names["PicturesBucket"])
    amazon.client("s3").put_object(Bucket=stack.names["PicturesBucket"], Key="1/tray.jpg", Body=b"tray")
    amazon.delete(stack)
    assert amazon.client("iam").list_roles()["Roles"] == []
    assert "QueueUrls" not in amazon.client("sqs").list_queues()
    assert amazon.client("sns").list_topics()["Topics"] == []
    kept = amazon.client("s3").get_object(Bucket=stack.names["PicturesBucket"], Key="1/tray.jpg")
    assert kept["Body"].read() == b"tray"
    retained = {"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"}
    for name, said in stack.template["Resources"].items():
        policies = {key: said[key] for key in retained if key in said}
        assert policies == (retained if "Bucket" in name else {}), name


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({}, "PortalAddress must have a value"),
        ({"PortalAddress": "https://kamado.example.com/"}, "without a slash at its end"),
        ({"PortalAddress": "*"}, "An origin such as"),
        ({**ADDRESS, "Installation": "Kamado"}, "small letters"),
        ({**ADDRESS, "Installation": "k" * 25}, "2 to 24"),
        ({**ADDRESS, "Projects": "breads,cakes"}, "One Custom Labels project"),
        ({**ADDRESS, "ExistingBucket": "My_Bucket"}, "name of a bucket"),
        ({**ADDRESS, "PortalRunsAs": "lambda"}, "instance (on EC2), user"),
        ({**ADDRESS, "PortalRunsAs": "user"}, "needs PortalUser"),
        ({**ADDRESS, "PortalRunsAs": "user", "PortalUser": "arn:aws:iam::1:user/kamado"}, "not its ARN"),
        ({**ADDRESS, **ACCOUNT, "PortalPrincipal": ""}, "needs PortalPrincipal"),
        ({**ADDRESS, **ACCOUNT, "PortalPrincipal": "999999999999"}, "The ARN of an account's root"),
        ({**ADDRESS, **ACCOUNT, "ExternalId": ""}, "needs ExternalId"),
        ({**ADDRESS, "AlarmEmail": "oven"}, "One mail address"),
        ({**ADDRESS, "TickAgeSeconds": "5"}, "15 to 3600 seconds"),
        ({**ADDRESS, "SilentMinutes": "1"}, "2 to 60 minutes"),
    ],
)
def test_wrong_parameter_is_refused_with_a_sentence(parameters: dict[str, str], sentence: str) -> None:
    with pytest.raises(Refused) as refused:
        Stack(parameters).check()
    assert sentence in str(refused.value)


def test_stack_and_check_know_the_same_regions() -> None:
    rule = Stack(ADDRESS).template["Rules"]["RegionHasCustomLabels"]["Assertions"][0]["Assert"]
    assert set(rule["Fn::Contains"][0]) == CUSTOM_LABELS_REGIONS


def test_region_without_custom_labels_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        Stack(ADDRESS, region="ap-northeast-3").check()
    assert "not known to be offered in this region" in str(refused.value)
    Stack({**ADDRESS, "AnyRegion": "yes"}, region="ap-northeast-3").check()
    Stack(ADDRESS, region="eu-west-1").check()


def test_outputs_are_what_the_connection_form_and_the_settings_take(amazon: Amazon) -> None:
    amazon.deploy(**ADDRESS, **ACCOUNT)
    found = amazon.outputs()
    made = Connection(
        name="Tokyo", region=found["ConnectionRegion"], role_arn=found["ConnectionRoleArn"],
        external_id=found["ConnectionExternalId"], schedule_group=found["ConnectionScheduleGroup"],
        scheduler_role_arn=found["ConnectionSchedulerRoleArn"],
        dead_letter_arn=found["ConnectionDeadLetterArn"], safety_stop=Connection.SafetyStop.REQUIRED,
    )  # fmt: skip
    made.clean_fields()
    documented = (PATH.parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")
    described = {key: said["Description"] for key, said in Stack(ADDRESS).template["Outputs"].items()}
    for key in (name for name in found if name.startswith("Setting")):
        assert f"`{described[key]}`" in documented, key
    assert found["SettingPicturesBucket"] == "kamado-pictures-123456789012-ap-northeast-1"
