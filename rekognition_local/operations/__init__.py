"""The operations carried here, each a function from a checked request to an answer."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rekognition_local.buckets import Buckets
from rekognition_local.operations import (
    datasets,
    detection,
    entries,
    making,
    policies,
    projects,
    running,
    tagging,
    versions,
)
from rekognition_local.operations.call import Call
from rekognition_local.seeing.eyes import Eyes
from rekognition_local.settings import Quotas


class Plane(StrEnum):
    """Which limit of requests per second an operation falls under."""

    CONTROL = "control"
    TAGGING = "tagging"
    DETECT = "detect"

    def limit(self, quotas: Quotas) -> int | None:
        limits = {
            Plane.CONTROL: quotas.control_plane_tps,
            Plane.TAGGING: quotas.tagging_tps,
            Plane.DETECT: quotas.detect_tps,
        }
        return limits[self]


@dataclass(frozen=True, slots=True)
class Operation:
    """`run` has the state to itself and must be quick.

    `before`, where there is one, looks at the buckets without lock and transaction before anything is done.
    `outside`, where there is one, goes on from its content without lock and transaction and makes the answer.
    """

    run: Callable[[Call, dict[str, Any]], dict[str, Any]]
    plane: Plane = Plane.CONTROL
    before: Callable[[Buckets, str, dict[str, Any]], None] | None = None
    outside: Callable[[Eyes, str, dict[str, Any], dict[str, Any]], dict[str, Any]] | None = None


OPERATIONS = {
    "CreateDataset": Operation(datasets.create_dataset, before=datasets.require_manifest),
    "DescribeDataset": Operation(datasets.describe_dataset),
    "DeleteDataset": Operation(datasets.delete_dataset),
    "UpdateDatasetEntries": Operation(entries.update_dataset_entries),
    "ListDatasetEntries": Operation(entries.list_dataset_entries),
    "ListDatasetLabels": Operation(entries.list_dataset_labels),
    "DistributeDatasetEntries": Operation(entries.distribute_dataset_entries),
    "PutProjectPolicy": Operation(policies.put_project_policy),
    "ListProjectPolicies": Operation(policies.list_project_policies),
    "DeleteProjectPolicy": Operation(policies.delete_project_policy),
    "CreateProject": Operation(projects.create_project),
    "DescribeProjects": Operation(projects.describe_projects),
    "DeleteProject": Operation(projects.delete_project),
    "CreateProjectVersion": Operation(making.create_project_version),
    "CopyProjectVersion": Operation(making.copy_project_version),
    "DescribeProjectVersions": Operation(versions.describe_project_versions),
    "DeleteProjectVersion": Operation(versions.delete_project_version),
    "StartProjectVersion": Operation(running.start_project_version),
    "StopProjectVersion": Operation(running.stop_project_version),
    "DetectCustomLabels": Operation(detection.admit, Plane.DETECT, outside=detection.detect_custom_labels),
    "TagResource": Operation(tagging.tag_resource, Plane.TAGGING),
    "UntagResource": Operation(tagging.untag_resource, Plane.TAGGING),
    "ListTagsForResource": Operation(tagging.list_tags_for_resource, Plane.TAGGING),
}
