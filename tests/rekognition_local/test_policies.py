"""Project policies: attaching, replacing by revision, listing, removing."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from rekognition_local.operations.policies import MAX_POLICIES
from rekognition_local.wire.catalogue import operation_model
from tests.rekognition_local.local import POLICY, Local

NO_PROJECT = "arn:aws:rekognition:ap-northeast-1:123456789012:project/breads/1"
Refused = Callable[..., str]


def _put(local: Local, name: str = "copying", document: str = POLICY, **more: Any) -> str:
    answer = local.aws.put_project_policy(
        ProjectArn=local.project(), PolicyName=name, PolicyDocument=document, **more
    )
    return answer["PolicyRevisionId"]


def _names(local: Local, **parameters: Any) -> list[str]:
    pages = local.aws.get_paginator("list_project_policies").paginate(
        ProjectArn=local.project(), **parameters
    )
    return [policy["PolicyName"] for page in pages for policy in page["ProjectPolicies"]]


def test_policy_is_attached_and_listed(local: Local) -> None:
    revision = _put(local)

    [policy] = local.aws.list_project_policies(ProjectArn=local.project())["ProjectPolicies"]

    assert (policy["PolicyName"], policy["PolicyRevisionId"]) == ("copying", revision)
    assert json.loads(policy["PolicyDocument"]) == json.loads(POLICY)
    assert policy["CreationTimestamp"] == policy["LastUpdatedTimestamp"]


def test_policy_is_replaced_with_its_present_revision_only(local: Local, refused: Refused) -> None:
    first = _put(local)
    local.advance(1)
    second = _put(local, PolicyRevisionId=first.upper())
    parameters = {"ProjectArn": local.project(), "PolicyName": "copying", "PolicyDocument": POLICY}

    put = local.aws.put_project_policy
    assert refused(put, **parameters) == "ResourceAlreadyExistsException"
    assert refused(put, **parameters, PolicyRevisionId=first) == "InvalidPolicyRevisionIdException"
    [policy] = local.aws.list_project_policies(ProjectArn=local.project())["ProjectPolicies"]
    assert policy["PolicyRevisionId"] == second
    assert policy["LastUpdatedTimestamp"] > policy["CreationTimestamp"]


def test_policies_are_listed_newest_first_five_to_a_page(local: Local, refused: Refused) -> None:
    for number in range(7):
        _put(local, f"p{number}")
        local.advance(1)

    assert len(local.aws.list_project_policies(ProjectArn=local.project())["ProjectPolicies"]) == 5
    assert _names(local) == [f"p{number}" for number in reversed(range(7))]
    assert _names(local, PaginationConfig={"PageSize": 2}) == _names(local)
    code = refused(local.aws.list_project_policies, ProjectArn=local.project(), MaxResults=6)
    assert code == "ValidationException"
    code = refused(local.aws.list_project_policies, ProjectArn=local.project(), NextToken="made up")
    assert code == "InvalidPaginationTokenException"


def test_deleted_policy_is_gone(local: Local, refused: Refused) -> None:
    parameters = {"ProjectArn": local.project(), "PolicyName": "copying"}
    revision = _put(local)
    delete = local.aws.delete_project_policy

    assert refused(delete, **parameters, PolicyRevisionId="ab") == "InvalidPolicyRevisionIdException"
    delete(**parameters, PolicyRevisionId=revision)

    assert _names(local) == []
    assert refused(delete, **parameters) == "ResourceNotFoundException"


STATEMENT = json.loads(POLICY)["Statement"][0]


@pytest.mark.parametrize(
    "document",
    [
        "no json",
        "[]",
        "{}",
        "[" * 1500,
        json.dumps({"Version": "2026-01-01", "Statement": STATEMENT}),
        json.dumps({"Statement": []}),
        json.dumps({"Statement": [{**STATEMENT, "Effect": "Perhaps"}]}),
        json.dumps({"Statement": [{**STATEMENT, "Principal": None}]}),
        json.dumps({"Statement": [{**STATEMENT, "Action": []}]}),
    ],
)
def test_document_that_is_no_policy_is_malformed(local: Local, refused: Refused, document: str) -> None:
    code = refused(
        local.aws.put_project_policy,
        ProjectArn=local.project(),
        PolicyName="copying",
        PolicyDocument=document,
    )

    assert code == "MalformedPolicyDocumentException"


def test_policies_of_a_project_are_counted(local: Local, refused: Refused) -> None:
    for number in range(MAX_POLICIES):
        _put(local, f"p{number}")

    code = refused(
        local.aws.put_project_policy,
        ProjectArn=local.project(),
        PolicyName="one-more",
        PolicyDocument=POLICY,
    )

    assert code == "ServiceQuotaExceededException"
    assert code in {shape.name for shape in operation_model("PutProjectPolicy").error_shapes}


def test_policies_need_a_project_that_stays(local: Local, refused: Refused) -> None:
    going = local.project()
    local.aws.delete_project(ProjectArn=going)

    for arn in (NO_PROJECT, going):
        code = refused(
            local.aws.put_project_policy, ProjectArn=arn, PolicyName="copying", PolicyDocument=POLICY
        )
        assert code == "ResourceNotFoundException"
    code = refused(local.aws.list_project_policies, ProjectArn=NO_PROJECT)
    assert code == "ResourceNotFoundException"
