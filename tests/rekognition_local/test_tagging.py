from collections.abc import Callable

import pytest

from tests.rekognition_local.local import OSAKA, Local


def test_tags_are_put_replaced_and_removed(local: Local) -> None:
    arn = local.version(tags={"shop": "ginza", "oven": "1"})

    local.aws.tag_resource(ResourceArn=arn, Tags={"oven": "2", "店": "銀座 1"})
    local.aws.untag_resource(ResourceArn=arn, TagKeys=["shop", "unknown"])

    assert local.aws.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"oven": "2", "店": "銀座 1"}


def test_projects_are_tagged_when_created(local: Local) -> None:
    arn = local.aws.create_project(ProjectName="breads", Tags={"chain": "komugi"})["ProjectArn"]

    assert local.aws.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"chain": "komugi"}


def test_resource_takes_two_hundred_tags_and_no_more(local: Local, refused: Callable[..., str]) -> None:
    arn = local.version()
    local.aws.tag_resource(ResourceArn=arn, Tags={f"k{n}": "v" for n in range(200)})

    code = refused(local.aws.tag_resource, ResourceArn=arn, Tags={"one": "more"})

    assert code == "ServiceQuotaExceededException"


@pytest.mark.parametrize(
    ("operation", "more"),
    [("tag_resource", {"Tags": {}}), ("untag_resource", {"TagKeys": []}), ("list_tags_for_resource", {})],
)
def test_resource_of_another_region_is_not_found(
    local: Local, refused: Callable[..., str], operation: str, more: dict[str, object]
) -> None:
    arn = local.version()

    code = refused(getattr(local.client(OSAKA), operation), ResourceArn=arn, **more)

    assert code == "ResourceNotFoundException"
