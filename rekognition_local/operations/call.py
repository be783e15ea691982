"""What every operation receives besides its request."""

from dataclasses import dataclass

from rekognition_local.buckets import Buckets
from rekognition_local.errors import in_use, not_found
from rekognition_local.faults import FaultPlan
from rekognition_local.paging import PageTokens
from rekognition_local.settings import Settings
from rekognition_local.statuses import ProjectStatus
from rekognition_local.storage.records import Dataset, Project, Version
from rekognition_local.storage.store import Store


@dataclass(frozen=True, slots=True)
class Call:
    """One call, at one instant, inside one open transaction."""

    store: Store
    settings: Settings
    faults: FaultPlan
    tokens: PageTokens
    region: str
    at_ms: int
    buckets: Buckets


def find_project(call: Call, arn: str) -> Project:
    project = call.store.projects.by_arn(arn)
    if project is None or project.region != call.region:
        raise not_found(f"There is no project {arn} in {call.region}.")
    return project


def find_usable_project(call: Call, arn: str) -> Project:
    """The project, unless it is being deleted: then nothing can be put into it any more."""
    project = find_project(call, arn)
    if project.status is ProjectStatus.DELETING:
        raise in_use(f"The project {arn} is being deleted.")
    return project


def find_dataset(call: Call, arn: str) -> Dataset:
    dataset = call.store.datasets.by_arn(arn)
    if dataset is None or dataset.region != call.region:
        raise not_found(f"There is no dataset {arn} in {call.region}.")
    return dataset


def find_version(call: Call, arn: str) -> Version:
    version = call.store.versions.by_arn(arn)
    if version is None or version.region != call.region:
        raise not_found(f"There is no project version {arn} in {call.region}.")
    return version
