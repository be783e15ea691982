"""Putting a version into any status by hand."""

from typing import Any

from rekognition_local.errors import ControlError
from rekognition_local.statuses import VersionStatus
from rekognition_local.storage.records import Run, Version
from rekognition_local.storage.store import Store


def set_status(store: Store, *, arn: str, status: str, at_ms: int) -> dict[str, Any]:
    """Put a version into a status, where it stays until a call or another setting moves it.

    The meter follows: leaving RUNNING ends the run now, entering RUNNING begins one now.
    """
    wanted = _read_status(status)
    version = store.versions.by_arn(arn)
    if version is None:
        raise ControlError(f"There is no project version {arn}.")
    _follow_with_runs(store, version, wanted, at_ms=at_ms)
    _follow_with_training(store, version, wanted, at_ms=at_ms)
    store.versions.move(version.id, wanted)
    return {"arn": arn, "status": wanted, "was": version.status}


def _read_status(text: str) -> VersionStatus:
    try:
        return VersionStatus(text)
    except ValueError:
        raise ControlError(f"status must be one of {', '.join(VersionStatus)}; it is {text!r}.") from None


def _follow_with_runs(store: Store, version: Version, wanted: VersionStatus, *, at_ms: int) -> None:
    if wanted is version.status is VersionStatus.RUNNING:
        return
    store.runs.close(version.arn, at_ms=at_ms)
    units = version.min_units or 1
    if wanted is VersionStatus.RUNNING:
        store.runs.add(
            Run(version.arn, units, at_ms, running_ms=at_ms, stop_requested_ms=None, ended_ms=None)
        )
    elif wanted is VersionStatus.STARTING:
        store.runs.add(Run(version.arn, units, at_ms, running_ms=None, stop_requested_ms=None, ended_ms=None))


def _follow_with_training(store: Store, version: Version, wanted: VersionStatus, *, at_ms: int) -> None:
    if wanted is VersionStatus.TRAINING_IN_PROGRESS:
        store.versions.note_training_end(version.id, at_ms=None)
    elif version.status is VersionStatus.TRAINING_IN_PROGRESS:
        store.versions.note_training_end(version.id, at_ms=at_ms)
