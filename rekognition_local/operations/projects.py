"""CreateProject, DescribeProjects, DeleteProject."""

from typing import Any

from rekognition_local.arns import project_arn
from rekognition_local.errors import in_use, invalid_parameter, limit_exceeded
from rekognition_local.operations.call import Call, find_usable_project
from rekognition_local.statuses import CHANGING_DATASETS, Feature, ProjectStatus
from rekognition_local.storage.records import Dataset, Project

MAX_PAGE = 100


def create_project(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    name, feature = request["ProjectName"], request.get("Feature", Feature.CUSTOM_LABELS)
    if "AutoUpdate" in request and feature != Feature.CONTENT_MODERATION:
        raise invalid_parameter("AutoUpdate is for projects of the feature CONTENT_MODERATION only.")
    if call.store.projects.by_name(call.region, name):
        raise in_use(f"A project named {name} exists already.")
    limit = call.settings.quotas.projects
    if call.store.projects.count(call.region) >= limit:
        raise limit_exceeded(f"The account has its {limit} projects already.")
    arn = project_arn(region=call.region, account=call.settings.account, name=name, created_ms=call.at_ms)
    call.store.projects.add(
        region=call.region,
        name=name,
        arn=arn,
        feature=feature,
        auto_update=request.get("AutoUpdate"),
        created_ms=call.at_ms,
    )
    call.store.tags.put(arn, request.get("Tags", {}))
    return {"ProjectArn": arn}


def describe_projects(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Newest first. A name that no project has is left out without an error."""
    scope, size = f"DescribeProjects {call.region}", request.get("MaxResults", MAX_PAGE)
    projects = call.store.projects.page(
        call.region,
        names=request.get("ProjectNames", []),
        features=request.get("Features", [Feature.CUSTOM_LABELS]),
        after=call.tokens.position(scope=scope, request=request),
        size=size + 1,
    )
    answer: dict[str, Any] = {
        "ProjectDescriptions": [_description(call, project) for project in projects[:size]]
    }
    if len(projects) > size:
        last = projects[size - 1]
        answer["NextToken"] = call.tokens.issue((last.created_ms, last.id), scope=scope, request=request)
    return answer


def delete_project(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """AWS names models as the one thing in the way; datasets and policies go with their project."""
    project = find_usable_project(call, request["ProjectArn"])
    count = call.store.versions.count_in_project(project.id)
    if count:
        raise in_use(f"The project {project.arn} has {count} project versions; delete them first.")
    datasets = call.store.datasets.of_project(project.id)
    for dataset in datasets:
        if dataset.status in CHANGING_DATASETS:
            raise in_use(f"The dataset {dataset.arn} is {dataset.status}; wait until that has ended.")
    lasts_ms = call.settings.status_durations.delete.draw(
        seed=call.settings.seed, key=f"delete:{project.arn}"
    )
    for dataset in datasets:
        call.store.datasets.mark_deleting(dataset.id, gone_at_ms=call.at_ms + lasts_ms)
    call.store.projects.mark_deleting(project.id, gone_at_ms=call.at_ms + lasts_ms)
    return {"Status": ProjectStatus.DELETING}


def _description(call: Call, project: Project) -> dict[str, Any]:
    return {
        "ProjectArn": project.arn,
        "CreationTimestamp": project.created_ms,
        "Status": project.status,
        "Datasets": [_dataset(dataset) for dataset in call.store.datasets.of_project(project.id)],
        "Feature": project.feature,
        "AutoUpdate": project.auto_update,
    }


def _dataset(dataset: Dataset) -> dict[str, Any]:
    return {
        "CreationTimestamp": dataset.created_ms,
        "DatasetType": dataset.type,
        "DatasetArn": dataset.arn,
        "Status": dataset.status,
        "StatusMessage": dataset.shown_message,
        "StatusMessageCode": dataset.shown_code,
    }
