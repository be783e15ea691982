"""UpdateDatasetEntries, ListDatasetEntries, ListDatasetLabels, DistributeDatasetEntries."""

from typing import Any

from rekognition_local.datasets.hands import DISTRIBUTE, UPDATE
from rekognition_local.errors import ServiceError, in_use, invalid_parameter, limit_exceeded
from rekognition_local.manifests import read_line, text_lines
from rekognition_local.operations.call import Call, find_dataset
from rekognition_local.operations.datasets import begin_work
from rekognition_local.operations.projects import MAX_PAGE
from rekognition_local.statuses import USABLE_DATASETS, DatasetStatus, DatasetType
from rekognition_local.storage.records import Dataset, EntryFilter

_NOT_READY = "ResourceNotReadyException"


def update_dataset_entries(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Take lines to be added or, by their source-ref, put in the place of old ones."""
    dataset = find_dataset(call, request["DatasetArn"])
    lines = list(text_lines(request["Changes"]["GroundTruth"]))
    if not lines:
        raise invalid_parameter("Changes.GroundTruth has no JSON Line.")
    if dataset.status is DatasetStatus.CREATE_FAILED:
        raise invalid_parameter(f"The dataset {dataset.arn} is CREATE_FAILED; delete it and create another.")
    if dataset.status not in USABLE_DATASETS:
        raise in_use(f"The dataset {dataset.arn} is {dataset.status}.")
    _require_room_for(call, dataset, lines)
    call.store.datasets.begin(dataset.id, DatasetStatus.UPDATE_IN_PROGRESS)
    begin_work(call, UPDATE, dataset.arn, {"lines": lines})
    return {}


def list_dataset_entries(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """In the order in which the entries came."""
    dataset = _listable(call, request["DatasetArn"])
    scope, size = f"ListDatasetEntries {call.region}", request.get("MaxResults", MAX_PAGE)
    after = call.tokens.position(scope=scope, request=request)
    wanted = EntryFilter(
        labels=tuple(request.get("ContainsLabels", ())),
        is_labeled=request.get("Labeled"),
        source_ref_contains=request.get("SourceRefContains"),
        has_errors=request.get("HasErrors"),
    )
    rows = call.store.entries.page(dataset.id, wanted, after_id=after[1] if after else 0, size=size + 1)
    answer: dict[str, Any] = {"DatasetEntries": [line for _, line in rows[:size]]}
    if len(rows) > size:
        answer["NextToken"] = call.tokens.issue((0, rows[size - 1][0]), scope=scope, request=request)
    return answer


def list_dataset_labels(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """In alphabetical order. BoundingBoxCount is, as the model words it, a number of images."""
    dataset = _listable(call, request["DatasetArn"])
    scope, size = f"ListDatasetLabels {call.region}", request.get("MaxResults", MAX_PAGE)
    after = call.tokens.position(scope=scope, request=request)
    offset = after[1] if after else 0
    labels = call.store.entries.labels(dataset.id, offset=offset, size=size + 1)
    descriptions = [
        {
            "LabelName": label.label,
            "LabelStats": {"EntryCount": label.entries, "BoundingBoxCount": label.entries_with_boxes},
        }
        for label in labels[:size]
    ]
    answer: dict[str, Any] = {"DatasetLabelDescriptions": descriptions}
    if len(labels) > size:
        answer["NextToken"] = call.tokens.issue((0, offset + size), scope=scope, request=request)
    return answer


def distribute_dataset_entries(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Move a fifth of the training dataset to the test dataset."""
    datasets = {dataset.type: dataset for dataset in _named(call, request)}
    if set(datasets) != set(DatasetType) or len({dataset.project_id for dataset in datasets.values()}) != 1:
        raise invalid_parameter("Datasets must be the training and the test dataset of one project.")
    for dataset in datasets.values():
        if dataset.status not in USABLE_DATASETS:
            raise ServiceError(_NOT_READY, f"The dataset {dataset.arn} is {dataset.status}.")
    train, test = datasets[DatasetType.TRAIN], datasets[DatasetType.TEST]
    if not call.store.entries.count(train.id):
        raise invalid_parameter(f"The training dataset {train.arn} is empty.")
    if call.store.entries.count(test.id):
        raise invalid_parameter(f"The test dataset {test.arn} must be empty.")
    for dataset in (train, test):
        call.store.datasets.begin(dataset.id, DatasetStatus.UPDATE_IN_PROGRESS)
    begin_work(call, DISTRIBUTE, train.arn, {"test": test.arn})
    return {}


def _require_room_for(call: Call, dataset: Dataset, lines: list[str]) -> None:
    """Lines are read for it only when it might be too many: they may be in the place of old ones."""
    limit, count = call.settings.quotas.images_per_dataset, call.store.entries.count(dataset.id)
    if count + len(lines) <= limit:
        return
    refs = [read_line(line).source_ref for line in lines]
    known = {ref for ref in refs if ref is not None}
    new = refs.count(None) + len(known) - call.store.entries.count_of(dataset.id, known)
    if count + new > limit:
        raise limit_exceeded(f"The dataset {dataset.arn} would have more than its {limit} images.")


def _named(call: Call, request: dict[str, Any]) -> list[Dataset]:
    return [find_dataset(call, item["Arn"]) for item in request["Datasets"]]


def _listable(call: Call, arn: str) -> Dataset:
    """A dataset that stands still. A failed creation lists nothing, a failed update what was there before."""
    dataset = find_dataset(call, arn)
    if dataset.status is DatasetStatus.CREATE_IN_PROGRESS:
        raise ServiceError(_NOT_READY, f"The dataset {arn} is being created.")
    if dataset.status in (DatasetStatus.UPDATE_IN_PROGRESS, DatasetStatus.DELETE_IN_PROGRESS):
        raise in_use(f"The dataset {arn} is {dataset.status}.")
    return dataset
