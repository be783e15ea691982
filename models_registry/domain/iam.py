"""IAM policies of least privilege, written from the connections and the features in use.

Every name may also be a placeholder such as `${AWS::AccountId}`, for a CloudFormation template.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from models_registry.domain.permissions import NAMESPACE, PORTAL, SCHEDULER, Feature, Form, Grant, grants

VERSION = "2012-10-17"
SCHEDULER_SERVICE = "scheduler.amazonaws.com"
MOST_CHARACTERS = 6_144
"""A managed policy may have so many characters, white space not counted (IAM quotas)."""

PARTITIONS = (
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
    ("eu-isoe-", "aws-iso-e"),
    ("us-isof-", "aws-iso-f"),
    ("eusc-", "aws-eusc"),
)

Document = dict[str, Any]
"""A policy as JSON has it."""


@dataclass(frozen=True, slots=True)
class Scope:
    """One account and region, and the names in it that a policy is about. Empty names are left out."""

    partition: str
    region: str
    account: str
    projects: tuple[str, ...] = ("*",)
    buckets: tuple[str, ...] = ()
    pictures: str = ""
    group: str = ""
    scheduler_role_arn: str = ""
    dead_letter_arn: str = ""
    assumed_roles: tuple[str, ...] = ()
    namespace: str = NAMESPACE

    def arn(self, service: str, rest: str) -> str:
        """Return the ARN of something in this account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{rest}"


def partition_of(region: str) -> str:
    """Return the partition that a region lies in."""
    return next((partition for prefix, partition in PARTITIONS if region.startswith(prefix)), "aws")


def resources(form: Form, scope: Scope) -> list[str]:
    """Write out the resources of one form; none when the scope names nothing of it."""
    match form:
        case Form.ANY | Form.NAMESPACE:
            return ["*"]
        case Form.PROJECT:
            return [scope.arn("rekognition", f"project/{name}/*") for name in scope.projects]
        case Form.BUCKET | Form.OBJECT:
            return [_bucket(scope, name, is_objects=form is Form.OBJECT) for name in scope.buckets]
        case Form.PICTURES_BUCKET | Form.PICTURES_OBJECT:
            named = [scope.pictures] if scope.pictures else []
            return [_bucket(scope, name, is_objects=form is Form.PICTURES_OBJECT) for name in named]
        case Form.SCHEDULE:
            return [scope.arn("scheduler", f"schedule/{scope.group}/*")] if scope.group else []
        case Form.GROUP:
            return [group_arn(scope)] if scope.group else []
        case Form.SCHEDULER_ROLE | Form.PASSED_ROLE:
            return [scope.scheduler_role_arn] if scope.scheduler_role_arn else []
        case Form.QUEUE:
            return [scope.dead_letter_arn] if scope.dead_letter_arn else []
        case Form.ASSUMED_ROLE:
            return list(scope.assumed_roles)


def group_arn(scope: Scope) -> str:
    """Return the ARN of the schedule group."""
    return scope.arn("scheduler", f"schedule-group/{scope.group}")


def portal_policy(needs: Iterable[tuple[Scope, frozenset[Feature]]]) -> Document:
    """Return one policy for all that an identity does, in every account and region it works in."""
    return _policy((grant, scope) for scope, features in needs for grant in grants(features))


def scheduler_policy(scopes: Iterable[Scope]) -> Document:
    """Return what the scheduler's role may do: start, stop and describe any version of the projects."""
    return _policy((grant, scope) for scope in scopes for grant in SCHEDULER)


def scheduler_trust(scope: Scope) -> Document:
    """Let the scheduler alone assume the role, for schedules of this account's group and no other.

    `aws:SourceArn` has to be the group's ARN, never a schedule's (EventBridge Scheduler user guide,
    “Confused deputy prevention”).
    """
    named = {"aws:SourceAccount": scope.account, "aws:SourceArn": group_arn(scope)}
    return _trust({"Service": SCHEDULER_SERVICE}, {"StringEquals": named})


def account_trust(principals: Iterable[str], external_id: str) -> Document:
    """Let the portal of another account assume the role, if it knows the external ID."""
    named = sorted(principals)
    condition = {"StringEquals": {"sts:ExternalId": external_id}} if external_id else {}
    return _trust({"AWS": named[0] if len(named) == 1 else named}, condition)


def written(document: Document) -> str:
    """Return a document as it is printed."""
    return json.dumps(document, indent=2)


def line_of(document: Document, sid: str, action: str) -> int:
    """Return the line of the printed document on which a statement names an action; 0 when it does not."""
    is_within = False
    for number, line in enumerate(written(document).splitlines(), start=1):
        if '"Sid"' in line:
            is_within = f'"{sid}"' in line
        if is_within and f'"{action}"' in line:
            return number
    return 0


def length(document: Document) -> int:
    """Return how many characters IAM counts."""
    return len("".join(json.dumps(document, indent=0).split()))


def _bucket(scope: Scope, name: str, *, is_objects: bool) -> str:
    return f"arn:{scope.partition}:s3:::{name}" + ("/*" if is_objects else "")


def _conditions(form: Form, scope: Scope) -> Mapping[str, Mapping[str, str]]:
    if form is Form.PASSED_ROLE:
        return {"StringEquals": {"iam:PassedToService": SCHEDULER_SERVICE}}
    if form is Form.NAMESPACE:
        return {"StringEquals": {"cloudwatch:namespace": scope.namespace}}
    return {}


def _policy(granted: Iterable[tuple[Grant, Scope]]) -> Document:
    """Write a statement for each grant, in the order of the list; scopes add their resources to it."""
    statements: dict[str, Document] = {}
    for grant, scope in granted:
        named = resources(grant.form, scope)
        if not named:
            continue
        fresh = {"Sid": grant.sid, "Effect": "Allow", "Action": sorted(grant.actions), "Resource": []}
        statement = statements.setdefault(grant.sid, fresh)
        statement["Resource"] = sorted({*statement["Resource"], *named})
        if conditions := _conditions(grant.form, scope):
            statement["Condition"] = {name: dict(keys) for name, keys in conditions.items()}
    order = [grant.sid for grant in (*PORTAL, *SCHEDULER)]
    rows = sorted(statements.values(), key=lambda each: order.index(each["Sid"]))
    return {"Version": VERSION, "Statement": [_plain(each) for each in rows]}


def _plain(statement: Document) -> Document:
    """Write one resource as a text, several as a list."""
    named = statement["Resource"]
    return {**statement, "Resource": named[0] if len(named) == 1 else named}


def _trust(principal: Mapping[str, Any], condition: Mapping[str, Any]) -> Document:
    statement = {"Effect": "Allow", "Principal": dict(principal), "Action": "sts:AssumeRole"}
    return {
        "Version": VERSION,
        "Statement": [{**statement, "Condition": dict(condition)} if condition else statement],
    }
