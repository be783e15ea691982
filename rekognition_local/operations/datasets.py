"""CreateDataset, DescribeDataset, DeleteDataset."""

from typing import Any

from rekognition_local.arns import dataset_arn
from rekognition_local.buckets import BucketError, Buckets, S3Place
from rekognition_local.datasets.hands import CREATE
from rekognition_local.errors import ServiceError, in_use, invalid_parameter, limit_exceeded, not_found
from rekognition_local.operations.call import Call, find_dataset, find_project
from rekognition_local.statuses import (
    CHANGING_DATASETS,
    DATASET_MESSAGES,
    USABLE_DATASETS,
    DatasetStatus,
    Feature,
    ProjectStatus,
    VersionStatus,
)
from rekognition_local.storage.records import Dataset, Project


def require_manifest(buckets: Buckets, region: str, request: dict[str, Any]) -> None:
    """Refuse a source that cannot be: wrong parameters first, then a manifest out of reach."""
    if "DatasetSource" not in request:
        return
    source = request["DatasetSource"]
    if len(source) != 1:
        raise invalid_parameter("DatasetSource must have exactly one of GroundTruthManifest and DatasetArn.")
    if "GroundTruthManifest" not in source:
        return
    place = source["GroundTruthManifest"].get("S3Object", {})
    if not place.get("Bucket") or not place.get("Name"):
        raise invalid_parameter("GroundTruthManifest.S3Object must have Bucket and Name.")
    if "Version" in place:
        raise invalid_parameter("Versions of S3 objects are not kept here; leave S3Object.Version out.")
    try:
        buckets.size(S3Place(place["Bucket"], place["Name"]), region=region)
    except BucketError as error:
        raise ServiceError("InvalidS3ObjectException", f"The manifest cannot be read. {error}") from error


def create_dataset(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Create empty, from a manifest (later, by a hand), or as a copy of what a dataset holds now."""
    project, type_ = _usable_project(call, request["ProjectArn"]), request["DatasetType"]
    if any(dataset.type == type_ for dataset in call.store.datasets.of_project(project.id)):
        raise ServiceError(
            "ResourceAlreadyExistsException", f"The project {project.arn} has a {type_} dataset already."
        )
    request_source = request.get("DatasetSource", {})
    source = _copyable(call, request_source["DatasetArn"]) if "DatasetArn" in request_source else None
    arn = dataset_arn(project=project.arn, type=type_, created_ms=call.at_ms)
    dataset_id = call.store.datasets.add(
        project_id=project.id, region=call.region, type=type_, arn=arn, created_ms=call.at_ms
    )
    if "GroundTruthManifest" in request_source:
        place = request_source["GroundTruthManifest"]["S3Object"]
        begin_work(call, CREATE, arn, {"bucket": place["Bucket"], "key": place["Name"]})
    else:
        if source:
            call.store.entries.copy(source_id=source.id, dataset_id=dataset_id)
        call.store.datasets.become(
            dataset_id,
            DatasetStatus.CREATE_COMPLETE,
            at_ms=_due_ms(call, arn),
            message=DATASET_MESSAGES[DatasetStatus.CREATE_COMPLETE],
        )
    call.store.tags.put(arn, request.get("Tags", {}))
    return {"DatasetArn": arn}


def describe_dataset(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """The statistics are of what is listed: nothing while the dataset is being created."""
    dataset = find_dataset(call, request["DatasetArn"])
    description = {
        "CreationTimestamp": dataset.created_ms,
        "LastUpdatedTimestamp": dataset.updated_ms,
        "Status": dataset.status,
        "StatusMessage": dataset.shown_message,
        "StatusMessageCode": dataset.shown_code,
    }
    if dataset.status is not DatasetStatus.CREATE_IN_PROGRESS:
        stats = call.store.entries.stats(dataset.id)
        description["DatasetStats"] = {
            "LabeledEntries": stats.labeled,
            "TotalEntries": stats.total,
            "TotalLabels": stats.labels,
            "ErrorEntries": stats.in_error,
        }
    return {"DatasetDescription": description}


def delete_dataset(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    dataset = find_dataset(call, request["DatasetArn"])
    if dataset.status in CHANGING_DATASETS or dataset.status is DatasetStatus.DELETE_IN_PROGRESS:
        raise in_use(f"The dataset {dataset.arn} is {dataset.status}.")
    versions = call.store.versions.all_in(dataset.project_id)
    if any(version.status is VersionStatus.TRAINING_IN_PROGRESS for version in versions):
        raise in_use(f"A model is being trained in the project of {dataset.arn}; wait until that has ended.")
    lasts_ms = call.settings.status_durations.delete.draw(
        seed=call.settings.seed, key=f"delete:{dataset.arn}"
    )
    call.store.datasets.mark_deleting(dataset.id, gone_at_ms=call.at_ms + lasts_ms)
    return {}


def begin_work(call: Call, kind: str, arn: str, spec: dict[str, Any]) -> None:
    """Write the work on a dataset down; its outcome shows when the drawn time has passed, or later."""
    call.store.jobs.add(kind=kind, region=call.region, subject_arn=arn, spec=spec, due_ms=_due_ms(call, arn))


def _due_ms(call: Call, arn: str) -> int:
    key = f"dataset:{arn}:{call.at_ms}"
    return call.at_ms + call.settings.status_durations.dataset.draw(seed=call.settings.seed, key=key)


def _usable_project(call: Call, arn: str) -> Project:
    """A project that takes datasets. The model has no ResourceInUseException here: going is gone."""
    project = find_project(call, arn)
    if project.status is ProjectStatus.DELETING:
        raise not_found(f"The project {arn} is being deleted.")
    if project.feature != Feature.CUSTOM_LABELS:
        raise invalid_parameter(f"{arn} is a {project.feature} project; it takes no datasets here.")
    return project


def _copyable(call: Call, arn: str) -> Dataset:
    source = find_dataset(call, arn)
    if source.status not in USABLE_DATASETS:
        raise invalid_parameter(f"The dataset {arn} is {source.status}; only a complete one can be copied.")
    limit = call.settings.quotas.images_per_dataset
    if call.store.entries.count(source.id) > limit:
        raise limit_exceeded(f"The dataset {arn} has more than {limit} images.")
    return source
