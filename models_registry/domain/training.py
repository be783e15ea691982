"""What the learning loop needs of Amazon Rekognition: datasets, and a training from them.

Failures are the RekognitionErrors of `domain.ports`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from models_registry.domain.ports import VersionState

CHANGING = frozenset({"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS"})
BROKEN = frozenset({"CREATE_FAILED", "UPDATE_FAILED"})


@dataclass(frozen=True, slots=True)
class DatasetState:
    """A dataset as DescribeProjects gives it; the kind is TRAIN or TEST, the status AWS's word."""

    arn: str
    kind: str
    status: str
    message: str = ""

    @property
    def is_changing(self) -> bool:
        """Tell whether an order to it would be refused now."""
        return self.status in CHANGING

    @property
    def is_broken(self) -> bool:
        """Tell whether its last change failed."""
        return self.status in BROKEN


@dataclass(frozen=True, slots=True)
class EntryProblem:
    """What AWS found wrong with one line: its picture and AWS's codes, each once, in their order."""

    source: str
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrainingOrder:
    """A training from the project's datasets; files of its outcome go below `s3://bucket/prefix`."""

    project_arn: str
    version_name: str
    bucket: str
    prefix: str
    description: str


class School(Protocol):
    """The datasets and trainings of one connection. Every method may raise a RekognitionError."""

    def datasets(self, project_name: str) -> Mapping[str, DatasetState]:
        """Return a project's datasets by kind; one call."""
        ...

    def create_dataset(self, project_arn: str, kind: str) -> None:
        """Order an empty dataset. ResourceInUse where there is one already."""
        ...

    def update_entries(self, dataset_arn: str, lines: bytes) -> None:
        """Order lines to be put in, each in the place of the one with its source-ref. Harmless again."""
        ...

    def count_entries(self, dataset_arn: str) -> int:
        """Return how many lines a dataset holds."""
        ...

    def problems(self, dataset_arn: str) -> list[EntryProblem]:
        """Return the lines that AWS finds wrong; one call a hundred."""
        ...

    def find_version(self, project_arn: str, version_name: str) -> VersionState | None:
        """Return a version by its name, or None."""
        ...

    def train(self, order: TrainingOrder) -> str:
        """Order a training; return the ARN of its version. AWS refuses a name that is taken."""
        ...
