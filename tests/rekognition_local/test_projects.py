from collections.abc import Callable
from datetime import UTC, datetime

from rekognition_local.settings import Quotas
from tests.rekognition_local.local import OSAKA, Local


def test_created_project_is_described(local: Local) -> None:
    arn = local.aws.create_project(ProjectName="breads")["ProjectArn"]

    [project] = local.aws.describe_projects()["ProjectDescriptions"]

    assert arn == "arn:aws:rekognition:ap-northeast-1:123456789012:project/breads/1795392000000"
    assert project == {
        "ProjectArn": arn,
        "CreationTimestamp": datetime(2026, 11, 23, tzinfo=UTC),
        "Status": "CREATED",
        "Datasets": [],
        "Feature": "CUSTOM_LABELS",
    }


def test_second_project_of_a_name_is_refused(local: Local, refused: Callable[..., str]) -> None:
    local.aws.create_project(ProjectName="breads")

    assert refused(local.aws.create_project, ProjectName="breads") == "ResourceInUseException"


def test_projects_are_counted_against_the_quota(
    local_with: Callable[..., Local], refused: Callable[..., str]
) -> None:
    local = local_with(quotas=Quotas(projects=1).without_tps())
    local.aws.create_project(ProjectName="breads")

    assert refused(local.aws.create_project, ProjectName="cakes") == "LimitExceededException"


def test_projects_of_another_region_are_not_seen(local: Local) -> None:
    local.aws.create_project(ProjectName="breads")

    assert local.client(OSAKA).describe_projects()["ProjectDescriptions"] == []


def test_projects_are_listed_newest_first(local: Local) -> None:
    for name in ("anpan", "melonpan"):
        local.aws.create_project(ProjectName=name)
        local.advance(1)

    arns = [project["ProjectArn"] for project in local.aws.describe_projects()["ProjectDescriptions"]]

    assert [arn.split("/")[1] for arn in arns] == ["melonpan", "anpan"]


def test_projects_are_found_by_name_and_unknown_names_are_left_out(local: Local) -> None:
    local.project("anpan")
    melonpan = local.project("melonpan")

    found = local.aws.describe_projects(ProjectNames=["melonpan", "baguette"])["ProjectDescriptions"]

    assert [project["ProjectArn"] for project in found] == [melonpan]


def test_adapters_are_listed_only_when_asked_for(local: Local) -> None:
    local.aws.create_project(ProjectName="safety", Feature="CONTENT_MODERATION", AutoUpdate="ENABLED")

    [adapter] = local.aws.describe_projects(Features=["CONTENT_MODERATION"])["ProjectDescriptions"]

    assert local.aws.describe_projects()["ProjectDescriptions"] == []
    assert (adapter["Feature"], adapter["AutoUpdate"]) == ("CONTENT_MODERATION", "ENABLED")


def test_auto_update_is_refused_for_custom_labels(local: Local, refused: Callable[..., str]) -> None:
    code = refused(local.aws.create_project, ProjectName="breads", AutoUpdate="ENABLED")

    assert code == "InvalidParameterException"


def test_deleted_project_is_gone_after_a_while(local: Local) -> None:
    arn = local.project()

    assert local.aws.delete_project(ProjectArn=arn)["Status"] == "DELETING"
    assert local.aws.describe_projects()["ProjectDescriptions"][0]["Status"] == "DELETING"
    local.advance(5)
    assert local.aws.describe_projects()["ProjectDescriptions"] == []


def test_project_with_versions_is_not_deleted(local: Local, refused: Callable[..., str]) -> None:
    project, _ = local.seed(1)

    assert refused(local.aws.delete_project, ProjectArn=project) == "ResourceInUseException"


def test_unknown_project_is_not_found(local: Local, refused: Callable[..., str]) -> None:
    arn = "arn:aws:rekognition:ap-northeast-1:123456789012:project/baguettes/1"

    assert refused(local.aws.delete_project, ProjectArn=arn) == "ResourceNotFoundException"
    assert refused(local.aws.describe_project_versions, ProjectArn=arn) == "ResourceNotFoundException"


def test_project_being_deleted_takes_no_versions(local: Local, refused: Callable[..., str]) -> None:
    arn = local.project()
    local.aws.delete_project(ProjectArn=arn)

    code = refused(
        local.aws.create_project_version,
        ProjectArn=arn,
        VersionName="v1",
        OutputConfig={"S3Bucket": "komugi-models"},
    )

    assert code == "ResourceInUseException"
