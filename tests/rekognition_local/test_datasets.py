"""Datasets over HTTP: creating, describing, deleting, and what a project says of them."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rekognition_local.buckets import FolderBuckets
from rekognition_local.server import serve
from rekognition_local.settings import ClockMode, Quotas, Settings
from rekognition_local.wire.catalogue import operation_model
from tests.rekognition_local.local import BUCKET, OSAKA, TRAINING, Local, error_of, source
from tests.rekognition_local.trays import ANPAN, LABELS, MELON, boxed_line, tagged_line, write_manifest

BOX = {"label": MELON, "left": 10, "top": 20, "width": 30, "height": 40}
NO_DATASET = "arn:aws:rekognition:ap-northeast-1:123456789012:project/breads/dataset/train/1"
NO_PROJECT = "arn:aws:rekognition:ap-northeast-1:123456789012:project/breads/1"
Refused = Callable[..., str]


def picture(number: int) -> str:
    return f"s3://{BUCKET}/trays/{number}.jpg"


@pytest.fixture
def make_manifest(local: Local) -> Iterator[Callable[..., str]]:
    """Write a manifest into the bucket, and take it away afterwards."""
    written: list[Path] = []

    def write(*lines: dict[str, Any] | str, name: str = "mine.manifest") -> str:
        path = local.buckets / BUCKET / name
        texts = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines]
        path.write_text("\n".join(texts), encoding="utf-8")
        written.append(path)
        return name

    yield write
    for path in written:
        path.unlink(missing_ok=True)


def test_new_dataset_is_empty_and_complete_after_a_while(local: Local) -> None:
    project = local.project()
    arn = local.aws.create_dataset(ProjectArn=project, DatasetType="TRAIN")["DatasetArn"]

    assert local.dataset_description(arn)["Status"] == "CREATE_IN_PROGRESS"
    local.advance(5)
    description = local.dataset_description(arn)
    assert description["Status"] == "CREATE_COMPLETE"
    assert description["StatusMessageCode"] == "SUCCESS"
    assert description["CreationTimestamp"] == datetime(2026, 11, 23, tzinfo=UTC)
    assert description["LastUpdatedTimestamp"] > description["CreationTimestamp"]
    assert set(description["DatasetStats"].values()) == {0}
    assert arn.startswith(project.rpartition("/")[0] + "/dataset/train/")


def test_dataset_of_a_manifest_has_its_entries_and_labels(local: Local) -> None:
    arn = local.dataset("train.manifest")

    description = local.dataset_description(arn)
    assert (description["Status"], description["StatusMessage"]) == (
        "CREATE_COMPLETE",
        "The dataset was successfully created.",
    )
    assert description["DatasetStats"] == {
        "TotalEntries": 12,
        "LabeledEntries": 12,
        "TotalLabels": 3,
        "ErrorEntries": 0,
    }
    labels = local.aws.list_dataset_labels(DatasetArn=arn)["DatasetLabelDescriptions"]
    assert [label["LabelName"] for label in labels] == sorted(LABELS)
    assert all(label["LabelStats"] == {"EntryCount": 12, "BoundingBoxCount": 12} for label in labels)


def test_work_does_not_end_before_its_time_nor_time_before_the_work(local: Local) -> None:
    project = local.project()
    made = local.aws.create_dataset(
        ProjectArn=project, DatasetType="TRAIN", DatasetSource=source("train.manifest")
    )
    local.wait()

    assert local.dataset_description(made["DatasetArn"])["Status"] == "CREATE_IN_PROGRESS"
    local.advance(5)
    assert local.dataset_description(made["DatasetArn"])["Status"] == "CREATE_COMPLETE"


def test_copy_of_a_dataset_holds_what_was_there_then(local: Local) -> None:
    original = local.dataset("train.manifest")
    arn = local.aws.create_dataset(
        ProjectArn=local.project("cakes"), DatasetType="TEST", DatasetSource={"DatasetArn": original}
    )["DatasetArn"]
    local.update(original, boxed_line(picture(0), [{**BOX, "label": "ブリオッシュ"}]))

    assert local.entries(arn) != local.entries(original)
    assert [entry["source-ref"] for entry in local.entries(arn)] == [picture(n) for n in range(12)]
    assert local.dataset_description(arn)["DatasetStats"]["TotalLabels"] == 3


def test_missing_picture_spoils_its_line_only(local: Local, make_manifest: Callable[..., str]) -> None:
    name = make_manifest(boxed_line(picture(0), [BOX]), boxed_line(picture(999), [BOX]), "no json")

    arn = local.dataset(name)

    assert [entry.get("errors", [{}])[0].get("code") for entry in local.entries(arn)] == [
        None,
        "ERROR_INVALID_IMAGE",
        "ERROR_INVALID_JSON_LINE",
    ]
    stats = local.dataset_description(arn)["DatasetStats"]
    assert (stats["TotalEntries"], stats["ErrorEntries"]) == (3, 2)
    assert len(local.entries(arn, HasErrors=True)) == 2
    assert len(local.entries(arn, HasErrors=False)) == 1


def test_object_and_image_level_lines_may_be_mixed(local: Local, make_manifest: Callable[..., str]) -> None:
    arn = local.dataset(make_manifest(boxed_line(picture(0), [BOX]), tagged_line(picture(1), ANPAN)))

    labels = local.aws.list_dataset_labels(DatasetArn=arn)["DatasetLabelDescriptions"]

    assert [(label["LabelName"], label["LabelStats"]["BoundingBoxCount"]) for label in labels] == [
        (ANPAN, 0),
        (MELON, 1),
    ]


@pytest.mark.parametrize(
    ("lines", "name", "message"),
    [
        ([], "empty.manifest", "The manifest file is empty."),
        (["not", "json"], "text.manifest", "The manifest file extension or contents are invalid."),
        (["{}"], "no-extension", "The manifest file extension or contents are invalid."),
    ],
)
def test_dataset_fails_with_the_sentence_of_its_manifest(
    local: Local, make_manifest: Callable[..., str], lines: list[str], name: str, message: str
) -> None:
    arn = local.dataset(make_manifest(*lines, name=name))

    description = local.dataset_description(arn)
    assert (description["Status"], description["StatusMessageCode"]) == ("CREATE_FAILED", "CLIENT_ERROR")
    assert description["StatusMessage"] == message
    assert local.entries(arn) == []


def test_manifest_that_vanishes_under_way_fails_its_dataset(
    local: Local, make_manifest: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = make_manifest("{}")
    monkeypatch.setattr(FolderBuckets, "size", lambda *_, **__: 2)
    (local.buckets / BUCKET / name).unlink()

    description = local.dataset_description(local.dataset(name))

    assert description["Status"] == "CREATE_FAILED"
    assert "There is no object" in description["StatusMessage"]


def test_rows_beyond_the_quota_fail_the_dataset(
    local_with: Callable[..., Local], shared_local: Local
) -> None:
    local = local_with(buckets=shared_local.buckets, quotas=Quotas(images_per_dataset=11).without_tps())

    description = local.dataset_description(local.dataset("train.manifest"))

    assert description["Status"] == "CREATE_FAILED"
    assert description["StatusMessage"] == "The manifest file has more rows than the allowed maximum."


def test_immediate_clock_has_a_dataset_complete_at_the_next_look(
    local_with: Callable[..., Local], shared_local: Local
) -> None:
    local = local_with(clock=ClockMode.IMMEDIATE, buckets=shared_local.buckets)
    arn = local.aws.create_dataset(
        ProjectArn=local.project(), DatasetType="TRAIN", DatasetSource=source("train.manifest")
    )["DatasetArn"]

    assert local.dataset_description(arn)["Status"] == "CREATE_COMPLETE"


def test_project_lists_its_datasets(local: Local) -> None:
    train, test = local.dataset("train.manifest"), local.dataset(type="TEST")

    [project] = local.aws.describe_projects()["ProjectDescriptions"]

    assert [(item["DatasetType"], item["DatasetArn"]) for item in project["Datasets"]] == [
        ("TRAIN", train),
        ("TEST", test),
    ]
    assert {item["Status"] for item in project["Datasets"]} == {"CREATE_COMPLETE"}


def test_datasets_are_tagged(local: Local) -> None:
    arn = local.aws.create_dataset(ProjectArn=local.project(), DatasetType="TRAIN", Tags={"店": "銀座"})[
        "DatasetArn"
    ]
    local.aws.tag_resource(ResourceArn=arn, Tags={"oven": "2"})

    assert local.aws.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"oven": "2", "店": "銀座"}


def test_deleted_dataset_is_gone_and_another_takes_its_place(local: Local, refused: Refused) -> None:
    arn = local.dataset("train.manifest")

    local.aws.delete_dataset(DatasetArn=arn)
    assert local.dataset_description(arn)["Status"] == "DELETE_IN_PROGRESS"
    local.advance(5)

    assert refused(local.aws.describe_dataset, DatasetArn=arn) == "ResourceNotFoundException"
    assert local.dataset_description(local.dataset())["DatasetStats"]["TotalEntries"] == 0


def test_project_is_deleted_together_with_its_datasets(local: Local, refused: Refused) -> None:
    arn = local.dataset("train.manifest")
    local.aws.put_project_policy(
        ProjectArn=local.project(),
        PolicyName="p",
        PolicyDocument=json.dumps({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*"}}),
    )

    local.aws.delete_project(ProjectArn=local.project())
    local.advance(5)

    assert local.aws.describe_projects()["ProjectDescriptions"] == []
    assert refused(local.aws.describe_dataset, DatasetArn=arn) == "ResourceNotFoundException"


def test_project_is_not_deleted_while_a_dataset_changes(local: Local, refused: Refused) -> None:
    project = local.project()
    local.aws.create_dataset(ProjectArn=project, DatasetType="TRAIN")

    assert refused(local.aws.delete_project, ProjectArn=project) == "ResourceInUseException"


def test_reset_forgets_datasets_and_the_work_on_them(local: Local) -> None:
    local.aws.create_dataset(
        ProjectArn=local.project(), DatasetType="TRAIN", DatasetSource=source("train.manifest")
    )
    local.post("reset", {})
    local.wait()

    assert local.dataset_description(local.dataset())["DatasetStats"]["TotalEntries"] == 0


def _of_another_region(local: Local) -> str:
    local.buckets.joinpath("oosaka").mkdir(exist_ok=True)
    local.buckets.joinpath("oosaka/.region").write_text(OSAKA)
    write_manifest(local.buckets / "oosaka/train.manifest", [boxed_line(picture(0), [BOX])])
    return "oosaka"


def _create(local: Local, **changes: Any) -> None:
    local.aws.create_dataset(**{"ProjectArn": local.project(), "DatasetType": "TRAIN", **changes})


def _create_twice(local: Local) -> None:
    _create(local)
    _create(local)


def _create_in_project_being_deleted(local: Local) -> None:
    local.aws.delete_project(ProjectArn=local.project())
    local.aws.create_dataset(
        ProjectArn=local.aws.describe_projects()["ProjectDescriptions"][0]["ProjectArn"], DatasetType="TRAIN"
    )


def _copy_unfinished(local: Local) -> None:
    made = local.aws.create_dataset(ProjectArn=local.project("cakes"), DatasetType="TRAIN")
    _create(local, DatasetSource={"DatasetArn": made["DatasetArn"]})


def _create_for_an_adapter(local: Local) -> None:
    made = local.aws.create_project(ProjectName="safety", Feature="CONTENT_MODERATION")
    _create(local, ProjectArn=made["ProjectArn"])


def _place(**changes: Any) -> dict[str, Any]:
    return {"GroundTruthManifest": {"S3Object": {"Bucket": BUCKET, "Name": "train.manifest", **changes}}}


CREATE_REFUSALS: list[tuple[str, Callable[[Local], None]]] = [
    ("InvalidParameterException", lambda local: _create(local, DatasetSource={})),
    ("InvalidParameterException", lambda local: _create(local, DatasetSource={"GroundTruthManifest": {}})),
    ("InvalidParameterException", lambda local: _create(local, DatasetSource=_place(Version="1"))),
    (
        "InvalidParameterException",
        lambda local: _create(local, DatasetSource={**source("train.manifest"), "DatasetArn": NO_DATASET}),
    ),
    ("InvalidParameterException", lambda local: _create(local, DatasetType="VALIDATION")),
    ("InvalidParameterException", _copy_unfinished),
    ("InvalidParameterException", _create_for_an_adapter),
    ("InvalidS3ObjectException", lambda local: _create(local, DatasetSource=source("none.manifest"))),
    ("InvalidS3ObjectException", lambda local: _create(local, DatasetSource=source("a.m", "no-bucket"))),
    ("InvalidS3ObjectException", lambda local: _create(local, DatasetSource=source("../x", BUCKET))),
    (
        "InvalidS3ObjectException",
        lambda local: _create(local, DatasetSource=source("train.manifest", _of_another_region(local))),
    ),
    ("ResourceAlreadyExistsException", _create_twice),
    ("ResourceNotFoundException", lambda local: _create(local, ProjectArn=NO_PROJECT)),
    ("ResourceNotFoundException", lambda local: _create(local, DatasetSource={"DatasetArn": NO_DATASET})),
    ("ResourceNotFoundException", _create_in_project_being_deleted),
]


@pytest.mark.parametrize(("code", "attempt"), CREATE_REFUSALS)
def test_creation_is_refused_with_the_error_that_fits(
    local: Local, code: str, attempt: Callable[[Local], None]
) -> None:
    with pytest.raises(ClientError) as caught:
        attempt(local)

    assert error_of(caught.value) == code


def test_copy_of_more_images_than_the_quota_is_refused(
    local_with: Callable[..., Local], shared_local: Local, tmp_path: Path
) -> None:
    # The same data directory with a lower quota: the first server has to be gone by then.
    data = {"data_dir": tmp_path / "data", "port": 0, "control": True, "clock": ClockMode.IMMEDIATE}
    with serve(Settings(**data, buckets=shared_local.buckets)) as server:
        first = Local(server)
        original = first.dataset("train.manifest")
        first.close()
    local = local_with(**data, quotas=Quotas(images_per_dataset=11).without_tps())

    with pytest.raises(ClientError) as caught:
        _create(local, ProjectArn=local.project("cakes"), DatasetSource={"DatasetArn": original})

    assert error_of(caught.value) == "LimitExceededException"


def test_every_modelled_error_of_creation_can_be_had() -> None:
    modelled = {shape.name for shape in operation_model("CreateDataset").error_shapes}
    # By faults and by the limit of requests per second.
    common = {
        "AccessDeniedException",
        "InternalServerError",
        "ThrottlingException",
        "ProvisionedThroughputExceededException",
    }

    assert {code for code, _ in CREATE_REFUSALS} | {"LimitExceededException"} | common == modelled


def test_deletion_waits_for_changes_and_trainings(local: Local, refused: Refused) -> None:
    arn = local.aws.create_dataset(ProjectArn=local.project(), DatasetType="TRAIN")["DatasetArn"]

    assert refused(local.aws.delete_dataset, DatasetArn=arn) == "ResourceInUseException"
    local.advance(5)
    local.set_status(local.version(), "TRAINING_IN_PROGRESS")
    assert refused(local.aws.delete_dataset, DatasetArn=arn) == "ResourceInUseException"
    local.set_status(local.version(), "TRAINING_FAILED")
    local.aws.delete_dataset(DatasetArn=arn)
    assert refused(local.aws.delete_dataset, DatasetArn=arn) == "ResourceInUseException"


def test_dataset_of_another_region_is_not_found(local: Local, refused: Refused) -> None:
    arn = local.dataset()

    assert refused(local.client(OSAKA).describe_dataset, DatasetArn=arn) == "ResourceNotFoundException"


def test_model_is_trained_from_datasets_and_not_from_manifests_beside_them(
    local: Local, refused: Refused
) -> None:
    local.dataset("train.manifest")

    code = refused(local.aws.create_project_version, ProjectArn=local.project(), VersionName="v1", **TRAINING)

    assert code == "InvalidParameterException"
