"""The operations carried here, each a function from a checked request to an answer."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rekognition_local.operations import detection, making, projects, running, tagging, versions
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

    `outside`, where there is one, goes on from its content without lock and transaction and makes the answer.
    """

    run: Callable[[Call, dict[str, Any]], dict[str, Any]]
    plane: Plane = Plane.CONTROL
    outside: Callable[[Eyes, str, dict[str, Any], dict[str, Any]], dict[str, Any]] | None = None


OPERATIONS = {
    "CreateProject": Operation(projects.create_project),
    "DescribeProjects": Operation(projects.describe_projects),
    "DeleteProject": Operation(projects.delete_project),
    "CreateProjectVersion": Operation(making.create_project_version),
    "CopyProjectVersion": Operation(making.copy_project_version),
    "DescribeProjectVersions": Operation(versions.describe_project_versions),
    "DeleteProjectVersion": Operation(versions.delete_project_version),
    "StartProjectVersion": Operation(running.start_project_version),
    "StopProjectVersion": Operation(running.stop_project_version),
    "DetectCustomLabels": Operation(detection.admit, Plane.DETECT, detection.detect_custom_labels),
    "TagResource": Operation(tagging.tag_resource, Plane.TAGGING),
    "UntagResource": Operation(tagging.untag_resource, Plane.TAGGING),
    "ListTagsForResource": Operation(tagging.list_tags_for_resource, Plane.TAGGING),
}
