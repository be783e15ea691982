"""Amazon Rekognition over boto3: the real one, or Rekognition Local where an endpoint is set.

Timeouts are short and retries few, because the next tick is the retry. `answered_at` is the response's Date
header: AWS's clock, in whole seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session as BotocoreSession

from models_registry.domain.objects import Place
from models_registry.domain.ports import (
    Accepted,
    AccessDenied,
    InvalidRequest,
    LimitExceeded,
    Projects,
    ProjectState,
    RekognitionError,
    ResourceInUse,
    ResourceNotFound,
    Throttled,
    Unanswered,
    Versions,
    VersionState,
)
from models_registry.domain.status import VersionStatus
from models_registry.gateways.pacing import Pacer
from models_registry.gateways.sessions import Assumed, RoleNotAssumed, said, session_for

READS = frozenset(
    {"describe_projects", "describe_project_versions", "describe_dataset", "list_dataset_entries"}
)
"""Looking is repeated on a throttle or a fault; an order is not: the next tick decides afresh."""

ERRORS: Mapping[str, type[RekognitionError]] = {
    "ThrottlingException": Throttled,
    "ProvisionedThroughputExceededException": Throttled,
    "RequestLimitExceeded": Throttled,
    "ResourceInUseException": ResourceInUse,
    "LimitExceededException": LimitExceeded,
    "ServiceQuotaExceededException": LimitExceeded,
    "ResourceNotFoundException": ResourceNotFound,
    "AccessDeniedException": AccessDenied,
    "AccessDenied": AccessDenied,
    "ExpiredTokenException": AccessDenied,
    "ExpiredToken": AccessDenied,
    "UnrecognizedClientException": AccessDenied,
    "InvalidSignatureException": AccessDenied,
    "InvalidClientTokenId": AccessDenied,
    "RequestExpired": AccessDenied,
    "MissingAuthenticationTokenException": AccessDenied,
    "InvalidParameterException": InvalidRequest,
    "ValidationException": InvalidRequest,
    "InvalidPaginationTokenException": InvalidRequest,
    "ResourceAlreadyExistsException": ResourceInUse,
    "ResourceNotReadyException": ResourceInUse,
    "InternalServerError": Unanswered,
}


@dataclass(frozen=True, slots=True)
class Account:
    """How to reach one connection: region, role to assume (or the ambient credentials), calls a second."""

    region: str
    role_arn: str = ""
    external_id: str = ""
    endpoint_url: str = ""
    calls_per_second: int = 5
    read_attempts: int = 3


class AwsRekognition:
    """The control plane of one account and region; safe to share between threads."""

    def __init__(self, account: Account) -> None:
        self._readers = _client(account, attempts=account.read_attempts)
        self._orders = _client(account, attempts=1)
        self._pacer = Pacer(account.calls_per_second)

    def describe_projects(self) -> Projects:
        """Return every Custom Labels project; one call a hundred."""
        found: list[ProjectState] = []
        for page in self.pages("describe_projects", {}):
            found += [_project(each) for each in page.get("ProjectDescriptions", [])]
        return Projects(answered_at(page), tuple(found))

    def describe_versions(self, project_arn: str) -> Versions:
        """Return every version of a project; one call a hundred."""
        found: list[VersionState] = []
        for page in self.pages("describe_project_versions", {"ProjectArn": project_arn}):
            found += [version_state(each) for each in page.get("ProjectVersionDescriptions", [])]
        return Versions(answered_at(page), tuple(found))

    def start_version(self, version_arn: str, *, min_units: int, max_units: int | None) -> Accepted:
        """Order a start; see StartProjectVersion in the API reference."""
        order: dict[str, Any] = {"ProjectVersionArn": version_arn, "MinInferenceUnits": min_units}
        if max_units is not None:
            order["MaxInferenceUnits"] = max_units
        return _accepted(self.call("start_project_version", order))

    def stop_version(self, version_arn: str) -> Accepted:
        """Order a stop; see StopProjectVersion in the API reference."""
        return _accepted(self.call("stop_project_version", {"ProjectVersionArn": version_arn}))

    def pages(self, operation: str, arguments: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield the answers to a call page after page. Raises RekognitionErrors."""
        while True:
            page = self.call(operation, arguments)
            yield page
            if not page.get("NextToken"):
                return
            arguments = {**arguments, "NextToken": page["NextToken"]}

    def call(self, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Make one call at the account's pace. Raises RekognitionErrors."""
        client = self._readers if operation in READS else self._orders
        call: Callable[..., dict[str, Any]] = getattr(client, operation)
        self._pacer.pause(operation)
        with our_errors():
            return call(**arguments)


@lru_cache(maxsize=256)
def rekognition_for(account: Account) -> AwsRekognition:
    """Return the client of an account, made once a process: clients are slow to build, quick to reuse."""
    return AwsRekognition(account)


def _client(account: Account, *, attempts: int) -> Any:
    config = Config(
        connect_timeout=3,
        read_timeout=10,
        retries={"mode": "standard", "total_max_attempts": attempts},
        max_pool_connections=10,
        user_agent_extra="kamado",
    )
    session = boto3.Session(botocore_session=botocore_session(account), region_name=account.region)
    return session.client("rekognition", config=config, endpoint_url=account.endpoint_url or None)


def botocore_session(account: Account) -> BotocoreSession:
    """Return a session with the portal's own credentials, or with those of the assumed role."""
    return session_for(Assumed(account.region, account.role_arn, account.external_id))


@contextmanager
def our_errors() -> Iterator[None]:
    """Turn what boto3 raises into RekognitionErrors."""
    try:
        yield
    except ClientError as error:
        details = error.response.get("Error", {})
        name = str(details.get("Code", ""))
        kind = ERRORS.get(name) or (Unanswered if _is_server_fault(error) else InvalidRequest)
        raise kind(said(error), aws_code=name) from error
    except RoleNotAssumed as error:
        raise AccessDenied(str(error), aws_code=error.aws_code) from error
    except BotoCoreError as error:
        raise Unanswered(
            f"Amazon Rekognition did not answer: {error}", aws_code=type(error).__name__
        ) from error


def _is_server_fault(error: ClientError) -> bool:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
    return int(status) >= 500


def answered_at(answer: Mapping[str, Any]) -> datetime:
    """Return AWS's own instant of an answer."""
    return parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"]).astimezone(UTC)


def _accepted(answer: dict[str, Any]) -> Accepted:
    return Accepted(answered_at(answer), VersionStatus(answer["Status"]))


def _project(description: Mapping[str, Any]) -> ProjectState:
    return ProjectState(
        description["ProjectArn"],
        description.get("Status", ""),
        description["CreationTimestamp"].astimezone(UTC),
    )


def version_state(description: Mapping[str, Any]) -> VersionState:
    """Return one of the descriptions of DescribeProjectVersions."""
    ended = description.get("TrainingEndTimestamp")
    return VersionState(
        arn=description["ProjectVersionArn"],
        status=VersionStatus(description["Status"]),
        status_message=description.get("StatusMessage", ""),
        created_at=description["CreationTimestamp"].astimezone(UTC),
        trained_at=ended.astimezone(UTC) if ended else None,
        billable_training_seconds=description.get("BillableTrainingTimeInSeconds"),
        f1_score=description.get("EvaluationResult", {}).get("F1Score"),
        min_inference_units=description.get("MinInferenceUnits"),
        max_inference_units=description.get("MaxInferenceUnits"),
        summary_uri=_address(description.get("EvaluationResult", {}).get("Summary", {})),
        training_snapshot_uri=_snapshot(description.get("TrainingDataResult", {})),
        testing_snapshot_uri=_snapshot(description.get("TestingDataResult", {})),
    )


def _snapshot(result: Mapping[str, Any]) -> str:
    """Return the address of the manifest of the images that were used."""
    assets = result.get("Output", {}).get("Assets", [])
    return _address(assets[0].get("GroundTruthManifest", {})) if assets else ""


def _address(holder: Mapping[str, Any]) -> str:
    named = holder.get("S3Object", {})
    return str(Place(named["Bucket"], named["Name"])) if {"Bucket", "Name"} <= named.keys() else ""
