from collections.abc import Callable

import pytest

from tests.rekognition_local.local import OSAKA, Local


def _names(page: dict[str, list[dict[str, str]]]) -> list[str]:
    return [item["ProjectVersionArn"].split("/")[3] for item in page["ProjectVersionDescriptions"]]


def test_pages_show_every_version_once_newest_first(local: Local) -> None:
    project, *_ = local.seed(7)
    pages = local.aws.get_paginator("describe_project_versions").paginate(
        ProjectArn=project, PaginationConfig={"PageSize": 3}
    )

    names = [_names(page) for page in pages]

    assert names == [["v7", "v6", "v5"], ["v4", "v3", "v2"], ["v1"]]


def test_full_last_page_has_no_token(local: Local) -> None:
    project, *_ = local.seed(3)

    assert "NextToken" not in local.aws.describe_project_versions(ProjectArn=project, MaxResults=3)


def test_hundred_versions_are_a_page_by_default(local: Local) -> None:
    project, *_ = local.seed(101)

    page = local.aws.describe_project_versions(ProjectArn=project)

    assert len(page["ProjectVersionDescriptions"]) == 100
    assert page["NextToken"]


def test_page_goes_on_after_a_deleted_version(local: Local) -> None:
    project, *arns = local.seed(4)
    first = local.aws.describe_project_versions(ProjectArn=project, MaxResults=2)
    local.aws.delete_project_version(ProjectVersionArn=arns[2])
    local.advance(5)

    second = local.aws.describe_project_versions(ProjectArn=project, NextToken=first["NextToken"])

    assert _names(second) == ["v2", "v1"]


def test_page_size_may_change_on_the_way(local: Local) -> None:
    project, *_ = local.seed(4)
    token = local.aws.describe_project_versions(ProjectArn=project, MaxResults=1)["NextToken"]

    page = local.aws.describe_project_versions(ProjectArn=project, MaxResults=2, NextToken=token)

    assert _names(page) == ["v3", "v2"]


def test_projects_are_paged_too(local: Local) -> None:
    for name in ("anpan", "melonpan", "shokupan"):
        local.project(name)
    pages = local.aws.get_paginator("describe_projects").paginate(PaginationConfig={"PageSize": 2})

    assert [len(page["ProjectDescriptions"]) for page in pages] == [2, 1]


@pytest.mark.parametrize("token", ["not a token", "bm90IGEgdG9rZW4=", "あんぱん"])
def test_made_up_token_is_refused(local: Local, refused: Callable[..., str], token: str) -> None:
    project = local.project()

    code = refused(local.aws.describe_project_versions, ProjectArn=project, NextToken=token)

    assert code == "InvalidPaginationTokenException"


def test_token_is_refused_for_another_request(local: Local, refused: Callable[..., str]) -> None:
    project, *_ = local.seed(2)
    other, *_ = local.seed(2, project="cakes")
    token = local.aws.describe_project_versions(ProjectArn=project, MaxResults=1)["NextToken"]
    describe = local.aws.describe_project_versions

    assert refused(describe, ProjectArn=other, NextToken=token) == "InvalidPaginationTokenException"
    assert (
        refused(describe, ProjectArn=project, VersionNames=["v1"], NextToken=token)
        == "InvalidPaginationTokenException"
    )


def test_token_is_refused_in_another_region(local: Local, refused: Callable[..., str]) -> None:
    local.project("anpan")
    local.project("melonpan")
    token = local.aws.describe_projects(MaxResults=1)["NextToken"]

    code = refused(local.client(OSAKA).describe_projects, NextToken=token)

    assert code == "InvalidPaginationTokenException"
