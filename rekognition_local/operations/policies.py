"""PutProjectPolicy, ListProjectPolicies, DeleteProjectPolicy.

Policies are kept and answered, and nothing here asks them: they let other accounts copy, and there is one.
"""

import json
from typing import Any
from uuid import uuid4

from rekognition_local.errors import ServiceError, not_found, quota_exceeded
from rekognition_local.operations.call import Call, find_project
from rekognition_local.statuses import ProjectStatus
from rekognition_local.storage.records import Policy, Project

MAX_PAGE = 5
# AWS gives no number in the texts at hand.
MAX_POLICIES = 20
_VERSIONS, _EFFECTS = ("2012-10-17", "2008-10-17"), ("Allow", "Deny")


def put_project_policy(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Attach a new policy; with the revision of an existing one, put this in its place."""
    project, name = _usable_project(call, request["ProjectArn"]), request["PolicyName"]
    document = request["PolicyDocument"]
    if problem := _problem_in(document):
        raise ServiceError("MalformedPolicyDocumentException", problem)
    existing = call.store.policies.by_name(project.id, name)
    if existing and "PolicyRevisionId" not in request:
        raise ServiceError(
            "ResourceAlreadyExistsException",
            f"{project.arn} has a policy {name}; give its PolicyRevisionId to replace it.",
        )
    _require_revision(existing, request)
    if not existing and call.store.policies.count(project.id) >= MAX_POLICIES:
        raise quota_exceeded(f"{project.arn} has its {MAX_POLICIES} policies already.")
    revision = uuid4().hex
    call.store.policies.put(project.id, name=name, revision=revision, document=document, at_ms=call.at_ms)
    return {"PolicyRevisionId": revision}


def list_project_policies(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Newest first."""
    project = find_project(call, request["ProjectArn"])
    scope, size = f"ListProjectPolicies {call.region}", request.get("MaxResults", MAX_PAGE)
    after = call.tokens.position(scope=scope, request=request)
    policies = call.store.policies.page(project.id, after=after, size=size + 1)
    answer: dict[str, Any] = {
        "ProjectPolicies": [_description(project, policy) for policy in policies[:size]]
    }
    if len(policies) > size:
        last = policies[size - 1]
        answer["NextToken"] = call.tokens.issue((last.created_ms, last.id), scope=scope, request=request)
    return answer


def delete_project_policy(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    project, name = _usable_project(call, request["ProjectArn"]), request["PolicyName"]
    policy = call.store.policies.by_name(project.id, name)
    if policy is None:
        raise not_found(f"{project.arn} has no policy {name}.")
    _require_revision(policy, request)
    call.store.policies.remove(policy.id)
    return {}


def _usable_project(call: Call, arn: str) -> Project:
    """The project. The model has no ResourceInUseException for policies: going is gone."""
    project = find_project(call, arn)
    if project.status is ProjectStatus.DELETING:
        raise not_found(f"The project {arn} is being deleted.")
    return project


def _require_revision(policy: Policy | None, request: dict[str, Any]) -> None:
    revision = request.get("PolicyRevisionId")
    if revision is not None and (policy is None or revision.lower() != policy.revision):
        raise ServiceError(
            "InvalidPolicyRevisionIdException", f"{revision} is not the policy's present revision."
        )


def _problem_in(document: str) -> str | None:
    """What keeps a document from being a policy; who may do what is not looked into."""
    try:
        policy = json.loads(document)
    except (ValueError, RecursionError) as error:
        return f"PolicyDocument is not JSON: {error}."
    if not isinstance(policy, dict) or policy.get("Version", _VERSIONS[0]) not in _VERSIONS:
        return f"PolicyDocument must be an object with a Version of {' or '.join(_VERSIONS)}."
    statements = policy.get("Statement")
    statements = [statements] if isinstance(statements, dict) else statements
    if not isinstance(statements, list) or not statements:
        return "PolicyDocument must have a Statement."
    for statement in statements:
        if not isinstance(statement, dict) or statement.get("Effect") not in _EFFECTS:
            return "Every Statement must have the Effect Allow or Deny."
        if not statement.get("Principal") or not statement.get("Action"):
            return "Every Statement must have a Principal and an Action."
    return None


def _description(project: Project, policy: Policy) -> dict[str, Any]:
    return {
        "ProjectArn": project.arn,
        "PolicyName": policy.name,
        "PolicyRevisionId": policy.revision,
        "PolicyDocument": policy.document,
        "CreationTimestamp": policy.created_ms,
        "LastUpdatedTimestamp": policy.updated_ms,
    }
