"""TagResource, UntagResource, ListTagsForResource, for projects, datasets and project versions."""

from typing import Any

from rekognition_local.errors import not_found, quota_exceeded
from rekognition_local.operations.call import Call
from rekognition_local.storage.records import Dataset, Project, Version

# The service model allows a map of 200 tags in one call; the same is taken as the limit of one resource.
MAX_TAGS = 200


def tag_resource(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    arn = _existing_resource(call, request)
    if len(call.store.tags.of(arn) | request["Tags"]) > MAX_TAGS:
        raise quota_exceeded(f"{arn} would have more than {MAX_TAGS} tags.")
    call.store.tags.put(arn, request["Tags"])
    return {}


def untag_resource(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """A key that the resource does not have is passed over."""
    call.store.tags.remove(_existing_resource(call, request), request["TagKeys"])
    return {}


def list_tags_for_resource(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    return {"Tags": call.store.tags.of(_existing_resource(call, request))}


def _existing_resource(call: Call, request: dict[str, Any]) -> str:
    arn: str = request["ResourceArn"]
    resource = _by_arn(call, arn)
    if resource is None or resource.region != call.region:
        raise not_found(f"There is no resource {arn} in {call.region}.")
    return arn


def _by_arn(call: Call, arn: str) -> Project | Dataset | Version | None:
    store = call.store
    return store.projects.by_arn(arn) or store.versions.by_arn(arn) or store.datasets.by_arn(arn)
