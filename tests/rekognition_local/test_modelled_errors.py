"""Every error that the service model names for starting, stopping, detecting and training can be had here.

Those of datasets are beside their operations.
"""

from collections.abc import Callable
from typing import Any

import pytest

from rekognition_local.pictures import MAX_BYTES
from rekognition_local.settings import Quotas
from rekognition_local.wire.catalogue import operation_model
from tests.rekognition_local.local import BUCKET, TRAINING, Local

NOWHERE = "arn:aws:rekognition:ap-northeast-1:123456789012:project/none/version/v9/1"
NO_PROJECT = "arn:aws:rekognition:ap-northeast-1:123456789012:project/none/1"
FAULTS = {
    "AccessDeniedException": {"kind": "access_denied"},
    "InternalServerError": {"kind": "internal"},
    "ProvisionedThroughputExceededException": {"kind": "provisioned"},
    "ThrottlingException": {"kind": "throttle"},
}
Provocation = Callable[[Local], dict[str, Any]]


def _full(local: Local) -> dict[str, Any]:
    """A third model in a region that runs two."""
    for name in ("v1", "v2"):
        local.start(local.version(name))
    return {"ProjectVersionArn": local.version("v3"), "MinInferenceUnits": 1}


def _running(local: Local) -> str:
    arn = local.trained_version()
    local.run(arn)
    return arn


def _training_twice(local: Local) -> dict[str, Any]:
    local.train("v1")
    local.train("v2")
    return {"ProjectArn": local.project(), "VersionName": "v3", **TRAINING}


CASES: dict[str, dict[str, Provocation]] = {
    "StartProjectVersion": {
        "ResourceNotFoundException": lambda _: {"ProjectVersionArn": NOWHERE, "MinInferenceUnits": 1},
        "ResourceInUseException": lambda local: {
            "ProjectVersionArn": local.running_version(),
            "MinInferenceUnits": 1,
        },
        "LimitExceededException": _full,
        "InvalidParameterException": lambda local: {
            "ProjectVersionArn": local.version(),
            "MinInferenceUnits": 3,
            "MaxInferenceUnits": 2,
        },
    },
    "StopProjectVersion": {
        "ResourceNotFoundException": lambda _: {"ProjectVersionArn": NOWHERE},
        "ResourceInUseException": lambda local: {"ProjectVersionArn": local.version()},
        "InvalidParameterException": lambda _: {"ProjectVersionArn": "no ARN, but long enough"},
    },
    "DetectCustomLabels": {
        "ResourceNotFoundException": lambda _: {"ProjectVersionArn": NOWHERE, "Image": {"Bytes": b"x"}},
        "ResourceNotReadyException": lambda local: {
            "ProjectVersionArn": local.version(),
            "Image": {"Bytes": b"x"},
        },
        "InvalidImageFormatException": lambda local: {
            "ProjectVersionArn": _running(local),
            "Image": {"Bytes": b"GIF89a"},
        },
        "ImageTooLargeException": lambda local: {
            "ProjectVersionArn": _running(local),
            "Image": {"Bytes": b"x" * (MAX_BYTES + 1)},
        },
        "InvalidS3ObjectException": lambda local: {
            "ProjectVersionArn": _running(local),
            "Image": {"S3Object": {"Bucket": BUCKET, "Name": "nothing.jpg"}},
        },
        "InvalidParameterException": lambda local: {"ProjectVersionArn": _running(local), "Image": {}},
    },
    "CreateProjectVersion": {
        "ResourceNotFoundException": lambda _: {"ProjectArn": NO_PROJECT, "VersionName": "v1", **TRAINING},
        "ResourceInUseException": lambda local: {
            "ProjectArn": local.seed(1)[0],
            "VersionName": "v1",
            **TRAINING,
        },
        "LimitExceededException": _training_twice,
        "InvalidParameterException": lambda local: {
            "ProjectArn": local.project(),
            "VersionName": "v1",
            "OutputConfig": TRAINING["OutputConfig"],
        },
    },
}
NEED_OTHER_QUOTAS = {
    "CreateProjectVersion": {"ServiceQuotaExceededException"},
    # The one left: AWS does not say when detecting exceeds a limit that is none of throughput.
    "DetectCustomLabels": {"LimitExceededException"},
}


def _method(operation: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in operation).lstrip("_")


@pytest.mark.parametrize(
    ("operation", "error"), [(operation, error) for operation in CASES for error in CASES[operation]]
)
def test_modelled_error_is_answered(
    local: Local, refused: Callable[..., str], operation: str, error: str
) -> None:
    parameters = CASES[operation][error](local)

    assert refused(getattr(local.client(validates=False), _method(operation)), **parameters) == error


@pytest.mark.parametrize("operation", CASES)
@pytest.mark.parametrize("error", FAULTS)
def test_error_of_every_operation_is_a_fault_away(
    local: Local, refused: Callable[..., str], operation: str, error: str
) -> None:
    local.faults({**FAULTS[error], "operation": operation})

    assert refused(getattr(local.client(validates=False), _method(operation))) == error


def test_third_project_version_is_over_the_quota(
    local_with: Callable[..., Local], refused: Callable[..., str]
) -> None:
    local = local_with(quotas=Quotas(models_per_project=1).without_tps())
    project, _ = local.seed(1)

    code = refused(local.aws.create_project_version, ProjectArn=project, VersionName="v2", **TRAINING)

    assert code == "ServiceQuotaExceededException"


@pytest.mark.parametrize("operation", CASES)
def test_no_modelled_error_is_forgotten(operation: str) -> None:
    modelled = {shape.name for shape in operation_model(operation).error_shapes}

    assert modelled == {*CASES[operation], *FAULTS, *NEED_OTHER_QUOTAS.get(operation, set())}
