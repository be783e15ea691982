"""Training: pictures with boxes go in; a judged model and AWS's result files come out."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.rekognition_local.local import BUCKET, TRAINING, Local, manifest
from tests.rekognition_local.trays import LABELS, boxed_line, jpeg, tagged_line, tray, write_manifest


@pytest.fixture
def bucket(shared_local: Local) -> Path:
    return shared_local.buckets / BUCKET


def read(local: Local, place: dict[str, str]) -> str:
    return (local.buckets / place["Bucket"] / place["Name"]).read_text(encoding="utf-8")


def failure_of(local: Local, **changes: Any) -> str:
    """The words of a training that fails."""
    description = local.describe(local.trained_version(**changes))
    assert description["Status"] == "TRAINING_FAILED"
    assert "EvaluationResult" not in description
    assert "BillableTrainingTimeInSeconds" not in description
    return description["StatusMessage"]


def test_version_is_judged_on_the_test_pictures(local: Local) -> None:
    description = local.describe(local.trained_version())

    summary = json.loads(read(local, description["EvaluationResult"]["Summary"]["S3Object"]))
    details = summary["EvaluationDetails"]
    assert (details["NumberOfTrainingImages"], details["NumberOfTestingImages"]) == (12, 6)
    assert details["ProjectVersionArn"] == description["ProjectVersionArn"]
    figures = {each["Label"]: each["Metrics"] for each in summary["LabelEvaluationResults"]}
    assert set(figures) == set(LABELS)
    assert all(0 < each["Threshold"] <= 1 for each in figures.values())
    assert description["EvaluationResult"]["F1Score"] == pytest.approx(
        sum(each["F1Score"] for each in figures.values()) / 3
    )


def test_every_result_file_is_in_the_output_bucket(local: Local) -> None:
    description = local.describe(local.trained_version())

    places = [
        description[side][part]["Assets"][0]["GroundTruthManifest"]["S3Object"]
        for side in ("TrainingDataResult", "TestingDataResult")
        for part in ("Output", "Validation")
    ]
    lines = [len(read(local, place).splitlines()) for place in places]
    assert lines == [12, 12, 6, 6]
    assert all(place["Name"].startswith("output/breads/v1/") for place in places)
    statistics = json.loads(read(local, description["ManifestSummary"]["S3Object"]))["statistics"]
    assert statistics["training"]["valid_json_lines"] == 12
    assert statistics["testing"]["use_case"] == "OBJECT_LOCALIZATION"


def test_snapshot_says_of_every_test_box_what_became_of_it(local: Local) -> None:
    description = local.describe(local.trained_version())
    place = description["TestingDataResult"]["Output"]["Assets"][0]["GroundTruthManifest"]["S3Object"]

    details = [
        each["rekognition-custom-labels-evaluation-details"]
        for line in read(local, place).splitlines()
        for each in json.loads(line)["rekognition-custom-labels-evaluation-metadata"]["objects"]
    ]

    truths = [each for each in details if each["is-present-in-ground-truth"]]
    assert len(truths) == 6 * 3
    assert all(each["is-true-positive"] != each["is-false-negative"] for each in truths)


@pytest.mark.drill
def test_same_pictures_give_the_same_model(local: Local) -> None:
    first, second = (local.model_of(local.trained_version(name)) for name in ("v1", "v2"))

    assert first == second


@pytest.mark.drill
def test_another_picture_gives_another_model(local: Local, bucket: Path) -> None:
    lines = bucket.joinpath("train.manifest").read_text(encoding="utf-8").splitlines()
    write_manifest(bucket / "fewer.manifest", [json.loads(line) for line in lines[:8]])

    fewer = local.trained_version("v2", TrainingData=manifest("fewer.manifest"))

    assert local.model_of(fewer) != local.model_of(local.trained_version())


@pytest.mark.drill
def test_a_fifth_is_put_aside_where_no_test_is_given(local: Local) -> None:
    description = local.describe(local.trained_version(TestingData={"AutoCreate": True}))

    summary = json.loads(read(local, description["EvaluationResult"]["Summary"]["S3Object"]))
    details = summary["EvaluationDetails"]
    assert details["NumberOfTrainingImages"] + details["NumberOfTestingImages"] == 12
    assert 2 <= details["NumberOfTestingImages"] <= 3
    assert description["TestingDataResult"]["Input"] == {"AutoCreate": True}


def test_image_level_labels_train_a_classifier(local: Local, bucket: Path) -> None:
    lines = []
    for seed in range(16):
        label = LABELS[seed % 2]
        bucket.joinpath(f"trays/one-{seed}.jpg").write_bytes(jpeg(tray(seed, (label,))[0]))
        lines.append(tagged_line(f"s3://{BUCKET}/trays/one-{seed}.jpg", label))
    write_manifest(bucket / "tagged.manifest", lines)
    arn = local.trained_version(
        TrainingData=manifest("tagged.manifest"), TestingData=manifest("tagged.manifest")
    )
    local.run(arn)

    found = local.see(arn, jpeg(tray(99, (LABELS[1],))[0]), MinConfidence=0)

    assert found[0]["Name"] == LABELS[1]
    assert "Geometry" not in found[0]
    assert {each["Name"] for each in found} == set(LABELS[:2])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"TrainingData": manifest("nowhere.manifest")}, "manifest file"),
        ({"TrainingData": manifest("train.manifest", "no-such-bucket")}, "manifest file"),
        ({"TrainingData": manifest("empty.manifest")}, "empty"),
        ({"TrainingData": manifest("unlabelled.manifest")}, "too few"),
        ({"TestingData": manifest("stranger.manifest")}, "overlap"),
        ({"TrainingData": manifest("broken.manifest")}, "invalid"),
        ({"OutputConfig": {"S3Bucket": "no-such-bucket", "S3KeyPrefix": ""}}, "output"),
    ],
    ids=["no manifest", "no bucket", "empty", "no labels", "no overlap", "over 20 % wrong", "no output"],
)
def test_training_that_cannot_be_fails_in_the_words_of_aws(
    local: Local, bucket: Path, changes: dict[str, Any], words: str
) -> None:
    good = boxed_line(f"s3://{BUCKET}/trays/0.jpg", tray(0)[1])
    write_manifest(bucket / "empty.manifest", [])
    write_manifest(bucket / "unlabelled.manifest", [{"source-ref": f"s3://{BUCKET}/trays/0.jpg"}])
    stranger = [{**box, "label": "クロワッサン"} for box in tray(1)[1]]
    write_manifest(bucket / "stranger.manifest", [boxed_line(f"s3://{BUCKET}/trays/1.jpg", stranger)])
    lost = [boxed_line(f"s3://{BUCKET}/trays/lost-{number}.jpg", tray(0)[1]) for number in range(2)]
    write_manifest(bucket / "broken.manifest", [good, *lost])

    assert words in failure_of(local, **changes)


def test_picture_cut_short_is_left_out_of_training(local: Local, bucket: Path) -> None:
    lines = [json.loads(line) for line in bucket.joinpath("train.manifest").read_text("utf-8").splitlines()]
    whole = bucket.joinpath("trays/0.jpg").read_bytes()
    bucket.joinpath("trays/cut.jpg").write_bytes(whole[: len(whole) // 2])
    write_manifest(
        bucket / "cut.manifest", [*lines, {**lines[0], "source-ref": f"s3://{BUCKET}/trays/cut.jpg"}]
    )

    description = local.describe(local.trained_version(TrainingData=manifest("cut.manifest")))

    summary = json.loads(read(local, description["EvaluationResult"]["Summary"]["S3Object"]))
    assert summary["EvaluationDetails"]["NumberOfTrainingImages"] == 12
    statistics = json.loads(read(local, description["ManifestSummary"]["S3Object"]))["statistics"]
    assert statistics["training"]["invalid_json_lines"] == 1


def test_project_without_datasets_and_manifests_is_refused(local: Local, refused: Callable[..., str]) -> None:
    code = refused(
        local.aws.create_project_version,
        ProjectArn=local.project(),
        VersionName="v1",
        OutputConfig=TRAINING["OutputConfig"],
    )

    assert code == "InvalidParameterException"


@pytest.mark.parametrize("testing", [{}, {"AutoCreate": True, **manifest("test.manifest")}])
def test_testing_data_is_given_or_put_aside_but_not_both(
    local: Local, refused: Callable[..., str], testing: dict[str, Any]
) -> None:
    request = {**TRAINING, "TestingData": testing}

    code = refused(local.aws.create_project_version, ProjectArn=local.project(), VersionName="v1", **request)

    assert code == "InvalidParameterException"


def test_training_that_takes_longer_than_drawn_ends_when_it_ends(local: Local) -> None:
    arn = local.train()
    local.advance(7200)
    local.wait()

    description = local.describe(arn)

    assert description["Status"] == "TRAINING_COMPLETED"
    assert description["BillableTrainingTimeInSeconds"] == 7200


def test_work_that_goes_on_is_listed_with_its_progress(local: Local) -> None:
    arn = local.train()

    (job,) = local.get("work")["jobs"]
    local.wait()

    assert (job["kind"], job["arn"], job["attempt"]) == ("TRAINING", arn, 1)
    assert 0 <= job["progress"] <= 1
    assert local.get("work")["jobs"] == []


@pytest.mark.drill
def test_copy_sees_as_its_source_does(local: Local) -> None:
    source = local.trained_version()
    copy = local.aws.copy_project_version(
        SourceProjectArn=local.project(),
        SourceProjectVersionArn=source,
        DestinationProjectArn=local.project("branch"),
        VersionName="v1",
        OutputConfig=TRAINING["OutputConfig"],
    )["ProjectVersionArn"]
    local.advance(120)
    picture = jpeg(tray(99)[0])
    for arn in (source, copy):
        local.run(arn)

    seen = local.see(source, picture, MinConfidence=0)
    assert local.see(copy, picture, MinConfidence=0) == seen != []
    assert local.describe(copy)["EvaluationResult"] == local.describe(source)["EvaluationResult"]
