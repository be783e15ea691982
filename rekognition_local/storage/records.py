"""Rows as the rest of the package sees them. Every instant is in epoch milliseconds."""

from dataclasses import dataclass
from typing import Any

from rekognition_local.statuses import (
    CHANGING_DATASETS,
    DATASET_MESSAGES,
    DatasetStatus,
    DatasetType,
    ProjectStatus,
    VersionStatus,
)

Facts = dict[str, Any]
# Where a page ended: creation time and row id of its last row.
Position = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Project:
    id: int
    region: str
    name: str
    arn: str
    feature: str
    auto_update: str | None
    status: ProjectStatus
    created_ms: int


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """The eyes of a version: which file, and each label's assumed threshold in percent.

    Versions that learnt the same have one file; what they were tested with, and so their thresholds, may
    differ.
    """

    digest: str
    thresholds: dict[str, float]


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A version about to be written.

    It becomes `next_status` at `next_at_ms` unless something happens before.
    """

    project_id: int
    region: str
    name: str
    arn: str
    status: VersionStatus
    created_ms: int
    facts: Facts
    next_status: str | None = None
    next_at_ms: int | None = None
    training_end_ms: int | None = None
    model: TrainedModel | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """`facts` are the members of its description that never change, in the service's own spelling."""

    id: int
    project_id: int
    region: str
    name: str
    arn: str
    status: VersionStatus
    created_ms: int
    facts: Facts
    next_status: str | None
    next_at_ms: int | None
    training_end_ms: int | None
    min_units: int | None
    max_units: int | None
    starts: int
    model: TrainedModel | None


@dataclass(frozen=True, slots=True)
class Dataset:
    id: int
    project_id: int
    region: str
    type: DatasetType
    arn: str
    status: DatasetStatus
    status_message: str
    status_code: str
    created_ms: int
    updated_ms: int

    @property
    def shown_message(self) -> str:
        """While a change goes on, its outcome may be written down already and is not to be told."""
        has_ended = self.status not in CHANGING_DATASETS and self.status != DatasetStatus.DELETE_IN_PROGRESS
        return self.status_message if has_ended else DATASET_MESSAGES[self.status]

    @property
    def shown_code(self) -> str:
        return "SUCCESS" if self.status in CHANGING_DATASETS else self.status_code


@dataclass(frozen=True, slots=True)
class DatasetStats:
    total: int
    labeled: int
    in_error: int
    labels: int


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry as it is kept: its line with its findings, and every label with its number of boxes."""

    source_ref: str | None
    line: str
    is_labeled: bool
    has_errors: bool
    labels: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """None, or no labels, means that everything passes."""

    labels: tuple[str, ...] = ()
    is_labeled: bool | None = None
    source_ref_contains: str | None = None
    has_errors: bool | None = None


@dataclass(frozen=True, slots=True)
class LabelStats:
    label: str
    entries: int
    entries_with_boxes: int


@dataclass(frozen=True, slots=True)
class Policy:
    id: int
    project_id: int
    name: str
    revision: str
    document: str
    created_ms: int
    updated_ms: int


@dataclass(frozen=True, slots=True)
class Run:
    """One start of a version. `running_ms` is planned when the start is accepted, so it may be to come.

    It is None when the start never reaches RUNNING; `ended_ms` then says when it was given up, if it was.
    """

    version_arn: str
    units: int
    requested_ms: int
    running_ms: int | None
    stop_requested_ms: int | None
    ended_ms: int | None
