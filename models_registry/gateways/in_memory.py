"""A Rekognition in memory, for the contract suite, service tests and benches: same port, no HTTP.

Transitions take the seconds given and are worked out when looked at, on the clock passed in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from models_registry.domain.ports import (
    Accepted,
    LimitExceeded,
    Projects,
    ProjectState,
    RekognitionError,
    ResourceInUse,
    ResourceNotFound,
    Versions,
    VersionState,
)
from models_registry.domain.status import HOLDS_A_SLOT, STARTABLE, VersionStatus


@dataclass(slots=True)
class _Version:
    state: VersionState
    becomes: VersionStatus | None = None
    at: datetime | None = None


class InMemoryRekognition:
    """One account and region; `now` is its clock. `fail_next` makes the next orders raise."""

    def __init__(
        self,
        now: Callable[[], datetime],
        *,
        start_seconds: float = 0,
        stop_seconds: float = 0,
        max_running_models: int = 10_000,
    ) -> None:
        self._now = now
        self.start_seconds = start_seconds
        self.stop_seconds = stop_seconds
        self._limit = max_running_models
        self._projects: dict[str, dict[str, _Version]] = {}
        self.fail_next: list[RekognitionError] = []
        self.calls: list[tuple[str, str]] = []

    def add(
        self,
        version_arn: str,
        status: VersionStatus = VersionStatus.TRAINING_COMPLETED,
        *,
        project_arn: str = "",
        facts: VersionState | None = None,
    ) -> None:
        """Put a version there, and its project with it; `facts` are what else AWS says of it."""
        head, _, tail = version_arn.partition("/version/")
        project = project_arn or f"{head}/{tail.rpartition('/')[2]}"
        state = facts or VersionState(version_arn, status, created_at=datetime(2026, 1, 1, tzinfo=UTC))
        self._projects.setdefault(project, {})[version_arn] = _Version(state)

    def describe_projects(self) -> Projects:
        """Return every project."""
        self._begin("describe_projects", "")
        created = datetime(2026, 1, 1, tzinfo=UTC)
        return Projects(
            self._second(), tuple(ProjectState(arn, "CREATED", created) for arn in self._projects)
        )

    def describe_versions(self, project_arn: str) -> Versions:
        """Return every version of a project."""
        self._begin("describe_versions", project_arn)
        if project_arn not in self._projects:
            raise ResourceNotFound("ResourceNotFoundException: no such project")
        versions = self._projects[project_arn].values()
        return Versions(self._second(), tuple(self._settled(version).state for version in versions))

    def start_version(self, version_arn: str, *, min_units: int, max_units: int | None) -> Accepted:
        """Start a version that is startable, within the quota of running models."""
        self._begin("start_version", version_arn)
        version = self._find(version_arn)
        if version.state.status not in STARTABLE:
            raise ResourceInUse(f"ResourceInUseException: {version.state.status}")
        if self._holding() >= self._limit:
            raise LimitExceeded("LimitExceededException: running models")
        state = replace(version.state, status=VersionStatus.STARTING, min_inference_units=min_units)
        self._move(version, state, VersionStatus.RUNNING, self.start_seconds)
        return Accepted(self._second(), VersionStatus.STARTING)

    def stop_version(self, version_arn: str) -> Accepted:
        """Stop a version that is running."""
        self._begin("stop_version", version_arn)
        version = self._find(version_arn)
        if version.state.status is not VersionStatus.RUNNING:
            raise ResourceInUse(f"ResourceInUseException: {version.state.status}")
        state = replace(version.state, status=VersionStatus.STOPPING)
        self._move(version, state, VersionStatus.STOPPED, self.stop_seconds)
        return Accepted(self._second(), VersionStatus.STOPPING)

    def next_transition(self) -> datetime | None:
        """Return when the next version changes by itself, if any is on its way."""
        every = [version for versions in self._projects.values() for version in versions.values()]
        return min((version.at for version in every if version.at is not None), default=None)

    def _begin(self, operation: str, arn: str) -> None:
        self.calls.append((operation, arn))
        if self.fail_next:
            raise self.fail_next.pop(0)

    def _find(self, arn: str) -> _Version:
        for versions in self._projects.values():
            if arn in versions:
                return self._settled(versions[arn])
        raise ResourceNotFound("ResourceNotFoundException: no such version")

    def _holding(self) -> int:
        every = [version for versions in self._projects.values() for version in versions.values()]
        return sum(self._settled(version).state.status in HOLDS_A_SLOT for version in every)

    def _move(self, version: _Version, state: VersionState, becomes: VersionStatus, seconds: float) -> None:
        version.state, version.becomes = state, becomes
        version.at = self._now() + timedelta(seconds=seconds)

    def _settled(self, version: _Version) -> _Version:
        if version.becomes is not None and version.at is not None and self._now() >= version.at:
            version.state = replace(version.state, status=version.becomes)
            version.becomes = version.at = None
        return version

    def _second(self) -> datetime:
        return self._now().replace(microsecond=0)
