"""DescribeProjectVersions and DeleteProjectVersion."""

from typing import Any

from rekognition_local.operations.call import Call, find_project, find_version
from rekognition_local.operations.projects import MAX_PAGE
from rekognition_local.statuses import GONE, STATUS_MESSAGES, Feature, VersionStatus
from rekognition_local.storage.records import Facts, Version
from rekognition_local.transitions import Act, require_allowed


def describe_project_versions(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Newest first. A name that no version has is left out without an error."""
    project = find_project(call, request["ProjectArn"])
    scope, size = f"DescribeProjectVersions {call.region}", request.get("MaxResults", MAX_PAGE)
    versions = call.store.versions.page(
        project.id,
        names=request.get("VersionNames", []),
        after=call.tokens.position(scope=scope, request=request),
        size=size + 1,
    )
    answer: dict[str, Any] = {
        "ProjectVersionDescriptions": [_description(version) for version in versions[:size]]
    }
    if len(versions) > size:
        last = versions[size - 1]
        answer["NextToken"] = call.tokens.issue((last.created_ms, last.id), scope=scope, request=request)
    return answer


def delete_project_version(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    version = find_version(call, request["ProjectVersionArn"])
    require_allowed(Act.DELETE, version.status, arn=version.arn)
    lasts_ms = call.settings.status_durations.delete.draw(
        seed=call.settings.seed, key=f"delete:{version.arn}"
    )
    call.store.versions.move(
        version.id, VersionStatus.DELETING, next_status=GONE, next_at_ms=call.at_ms + lasts_ms
    )
    return {"Status": VersionStatus.DELETING}


def _description(version: Version) -> dict[str, Any]:
    facts = dict(version.facts)
    outcome = facts.pop("Outcome", {})
    failure = outcome.get("StatusMessage") if version.status is VersionStatus.TRAINING_FAILED else None
    return {
        **facts,
        **_training_outcome(version, outcome),
        "ProjectVersionArn": version.arn,
        "CreationTimestamp": version.created_ms,
        "Status": version.status,
        "StatusMessage": failure or STATUS_MESSAGES[version.status],
        "MinInferenceUnits": version.min_units,
        "MaxInferenceUnits": version.max_units,
        "Feature": Feature.CUSTOM_LABELS,
    }


def _training_outcome(version: Version, outcome: Facts) -> Facts:
    """Shown once training is over, the billable time and the evaluation only if it succeeded.

    A copy shows the evaluation of its source, and no times.
    """
    if version.status is VersionStatus.TRAINING_IN_PROGRESS:
        return {}
    shown = {name: value for name, value in outcome.items() if name != "StatusMessage"}
    if version.training_end_ms is not None:
        shown["TrainingEndTimestamp"] = version.training_end_ms
        if version.status is not VersionStatus.TRAINING_FAILED:
            shown["BillableTrainingTimeInSeconds"] = (version.training_end_ms - version.created_ms) // 1000
    return shown
