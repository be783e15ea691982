"""An Amazon that is moto's server, and a stack deployed in it with boto3 as a person would deploy it.

What moto's CloudFormation leaves out is made here from the resolved template, each thing by its own
service's call: so every property has passed botocore's model of that service and stands to be read back.
"""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass
from typing import Any

import boto3

from tests.deploy.template import Stack, template_body

STACK = "kamado"


@dataclass
class Amazon:
    """One region of an account at moto's server."""

    endpoint: str
    region: str = "ap-northeast-1"

    def client(self, service: str) -> Any:
        return boto3.client(service, region_name=self.region, endpoint_url=self.endpoint)

    def deploy(self, **parameters: str) -> Stack:
        """Create the stack, or update it; return what stands."""
        formation, stack = self.client("cloudformation"), Stack(parameters, region=self.region)
        stack.check()
        asked = {
            "StackName": STACK, "TemplateBody": template_body(), "Capabilities": ["CAPABILITY_NAMED_IAM"],
            "Parameters": [
                {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
            ],
        }  # fmt: skip
        is_new = not self._stands(formation)
        (formation.create_stack if is_new else formation.update_stack)(**asked)
        made = formation.describe_stack_resources(StackName=STACK)["StackResources"]
        # Moto lists a resource that it skips without a word about it.
        named = [each for each in made if "LogicalResourceId" in each]
        stack.names |= {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in named}
        makers = MAKERS if is_new else MAKERS | UPDATERS
        for name, kind in stack.resources().items():
            if kind in makers:
                makers[kind](self, stack, name)
        return stack

    def _stands(self, formation: Any) -> bool:
        return any(each["StackName"] == STACK for each in formation.describe_stacks()["Stacks"])

    def delete(self, stack: Stack) -> None:
        """Delete the stack. Moto minds no dependencies and forgets managed policies, so theirs is first."""
        iam = self.client("iam")
        for name in ("PortalPolicy", "PicturesPolicy"):
            for role in stack.properties(name).get("Roles", ()):
                iam.detach_role_policy(RoleName=role, PolicyArn=stack.names[name])
            iam.delete_policy(PolicyArn=stack.names[name])
        self.client("cloudformation").delete_stack(StackName=STACK)

    def outputs(self) -> dict[str, str]:
        (stack,) = self.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}


def attached(amazon: Amazon, role: str) -> list[dict[str, Any]]:
    """Read what is attached to a role, as it stands in IAM."""
    iam = amazon.client("iam")
    found = []
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        found.append(ast.literal_eval(document) if isinstance(document, str) else document)
    for each in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        version = iam.get_policy(PolicyArn=each["PolicyArn"])["Policy"]["DefaultVersionId"]
        kept = iam.get_policy_version(PolicyArn=each["PolicyArn"], VersionId=version)
        found.append(kept["PolicyVersion"]["Document"])
    return found


def lifecycle_of(rule: dict[str, Any]) -> dict[str, Any]:
    """Write a rule of the template as S3 has it."""
    said = {"ID": rule["Id"], "Status": rule["Status"], "Filter": {"Prefix": rule["Prefix"]}}
    if "ExpirationInDays" in rule:
        said["Expiration"] = {"Days": rule["ExpirationInDays"]}
    if "ExpiredObjectDeleteMarker" in rule:
        said["Expiration"] = {"ExpiredObjectDeleteMarker": rule["ExpiredObjectDeleteMarker"]}
    same = ("NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload")
    return said | {name: rule[name] for name in same if name in rule}


def cors_of(rule: dict[str, Any]) -> dict[str, Any]:
    """Write a rule of the template as S3 has it."""
    names = {"Id": "ID", "MaxAge": "MaxAgeSeconds"}
    return {names.get(name, name): value for name, value in rule.items()}


def alarm_of(properties: dict[str, Any]) -> dict[str, Any]:
    """Write an alarm's properties as CloudWatch has them: numbers are numbers."""
    numbers = {"Period": int, "EvaluationPeriods": int, "DatapointsToAlarm": int, "Threshold": float}
    return {name: numbers.get(name, lambda same: same)(value) for name, value in properties.items()}


def _bucket(amazon: Amazon, stack: Stack, name: str) -> None:
    s3, said = amazon.client("s3"), stack.properties(name)
    at: dict[str, Any] = {"Bucket": said["BucketName"]}
    s3.put_public_access_block(**at, PublicAccessBlockConfiguration=said["PublicAccessBlockConfiguration"])
    s3.put_bucket_ownership_controls(**at, OwnershipControls=said["OwnershipControls"])
    s3.put_bucket_versioning(**at, VersioningConfiguration=said["VersioningConfiguration"])
    rules = [lifecycle_of(rule) for rule in said["LifecycleConfiguration"]["Rules"]]
    s3.put_bucket_lifecycle_configuration(**at, LifecycleConfiguration={"Rules": rules})
    cors = [cors_of(rule) for rule in said["CorsConfiguration"]["CorsRules"]]
    s3.put_bucket_cors(**at, CORSConfiguration={"CORSRules": cors})


def _bucket_policy(amazon: Amazon, stack: Stack, name: str) -> None:
    said = stack.properties(name)
    amazon.client("s3").put_bucket_policy(Bucket=said["Bucket"], Policy=json.dumps(said["PolicyDocument"]))


def _queue_policy(amazon: Amazon, stack: Stack, name: str) -> None:
    said = stack.properties(name)
    for queue in said["Queues"]:
        amazon.client("sqs").set_queue_attributes(
            QueueUrl=queue, Attributes={"Policy": json.dumps(said["PolicyDocument"])}
        )


def _topic_policy(amazon: Amazon, stack: Stack, name: str) -> None:
    said = stack.properties(name)
    for topic in said["Topics"]:
        amazon.client("sns").set_topic_attributes(
            TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(said["PolicyDocument"])
        )


def _group(amazon: Amazon, stack: Stack, name: str) -> None:
    scheduler, said = amazon.client("scheduler"), stack.properties(name)
    standing = scheduler.list_schedule_groups()["ScheduleGroups"]
    if said["Name"] not in {each["Name"] for each in standing}:
        scheduler.create_schedule_group(**said)


def _alarm(amazon: Amazon, stack: Stack, name: str) -> None:
    amazon.client("cloudwatch").put_metric_alarm(**alarm_of(stack.properties(name)))


def _role_again(amazon: Amazon, stack: Stack, name: str) -> None:
    """Moto's update of a role changes its description and nothing else."""
    iam, said = amazon.client("iam"), stack.properties(name)
    role, trust = said["RoleName"], json.dumps(said["AssumeRolePolicyDocument"])
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=trust)
    for each in said.get("Policies", ()):
        document = json.dumps(each["PolicyDocument"])
        iam.put_role_policy(RoleName=role, PolicyName=each["PolicyName"], PolicyDocument=document)


def _policy_again(amazon: Amazon, stack: Stack, name: str) -> None:
    """Moto does not update a managed policy at all."""
    document = json.dumps(stack.properties(name)["PolicyDocument"])
    amazon.client("iam").create_policy_version(
        PolicyArn=f"arn:aws:iam::{stack.account}:policy/{stack.properties(name)['ManagedPolicyName']}",
        PolicyDocument=document, SetAsDefault=True,
    )  # fmt: skip


UPDATERS = {"AWS::IAM::Role": _role_again, "AWS::IAM::ManagedPolicy": _policy_again}
MAKERS = {
    "AWS::S3::Bucket": _bucket, "AWS::S3::BucketPolicy": _bucket_policy,
    "AWS::SQS::QueuePolicy": _queue_policy, "AWS::SNS::TopicPolicy": _topic_policy,
    "AWS::Scheduler::ScheduleGroup": _group, "AWS::CloudWatch::Alarm": _alarm,
}  # fmt: skip
