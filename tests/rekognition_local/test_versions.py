"""Making, describing and deleting versions."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from rekognition_local.settings import Quotas
from tests.rekognition_local.local import OUTPUT, TRAINING, Local, manifest


def test_version_is_trained_when_its_training_time_has_passed(local: Local) -> None:
    arn = local.train(VersionDescription="Autumn breads", KmsKeyId="key-1")
    started = datetime(2026, 11, 23, tzinfo=UTC)

    assert local.describe(arn) == {
        "ProjectVersionArn": arn,
        "CreationTimestamp": started,
        "Status": "TRAINING_IN_PROGRESS",
        "StatusMessage": "The model is being trained.",
        "OutputConfig": TRAINING["OutputConfig"],
        "TrainingDataResult": {"Input": TRAINING["TrainingData"]},
        "TestingDataResult": {"Input": TRAINING["TestingData"]},
        "KmsKeyId": "key-1",
        "VersionDescription": "Autumn breads",
        "Feature": "CUSTOM_LABELS",
    }
    local.wait()
    assert local.status(arn) == "TRAINING_IN_PROGRESS"
    local.advance(3600)
    trained = local.describe(arn)
    assert trained["Status"] == "TRAINING_COMPLETED"
    assert trained["TrainingEndTimestamp"] == started + timedelta(hours=1)
    assert trained["BillableTrainingTimeInSeconds"] == 3600


def test_evaluation_is_never_made_up(local: Local) -> None:
    arn = local.version()

    assert "EvaluationResult" not in local.describe(arn)


def test_failed_training_is_not_billed(local: Local) -> None:
    arn = local.train()
    local.advance(60)
    local.set_status(arn, "TRAINING_FAILED")

    description = local.describe(arn)

    assert description["TrainingEndTimestamp"] == datetime(2026, 11, 23, 0, 1, tzinfo=UTC)
    assert "BillableTrainingTimeInSeconds" not in description


def test_manifests_are_shown_as_the_input_of_training(local: Local) -> None:
    training, testing = manifest("train.manifest"), {"AutoCreate": True}

    description = local.describe(local.train(TrainingData=training, TestingData=testing))

    assert description["TrainingDataResult"] == {"Input": training}
    assert description["TestingDataResult"] == {"Input": testing}


def test_training_data_without_testing_data_is_refused(local: Local, refused: Callable[..., str]) -> None:
    code = refused(
        local.aws.create_project_version,
        ProjectArn=local.project(),
        VersionName="v1",
        OutputConfig=OUTPUT,
        TrainingData=manifest("train.manifest"),
    )

    assert code == "InvalidParameterException"


def test_second_version_of_a_name_is_refused(local: Local, refused: Callable[..., str]) -> None:
    project, _ = local.seed(1)

    code = refused(
        local.aws.create_project_version, ProjectArn=project, VersionName="v1", OutputConfig=OUTPUT
    )

    assert code == "ResourceInUseException"


def test_third_training_is_refused(local: Local, refused: Callable[..., str]) -> None:
    project = local.project()
    for name in ("v1", "v2"):
        local.train(name)

    code = refused(local.aws.create_project_version, ProjectArn=project, VersionName="v3", **TRAINING)

    assert code == "LimitExceededException"


def test_versions_are_counted_against_the_quota_of_the_project(
    local_with: Callable[..., Local], refused: Callable[..., str]
) -> None:
    local = local_with(quotas=Quotas(models_per_project=1).without_tps())
    project, _ = local.seed(1)

    code = refused(
        local.aws.create_project_version, ProjectArn=project, VersionName="v2", OutputConfig=OUTPUT
    )

    assert code == "ServiceQuotaExceededException"


def test_adapters_are_not_trained_here(local: Local, refused: Callable[..., str]) -> None:
    project = local.aws.create_project(ProjectName="safety", Feature="CONTENT_MODERATION")["ProjectArn"]

    code = refused(
        local.aws.create_project_version, ProjectArn=project, VersionName="v1", OutputConfig=OUTPUT
    )

    assert code == "InvalidParameterException"


def test_copy_carries_the_description_and_names_its_source(local: Local) -> None:
    source = local.version(description="Autumn breads")
    source_project, destination = local.project("breads"), local.project("branch")

    arn = local.aws.copy_project_version(
        SourceProjectArn=source_project,
        SourceProjectVersionArn=source,
        DestinationProjectArn=destination,
        VersionName="copied",
        OutputConfig=OUTPUT,
        Tags={"shop": "ginza"},
    )["ProjectVersionArn"]

    assert local.status(arn) == "COPYING_IN_PROGRESS"
    local.advance(120)
    description = local.describe(arn)
    assert description["Status"] == "COPYING_COMPLETED"
    assert description["SourceProjectVersionArn"] == source
    assert description["VersionDescription"] == "Autumn breads"
    assert local.aws.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"shop": "ginza"}


def test_copy_is_refused_when_the_source_is_not_of_the_project(
    local: Local, refused: Callable[..., str]
) -> None:
    source, other = local.version(), local.project("branch")

    code = refused(
        local.aws.copy_project_version,
        SourceProjectArn=other,
        SourceProjectVersionArn=source,
        DestinationProjectArn=other,
        VersionName="copied",
        OutputConfig=OUTPUT,
    )

    assert code == "InvalidParameterException"


def test_deleted_version_is_gone_after_a_while_and_its_name_is_free(local: Local) -> None:
    arn = local.version()

    assert local.aws.delete_project_version(ProjectVersionArn=arn)["Status"] == "DELETING"
    assert local.status(arn) == "DELETING"
    local.advance(5)
    assert local.status(arn) is None
    assert local.train("v1") != arn


def test_tags_of_a_deleted_version_do_not_come_back(local: Local) -> None:
    arn = local.version(created_at="2026-11-22T00:00:00Z", tags={"shop": "ginza"})
    local.aws.delete_project_version(ProjectVersionArn=arn)
    local.advance(5)

    again = local.version(created_at="2026-11-22T00:00:00Z")

    assert again == arn
    assert local.aws.list_tags_for_resource(ResourceArn=again)["Tags"] == {}


def test_unknown_version_names_are_left_out(local: Local) -> None:
    project, _ = local.seed(1)

    answer = local.aws.describe_project_versions(ProjectArn=project, VersionNames=["v1", "v9"])

    assert len(answer["ProjectVersionDescriptions"]) == 1
