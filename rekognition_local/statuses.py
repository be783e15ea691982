"""The service's own words for the states of projects and project versions."""

from enum import StrEnum


class VersionStatus(StrEnum):
    TRAINING_IN_PROGRESS = "TRAINING_IN_PROGRESS"
    TRAINING_COMPLETED = "TRAINING_COMPLETED"
    TRAINING_FAILED = "TRAINING_FAILED"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    FAILED = "FAILED"
    STOPPING = "STOPPING"
    STOPPED = "STOPPED"
    DELETING = "DELETING"
    COPYING_IN_PROGRESS = "COPYING_IN_PROGRESS"
    COPYING_COMPLETED = "COPYING_COMPLETED"
    COPYING_FAILED = "COPYING_FAILED"
    DEPRECATED = "DEPRECATED"
    EXPIRED = "EXPIRED"


class ProjectStatus(StrEnum):
    CREATING = "CREATING"
    CREATED = "CREATED"
    DELETING = "DELETING"


class DatasetType(StrEnum):
    TRAIN = "TRAIN"
    TEST = "TEST"


class DatasetStatus(StrEnum):
    CREATE_IN_PROGRESS = "CREATE_IN_PROGRESS"
    CREATE_COMPLETE = "CREATE_COMPLETE"
    CREATE_FAILED = "CREATE_FAILED"
    UPDATE_IN_PROGRESS = "UPDATE_IN_PROGRESS"
    UPDATE_COMPLETE = "UPDATE_COMPLETE"
    UPDATE_FAILED = "UPDATE_FAILED"
    DELETE_IN_PROGRESS = "DELETE_IN_PROGRESS"


DATASET_MESSAGES = {
    DatasetStatus.CREATE_IN_PROGRESS: "The dataset is being created.",
    DatasetStatus.CREATE_COMPLETE: "The dataset was successfully created.",
    DatasetStatus.CREATE_FAILED: "The dataset could not be created.",
    DatasetStatus.UPDATE_IN_PROGRESS: "The dataset is being updated.",
    DatasetStatus.UPDATE_COMPLETE: "The dataset was successfully updated.",
    DatasetStatus.UPDATE_FAILED: "The dataset could not be updated.",
    DatasetStatus.DELETE_IN_PROGRESS: "The dataset is being deleted.",
}

CHANGING_DATASETS = frozenset({DatasetStatus.CREATE_IN_PROGRESS, DatasetStatus.UPDATE_IN_PROGRESS})
# A failed update leaves the entries as they were, so there is still something to learn from.
USABLE_DATASETS = frozenset(
    {DatasetStatus.CREATE_COMPLETE, DatasetStatus.UPDATE_COMPLETE, DatasetStatus.UPDATE_FAILED}
)


class Feature(StrEnum):
    CUSTOM_LABELS = "CUSTOM_LABELS"
    CONTENT_MODERATION = "CONTENT_MODERATION"


# What DELETING becomes: the row disappears, and the resource is not found from that instant on.
GONE = "GONE"

# A version on its way up has its machines reserved, and one on its way down has not given them back yet.
# Counting all three is the stricter reading of "concurrently running models": who plans for it is never
# surprised by the real one.
HOLDS_RUNNING_SLOT = (VersionStatus.STARTING, VersionStatus.RUNNING, VersionStatus.STOPPING)

STATUS_MESSAGES = {
    VersionStatus.TRAINING_IN_PROGRESS: "The model is being trained.",
    VersionStatus.TRAINING_COMPLETED: "The model is ready to run.",
    VersionStatus.TRAINING_FAILED: "The model failed to train.",
    VersionStatus.STARTING: "The model is starting.",
    VersionStatus.RUNNING: "The model is running.",
    VersionStatus.FAILED: "The model failed to start or to stop.",
    VersionStatus.STOPPING: "The model is stopping.",
    VersionStatus.STOPPED: "The model is stopped.",
    VersionStatus.DELETING: "The model is being deleted.",
    VersionStatus.COPYING_IN_PROGRESS: "The model is being copied.",
    VersionStatus.COPYING_COMPLETED: "The model is ready to run.",
    VersionStatus.COPYING_FAILED: "The model failed to copy.",
    VersionStatus.DEPRECATED: "The model is deprecated.",
    VersionStatus.EXPIRED: "The model has expired.",
}
