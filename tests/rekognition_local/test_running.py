"""The day of a model: started, running, stopped; and the quotas that stand in the way."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from rekognition_local.settings import Quotas
from tests.rekognition_local.local import OSAKA, Local, error_of


def test_version_runs_when_its_start_time_has_passed(local: Local) -> None:
    arn = local.version()

    assert local.start(arn) == "STARTING"
    local.advance(599)
    assert local.status(arn) == "STARTING"
    local.advance(1)
    assert local.status(arn) == "RUNNING"


def test_version_is_stopped_when_its_stop_time_has_passed(local: Local) -> None:
    arn = local.running_version()

    assert local.stop(arn) == "STOPPING"
    local.advance(59)
    assert local.status(arn) == "STOPPING"
    local.advance(1)
    assert local.status(arn) == "STOPPED"


def test_stop_is_refused_while_starting(local: Local, refused: Callable[..., str]) -> None:
    arn = local.version()
    local.start(arn)

    assert refused(local.aws.stop_project_version, ProjectVersionArn=arn) == "ResourceInUseException"


def test_stopped_version_starts_again(local: Local) -> None:
    arn = local.running_version()
    local.stop(arn)
    local.advance(60)

    assert local.start(arn) == "STARTING"


def test_description_shows_the_units_of_the_last_start(local: Local) -> None:
    arn = local.version()
    local.aws.start_project_version(ProjectVersionArn=arn, MinInferenceUnits=2, MaxInferenceUnits=4)

    description = local.describe(arn)

    assert (description["MinInferenceUnits"], description["MaxInferenceUnits"]) == (2, 4)


def test_version_that_never_started_shows_no_units(local: Local) -> None:
    assert "MinInferenceUnits" not in local.describe(local.version())


def test_start_is_refused_when_maximum_units_are_below_minimum(
    local: Local, refused: Callable[..., str]
) -> None:
    arn = local.version()

    code = refused(
        local.aws.start_project_version, ProjectVersionArn=arn, MinInferenceUnits=3, MaxInferenceUnits=2
    )

    assert code == "InvalidParameterException"


@pytest.mark.parametrize(
    "units", [{"MinInferenceUnits": 6}, {"MinInferenceUnits": 1, "MaxInferenceUnits": 6}]
)
def test_start_is_refused_above_the_quota_of_units(
    local: Local, refused: Callable[..., str], units: dict[str, int]
) -> None:
    code = refused(local.aws.start_project_version, ProjectVersionArn=local.version(), **units)

    assert code == "LimitExceededException"


@pytest.mark.parametrize("status", ["STARTING", "RUNNING", "STOPPING"])
def test_third_start_is_refused_while_two_models_hold_machines(
    local: Local, refused: Callable[..., str], status: str
) -> None:
    _, anpan, melonpan, shokupan = local.seed(3)
    local.set_status(anpan, status)
    local.set_status(melonpan, "RUNNING")

    code = refused(local.aws.start_project_version, ProjectVersionArn=shokupan, MinInferenceUnits=1)

    assert code == "LimitExceededException"


@pytest.mark.parametrize("status", ["STOPPED", "FAILED", "TRAINING_COMPLETED"])
def test_model_that_holds_no_machine_leaves_room_for_another(local: Local, status: str) -> None:
    _, anpan, melonpan, shokupan = local.seed(3)
    local.set_status(anpan, status)
    local.set_status(melonpan, "RUNNING")

    assert local.start(shokupan) == "STARTING"


def test_each_region_has_its_own_quota(local: Local) -> None:
    for arn in local.seed(2)[1:]:
        local.start(arn)
    _, osaka_arn = local.seed(1, region=OSAKA)

    answer = local.client(OSAKA).start_project_version(ProjectVersionArn=osaka_arn, MinInferenceUnits=1)

    assert answer["Status"] == "STARTING"


def test_quota_can_be_raised(local_with: Callable[..., Local]) -> None:
    local = local_with(quotas=Quotas(running_models=3).without_tps())

    assert [local.start(arn) for arn in local.seed(3)[1:]] == ["STARTING"] * 3


def test_concurrent_starts_never_exceed_the_quota(local: Local) -> None:
    arns = local.seed(12)[1:]

    def start(arn: str) -> str:
        try:
            return local.start(arn)
        except ClientError as error:
            return error_of(error)

    local.client()
    with ThreadPoolExecutor(12) as threads:
        answers = sorted(threads.map(start, arns))

    assert answers == ["LimitExceededException"] * 10 + ["STARTING"] * 2


def test_concurrent_starts_of_one_version_are_one_run(local: Local) -> None:
    arn = local.version()

    def start(_: int) -> str:
        try:
            return local.start(arn)
        except ClientError as error:
            return error_of(error)

    with ThreadPoolExecutor(8) as threads:
        answers = sorted(threads.map(start, range(8)))

    assert answers == ["ResourceInUseException"] * 7 + ["STARTING"]
    assert local.get("meter")["total"]["runs"] == 1


def test_version_of_another_region_is_not_found(local: Local, refused: Callable[..., str]) -> None:
    arn = local.version()

    code = refused(local.client(OSAKA).start_project_version, ProjectVersionArn=arn, MinInferenceUnits=1)

    assert code == "ResourceNotFoundException"
