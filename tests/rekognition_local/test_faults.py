from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from tests.rekognition_local.local import TOKYO, Local, error_of


@pytest.mark.parametrize(
    ("rule", "code", "http_status"),
    [
        ({"kind": "throttle"}, "ThrottlingException", 400),
        ({"kind": "throttle", "http_status": 500}, "ThrottlingException", 500),
        ({"kind": "provisioned"}, "ProvisionedThroughputExceededException", 400),
        ({"kind": "internal"}, "InternalServerError", 500),
        ({"kind": "access_denied"}, "AccessDeniedException", 400),
        ({"kind": "expired_token"}, "ExpiredTokenException", 400),
    ],
)
def test_fault_is_answered_as_the_service_would(
    local: Local, rule: dict[str, Any], code: str, http_status: int
) -> None:
    local.faults(rule)

    with pytest.raises(ClientError) as caught:
        local.aws.describe_projects()

    assert error_of(caught.value) == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == http_status


def test_fault_strikes_as_often_as_counted(local: Local, refused: Callable[..., str]) -> None:
    local.faults({"kind": "internal", "count": 2})

    assert [refused(local.aws.describe_projects) for _ in range(2)] == ["InternalServerError"] * 2
    assert local.aws.describe_projects()["ProjectDescriptions"] == []
    assert local.get("faults")["rules"][0]["fired"] == 2


def test_fault_strikes_only_its_operation(local: Local, refused: Callable[..., str]) -> None:
    local.faults({"kind": "throttle", "operation": "CreateProject"})

    assert refused(local.aws.create_project, ProjectName="breads") == "ThrottlingException"
    local.aws.describe_projects()


@pytest.mark.parametrize("by_arn", [True, False], ids=["by ARN", "by name"])
def test_fault_strikes_only_its_version(local: Local, refused: Callable[..., str], by_arn: bool) -> None:
    _, anpan, melonpan = local.seed(2)
    local.faults({"kind": "internal", "version": anpan if by_arn else "v1"})

    code = refused(local.aws.start_project_version, ProjectVersionArn=anpan, MinInferenceUnits=1)

    assert code == "InternalServerError"
    assert local.start(melonpan) == "STARTING"


def test_same_seed_plays_the_same_dice(local: Local) -> None:
    def play() -> list[bool]:
        local.faults({"kind": "internal", "probability": 0.5})
        answers = []
        for _ in range(20):
            try:
                local.aws.describe_projects()
                answers.append(True)
            except ClientError:
                answers.append(False)
        return answers

    first = play()

    assert first == play()
    assert 0 < sum(first) < 20


def test_call_dropped_before_has_done_nothing(local: Local) -> None:
    arn = local.version()
    local.faults({"kind": "drop_before", "operation": "StartProjectVersion", "count": 1})

    with pytest.raises(ConnectionClosedError):
        local.start(arn)

    assert local.status(arn) == "TRAINING_COMPLETED"
    assert local.start(arn) == "STARTING"


def test_call_dropped_after_has_done_its_work(local: Local, refused: Callable[..., str]) -> None:
    arn = local.version()
    local.faults({"kind": "drop_after", "operation": "StartProjectVersion", "count": 1})

    with pytest.raises(ConnectionClosedError):
        local.start(arn)

    assert local.status(arn) == "STARTING"
    code = refused(local.aws.start_project_version, ProjectVersionArn=arn, MinInferenceUnits=1)
    assert code == "ResourceInUseException"


def test_refusal_is_dropped_too_when_the_answer_is_dropped(local: Local) -> None:
    arn = local.version()
    local.faults({"kind": "drop_after", "operation": "StopProjectVersion", "count": 1})

    with pytest.raises(ConnectionClosedError):
        local.stop(arn)


def test_boto3_gets_through_by_retrying_an_internal_error(local: Local) -> None:
    retrying = boto3.client(
        "rekognition",
        endpoint_url=local.url,
        region_name=TOKYO,
        aws_access_key_id="AKID",
        aws_secret_access_key="secret",
        config=Config(retries={"mode": "standard", "total_max_attempts": 2}),
    )
    local.faults({"kind": "internal", "count": 1})

    assert retrying.describe_projects()["ResponseMetadata"]["RetryAttempts"] == 1
    retrying.close()


def test_start_fails_after_half_its_time(local: Local) -> None:
    arn = local.version()
    local.faults({"kind": "fail_on_start", "version": "v1", "count": 1})
    local.start(arn)

    local.advance(299)
    assert local.status(arn) == "STARTING"
    local.advance(1)
    assert local.status(arn) == "FAILED"
    assert local.metered_minutes() == 0


def test_failed_start_can_be_repeated(local: Local) -> None:
    arn = local.version()
    local.faults({"kind": "fail_on_start", "count": 1})
    local.start(arn)
    local.advance(300)

    assert local.start(arn) == "STARTING"
    local.advance(600)
    assert local.status(arn) == "RUNNING"


def test_refused_start_uses_up_no_fault(local: Local, refused: Callable[..., str]) -> None:
    _, running, other = local.seed(2)
    local.set_status(running, "RUNNING")
    local.faults({"kind": "fail_on_start", "count": 1})
    refused(local.aws.start_project_version, ProjectVersionArn=running, MinInferenceUnits=1)

    local.start(other)
    local.advance(300)

    assert local.status(other) == "FAILED"


def test_stuck_version_never_runs(local: Local) -> None:
    arn = local.version()
    local.faults({"kind": "stuck_starting"})
    local.start(arn)

    local.advance(30 * 24 * 3600)

    assert local.status(arn) == "STARTING"
    assert local.metered_minutes() == 0


def test_slow_answer_comes_in_the_end(local: Local) -> None:
    local.faults({"kind": "slow", "seconds": 0.02, "count": 1})

    assert local.aws.describe_projects()["ProjectDescriptions"] == []
    assert local.get("faults")["rules"][0]["fired"] == 1


def test_new_plan_replaces_the_old_one(local: Local) -> None:
    local.faults({"kind": "internal"})
    local.faults()

    local.aws.describe_projects()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"rules": {}},
        {"rules": [{"kind": "burn"}]},
        {"rules": [{"kind": "slow", "operation": "BakeBread"}]},
        {"rules": [{"kind": "slow", "probability": 2}]},
        {"rules": [{"kind": "slow", "count": -1}]},
        {"rules": [{"kind": "slow", "count": "two"}]},
        {"rules": [{"kind": "slow", "seconds": 1e9}]},
        {"rules": [{"kind": "throttle", "http_status": 418}]},
        {"rules": [{"kind": "slow", "colour": "brown"}]},
        {"rules": [{}]},
        {"rules": ["slow"]},
    ],
)
def test_plan_that_makes_no_sense_is_refused(local: Local, body: dict[str, Any]) -> None:
    status, content = local.control("POST", "faults", body)

    assert status == 400
    assert content["error"]
