"""Amazon Rekognition's own words for the state of a model version, and the groups that decisions need.

Source: botocore's service model `rekognition/2016-06-27`, shape `ProjectVersionStatus` (14 values).
"""

from __future__ import annotations

from enum import StrEnum


class VersionStatus(StrEnum):
    """The state of a Custom Labels model version, as DescribeProjectVersions says it."""

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


STARTABLE = frozenset(
    {
        VersionStatus.TRAINING_COMPLETED,
        VersionStatus.COPYING_COMPLETED,
        VersionStatus.STOPPED,
        VersionStatus.FAILED,
    }
)
"""StartProjectVersion can be tried. FAILED is undocumented; a retry is the only way back, so it is tried."""

BILLABLE = frozenset({VersionStatus.RUNNING})
"""Inference units are charged while the model is running (docs/billing.md)."""

HOLDS_A_SLOT = frozenset({VersionStatus.STARTING, VersionStatus.RUNNING, VersionStatus.STOPPING})
"""Counts against the quota of running models. STOPPING is undocumented, and counted to be safe."""

UNUSABLE = frozenset(
    {
        VersionStatus.TRAINING_FAILED,
        VersionStatus.DELETING,
        VersionStatus.COPYING_FAILED,
        VersionStatus.DEPRECATED,
        VersionStatus.EXPIRED,
    }
)
"""Will never run again as it is."""

NOT_YET = frozenset({VersionStatus.TRAINING_IN_PROGRESS, VersionStatus.COPYING_IN_PROGRESS})
"""Will be startable later."""
