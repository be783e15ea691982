"""Every operation carried here answers something that botocore parses."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from rekognition_local.operations import OPERATIONS
from rekognition_local.statuses import DatasetStatus, DatasetType, Feature, ProjectStatus, VersionStatus
from rekognition_local.wire.catalogue import operation_model, operation_names, service_model
from tests.rekognition_local.local import BUCKET, OUTPUT, POLICY, TRAINING, Local, error_of, source

CARRIED = {
    "CreateProject",
    "DescribeProjects",
    "DeleteProject",
    "CreateProjectVersion",
    "DescribeProjectVersions",
    "StartProjectVersion",
    "StopProjectVersion",
    "DeleteProjectVersion",
    "CopyProjectVersion",
    "TagResource",
    "UntagResource",
    "ListTagsForResource",
    "DetectCustomLabels",
    "CreateDataset",
    "DescribeDataset",
    "DeleteDataset",
    "UpdateDatasetEntries",
    "ListDatasetEntries",
    "ListDatasetLabels",
    "DistributeDatasetEntries",
    "PutProjectPolicy",
    "ListProjectPolicies",
    "DeleteProjectPolicy",
}


def test_carried_operations_are_the_written_set() -> None:
    assert set(OPERATIONS) == CARRIED
    assert operation_names() >= CARRIED


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ("ProjectVersionStatus", VersionStatus),
        ("ProjectStatus", ProjectStatus),
        ("CustomizationFeature", Feature),
        ("DatasetStatus", DatasetStatus),
        ("DatasetType", DatasetType),
    ],
)
def test_our_words_are_the_models_words(shape: str, words: Any) -> None:
    assert set(service_model().shape_for(shape).enum) == set(words)


def test_every_operation_answers_in_the_shape_of_the_model(local: Local) -> None:
    aws, answers = local.aws, {}
    answers["CreateProject"] = aws.create_project(ProjectName="breads", Tags={"chain": "komugi"})
    project = answers["CreateProject"]["ProjectArn"]
    answers["CreateProjectVersion"] = aws.create_project_version(
        ProjectArn=project, VersionName="v1", **TRAINING
    )
    version = answers["CreateProjectVersion"]["ProjectVersionArn"]
    local.wait()
    local.advance(3600)
    answers["CopyProjectVersion"] = aws.copy_project_version(
        SourceProjectArn=project,
        SourceProjectVersionArn=version,
        DestinationProjectArn=project,
        VersionName="v2",
        OutputConfig=OUTPUT,
    )
    answers["StartProjectVersion"] = aws.start_project_version(ProjectVersionArn=version, MinInferenceUnits=1)
    local.advance(600)
    answers["DetectCustomLabels"] = aws.detect_custom_labels(
        ProjectVersionArn=version, Image={"S3Object": {"Bucket": BUCKET, "Name": "trays/0.jpg"}}
    )
    answers["StopProjectVersion"] = aws.stop_project_version(ProjectVersionArn=version)
    answers["TagResource"] = aws.tag_resource(ResourceArn=version, Tags={"shop": "ginza"})
    answers["UntagResource"] = aws.untag_resource(ResourceArn=version, TagKeys=["shop"])
    answers["ListTagsForResource"] = aws.list_tags_for_resource(ResourceArn=project)
    answers["DescribeProjects"] = aws.describe_projects(MaxResults=1)
    answers["DescribeProjectVersions"] = aws.describe_project_versions(ProjectArn=project, MaxResults=1)
    local.advance(60)
    answers["DeleteProjectVersion"] = aws.delete_project_version(ProjectVersionArn=version)
    answers["DeleteProject"] = aws.delete_project(ProjectArn=local.project("empty"))

    answers |= _dataset_answers(local) | _policy_answers(local)

    assert set(answers) == CARRIED
    for operation, answer in answers.items():
        shape = operation_model(operation).output_shape
        assert set(answer) - {"ResponseMetadata"} <= set(shape.members if shape else ())
        assert bool(set(answer) - {"ResponseMetadata"}) == bool(shape and shape.members)


def _dataset_answers(local: Local) -> dict[str, Any]:
    aws, answers, project = local.aws, {}, local.project("datasets")
    answers["CreateDataset"] = aws.create_dataset(
        ProjectArn=project, DatasetType="TRAIN", DatasetSource=source("train.manifest")
    )
    train = answers["CreateDataset"]["DatasetArn"]
    test = aws.create_dataset(ProjectArn=project, DatasetType="TEST")["DatasetArn"]
    local.settle()
    answers["DistributeDatasetEntries"] = aws.distribute_dataset_entries(
        Datasets=[{"Arn": train}, {"Arn": test}]
    )
    local.settle()
    answers["DescribeDataset"] = aws.describe_dataset(DatasetArn=train)
    answers["ListDatasetEntries"] = listed = aws.list_dataset_entries(DatasetArn=train, MaxResults=1)
    answers["ListDatasetLabels"] = aws.list_dataset_labels(DatasetArn=train, MaxResults=1)
    answers["UpdateDatasetEntries"] = aws.update_dataset_entries(
        DatasetArn=train, Changes={"GroundTruth": listed["DatasetEntries"][0].encode()}
    )
    answers["DeleteDataset"] = aws.delete_dataset(DatasetArn=test)
    return answers


def _policy_answers(local: Local) -> dict[str, Any]:
    policy = {"ProjectArn": local.project("policies"), "PolicyName": "copying"}
    return {
        "PutProjectPolicy": local.aws.put_project_policy(**policy, PolicyDocument=POLICY),
        "ListProjectPolicies": local.aws.list_project_policies(ProjectArn=policy["ProjectArn"]),
        "DeleteProjectPolicy": local.aws.delete_project_policy(**policy),
    }


def test_detection_answers_with_errors_of_the_model_only(local: Local) -> None:
    modelled = {shape.name for shape in operation_model("DetectCustomLabels").error_shapes}
    arn = local.running_version()

    with pytest.raises(ClientError) as caught:
        local.aws.detect_custom_labels(ProjectVersionArn=arn, Image={"Bytes": b"\xff\xd8\xff"})

    assert error_of(caught.value) in modelled
