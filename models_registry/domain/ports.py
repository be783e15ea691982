"""What the day loop needs of Amazon Rekognition, and how it may fail.

Services receive a `Rekognition`; `gateways/` holds the one that speaks to AWS and one in memory.
`answered_at` is AWS's own clock (the HTTP Date header, whole seconds), so the ledger is kept on the clock
that is billed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from models_registry.domain.status import VersionStatus
from portal.base.errors import PortalError


@dataclass(frozen=True, slots=True)
class ProjectState:
    """A project as DescribeProjects gives it."""

    arn: str
    status: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class VersionState:
    """A model version as DescribeProjectVersions gives it. Addresses of its training's files are s3://…."""

    arn: str
    status: VersionStatus
    status_message: str = ""
    created_at: datetime | None = None
    trained_at: datetime | None = None
    billable_training_seconds: int | None = None
    f1_score: float | None = None
    min_inference_units: int | None = None
    max_inference_units: int | None = None
    summary_uri: str = ""
    training_snapshot_uri: str = ""
    testing_snapshot_uri: str = ""


@dataclass(frozen=True, slots=True)
class Projects:
    """All projects of a connection."""

    answered_at: datetime
    projects: tuple[ProjectState, ...]


@dataclass(frozen=True, slots=True)
class Versions:
    """All versions of one project, every page."""

    answered_at: datetime
    versions: tuple[VersionState, ...]


@dataclass(frozen=True, slots=True)
class Accepted:
    """AWS took the order; the state is what it said at `answered_at`."""

    answered_at: datetime
    status: VersionStatus


class Rekognition(Protocol):
    """The control plane of one connection. Every method may raise a RekognitionError."""

    def describe_projects(self) -> Projects:
        """Return every Custom Labels project of the account and region."""
        ...

    def describe_versions(self, project_arn: str) -> Versions:
        """Return every version of a project."""
        ...

    def start_version(self, version_arn: str, *, min_units: int, max_units: int | None) -> Accepted:
        """Order the version to start. Not idempotent: AWS has no client token here."""
        ...

    def stop_version(self, version_arn: str) -> Accepted:
        """Order the version to stop."""
        ...


class RekognitionError(PortalError):
    """Amazon Rekognition did not do what was asked. `aws_code` is its own word for it."""

    code = "rekognition_error"

    def __init__(self, message: str, *, aws_code: str = "") -> None:
        super().__init__(message)
        self.aws_code = aws_code


class Throttled(RekognitionError):
    """Too many calls a second; nothing was done. Slow down and come back."""

    code = "throttled"
    retryable = True


class ResourceInUse(RekognitionError):
    """The version is in another state than the order needs; look again before the next order."""

    code = "resource_in_use"
    retryable = True


class LimitExceeded(RekognitionError):
    """A quota of the account is used up, most often that of running models."""

    code = "limit_exceeded"
    retryable = True


class ResourceNotFound(RekognitionError):
    """The project or version is not there any more."""

    code = "resource_not_found"


class AccessDenied(RekognitionError):
    """The credentials lack a permission, or have expired."""

    code = "access_denied"


class InvalidRequest(RekognitionError):
    """AWS refuses the parameters."""

    code = "invalid_request"


class Unanswered(RekognitionError):
    """No usable answer: the order may or may not have been carried out. Only looking again tells."""

    code = "unanswered"
    retryable = True
