"""Datasets and trainings of Amazon Rekognition over boto3, at the pace of the account's other calls."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from models_registry.domain.ports import InvalidRequest, VersionState
from models_registry.domain.training import DatasetState, EntryProblem, TrainingOrder
from models_registry.gateways.aws import AwsRekognition, version_state


class AwsSchool:
    """The datasets and trainings of one account and region; safe to share between threads."""

    def __init__(self, rekognition: AwsRekognition) -> None:
        self._aws = rekognition

    def datasets(self, project_name: str) -> Mapping[str, DatasetState]:
        """See DescribeProjects in the API reference."""
        answer = self._aws.call("describe_projects", {"ProjectNames": [project_name]})
        found = [each for row in answer.get("ProjectDescriptions", ()) for each in row.get("Datasets", ())]
        return {each["DatasetType"]: _dataset(each) for each in found}

    def create_dataset(self, project_arn: str, kind: str) -> None:
        """See CreateDataset in the API reference."""
        self._aws.call("create_dataset", {"ProjectArn": project_arn, "DatasetType": kind})

    def update_entries(self, dataset_arn: str, lines: bytes) -> None:
        """See UpdateDatasetEntries in the API reference."""
        self._aws.call(
            "update_dataset_entries", {"DatasetArn": dataset_arn, "Changes": {"GroundTruth": lines}}
        )

    def count_entries(self, dataset_arn: str) -> int:
        """See DescribeDataset in the API reference."""
        answer = self._aws.call("describe_dataset", {"DatasetArn": dataset_arn})
        return int(answer["DatasetDescription"].get("DatasetStats", {}).get("TotalEntries", 0))

    def problems(self, dataset_arn: str) -> list[EntryProblem]:
        """See ListDatasetEntries in the API reference."""
        pages = self._aws.pages(
            "list_dataset_entries", {"DatasetArn": dataset_arn, "HasErrors": True, "MaxResults": 100}
        )
        return [_problem(line) for page in pages for line in page.get("DatasetEntries", ())]

    def find_version(self, project_arn: str, version_name: str) -> VersionState | None:
        """See DescribeProjectVersions in the API reference."""
        asked = {"ProjectArn": project_arn, "VersionNames": [version_name]}
        found = self._aws.call("describe_project_versions", asked).get("ProjectVersionDescriptions", ())
        return version_state(found[0]) if found else None

    def train(self, order: TrainingOrder) -> str:
        """See CreateProjectVersion in the API reference."""
        answer = self._aws.call(
            "create_project_version",
            {
                "ProjectArn": order.project_arn,
                "VersionName": order.version_name,
                "OutputConfig": {"S3Bucket": order.bucket, "S3KeyPrefix": order.prefix},
                "VersionDescription": order.description[:255],
            },
        )
        return str(answer["ProjectVersionArn"])


def _dataset(said: Mapping[str, Any]) -> DatasetState:
    return DatasetState(
        said["DatasetArn"], said["DatasetType"], said.get("Status", ""), said.get("StatusMessage", "")
    )


def _problem(line: str) -> EntryProblem:
    """Read a line's errors wherever they stand: on it, on an attribute, or on a single box."""
    try:
        said = json.loads(line)
    except ValueError as error:
        raise InvalidRequest(f"A dataset's entry is no JSON: {line[:100]}") from error
    codes = dict.fromkeys(_codes(said))
    return EntryProblem(str(said.get("source-ref", "")), tuple(codes))


def _codes(said: Any) -> list[str]:
    if isinstance(said, list):
        return [code for each in said for code in _codes(each)]
    if not isinstance(said, dict):
        return []
    own = [str(each.get("code", "")) for each in said.get("errors", ()) if isinstance(each, dict)]
    return own + [code for name, each in said.items() if name != "errors" for code in _codes(each)]
