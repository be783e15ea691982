from collections.abc import Callable

from rekognition_local.settings import Quotas
from tests.rekognition_local.local import OSAKA, Local


def test_sixth_call_within_a_second_is_throttled(
    local_with: Callable[..., Local], refused: Callable[..., str]
) -> None:
    local = local_with(quotas=Quotas())
    for _ in range(5):
        local.aws.describe_projects()

    assert refused(local.aws.describe_projects) == "ThrottlingException"


def test_throttled_operation_is_free_again_after_a_second(
    local_with: Callable[..., Local], refused: Callable[..., str]
) -> None:
    local = local_with(quotas=Quotas())
    for _ in range(5):
        local.aws.describe_projects()

    local.advance(0.999)
    assert refused(local.aws.describe_projects) == "ThrottlingException"
    local.advance(0.001)
    local.aws.describe_projects()


def test_each_operation_and_region_has_its_own_limit(local_with: Callable[..., Local]) -> None:
    local = local_with(quotas=Quotas(control_plane_tps=1))
    local.aws.describe_projects()

    local.aws.create_project(ProjectName="breads")
    local.client(OSAKA).describe_projects()


def test_tagging_has_a_limit_of_its_own(
    local_with: Callable[..., Local], refused: Callable[..., str]
) -> None:
    local = local_with(quotas=Quotas())
    arn = local.version()
    for _ in range(10):
        local.aws.list_tags_for_resource(ResourceArn=arn)

    assert refused(local.aws.list_tags_for_resource, ResourceArn=arn) == "ThrottlingException"


def test_limits_can_be_taken_away(local: Local) -> None:
    for _ in range(30):
        local.aws.describe_projects()
