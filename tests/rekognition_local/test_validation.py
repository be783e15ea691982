"""Everything the service model demands is checked here, since botocore's client checks only part of it."""

import base64
import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rekognition_local.errors import ServiceError
from rekognition_local.operations import OPERATIONS
from rekognition_local.wire.requests import request_reader
from tests.rekognition_local.local import OUTPUT, TOKYO, Local, error_of, message_of

PROJECT = "arn:aws:rekognition:ap-northeast-1:123456789012:project/breads/1"
VERSION = "arn:aws:rekognition:ap-northeast-1:123456789012:project/breads/version/v1/1"
MAKE = {"ProjectArn": PROJECT, "VersionName": "v1", "OutputConfig": OUTPUT}
IMAGE = {"Bytes": b"\xff\xd8\xff"}

INVALID: list[tuple[str, dict[str, Any], str]] = [
    # required
    ("create_project", {}, "ProjectName is required."),
    ("start_project_version", {"ProjectVersionArn": VERSION}, "MinInferenceUnits is required."),
    ("create_project_version", {"ProjectArn": PROJECT, "VersionName": "v1"}, "OutputConfig is required."),
    ("tag_resource", {"ResourceArn": VERSION}, "Tags is required."),
    ("detect_custom_labels", {"ProjectVersionArn": VERSION}, "Image is required."),
    # pattern
    ("create_project", {"ProjectName": "あんぱん"}, "ProjectName must match [a-zA-Z0-9_.\\-]+"),
    ("create_project", {"ProjectName": "an pan"}, "ProjectName must match"),
    ("create_project", {"ProjectName": "anpan\n"}, "ProjectName must match"),
    ("describe_project_versions", {"ProjectArn": VERSION}, "ProjectArn must match"),
    ("stop_project_version", {"ProjectVersionArn": PROJECT}, "ProjectVersionArn must match"),
    ("stop_project_version", {"ProjectVersionArn": VERSION[:-1] + "１"}, "ProjectVersionArn must match"),
    ("create_project_version", MAKE | {"VersionDescription": "秋のパン"}, "VersionDescription must match"),
    ("create_project_version", MAKE | {"KmsKeyId": "-key"}, "KmsKeyId must match"),
    ("create_project_version", MAKE | {"OutputConfig": {"S3Bucket": "a b c"}}, "OutputConfig.S3Bucket must"),
    ("describe_projects", {"ProjectNames": ["ok", "not ok"]}, "ProjectNames[1] must match"),
    ("tag_resource", {"ResourceArn": VERSION, "Tags": {"aws:mine": "x"}}, "Each key of Tags must match"),
    ("tag_resource", {"ResourceArn": VERSION, "Tags": {"oven": "a;b"}}, "Tags['oven'] must match"),
    ("tag_resource", {"ResourceArn": VERSION, "Tags": {"oven": "🍞"}}, "Tags['oven'] must match"),
    # enum
    (
        "create_project",
        {"ProjectName": "b", "Feature": "BREADS"},
        "Feature must be one of CONTENT_MODERATION",
    ),
    ("describe_projects", {"Features": ["BREADS"]}, "Features[0] must be one of"),
    # least and most
    ("create_project", {"ProjectName": ""}, "ProjectName must be at least 1 characters; it is 0."),
    ("create_project", {"ProjectName": "b" * 256}, "ProjectName must be at most 255 characters; it is 256."),
    ("start_project_version", {"ProjectVersionArn": VERSION, "MinInferenceUnits": 0}, "at least 1; it is 0."),
    ("describe_projects", {"MaxResults": 0}, "MaxResults must be at least 1; it is 0."),
    ("describe_projects", {"ProjectNames": []}, "ProjectNames must be at least 1 items; it is 0."),
    ("describe_projects", {"ProjectNames": ["b"] * 11}, "ProjectNames must be at most 10 items; it is 11."),
    ("describe_projects", {"NextToken": "t" * 1025}, "NextToken must be at most 1024 characters"),
    (
        "create_project",
        {"ProjectName": "b", "Tags": {f"k{n}": "" for n in range(201)}},
        "at most 200 entries",
    ),
    (
        "tag_resource",
        {"ResourceArn": VERSION, "Tags": {"k" * 129: ""}},
        "Each key of Tags must be at most 128",
    ),
    ("tag_resource", {"ResourceArn": VERSION, "Tags": {"k": "v" * 257}}, "Tags['k'] must be at most 256"),
    ("untag_resource", {"ResourceArn": VERSION, "TagKeys": ["k"] * 201}, "TagKeys must be at most 200 items"),
    ("list_tags_for_resource", {"ResourceArn": "arn"}, "ResourceArn must be at least 20 characters"),
    ("create_project_version", MAKE | {"OutputConfig": {"S3Bucket": "ab"}}, "S3Bucket must be at least 3"),
    (
        "create_project_version",
        MAKE | {"VersionDescription": "d" * 256},
        "VersionDescription must be at most",
    ),
    (
        "detect_custom_labels",
        {"ProjectVersionArn": VERSION, "Image": IMAGE, "MinConfidence": 100.5},
        "MinConfidence must be at most 100; it is 100.5.",
    ),
    (
        "detect_custom_labels",
        {"ProjectVersionArn": VERSION, "Image": IMAGE, "MaxResults": -1},
        "MaxResults must be at least 0; it is -1.",
    ),
    (
        "detect_custom_labels",
        {"ProjectVersionArn": VERSION, "Image": {"Bytes": b""}},
        "Image.Bytes must be at least 1 bytes; it is 0.",
    ),
    (
        "detect_custom_labels",
        {"ProjectVersionArn": VERSION, "Image": {"Bytes": b"x" * 5_242_881}},
        "Image.Bytes must be at most 5242880 bytes; it is 5242881.",
    ),
]


@pytest.mark.parametrize(("operation", "parameters", "sentence"), INVALID)
def test_request_against_the_model_is_refused(
    local: Local, operation: str, parameters: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(local.client(validates=False), operation)(**parameters)

    assert error_of(caught.value) == "InvalidParameterException"
    assert sentence in message_of(caught.value)


WRONG_TYPES: list[tuple[str, Any, str]] = [
    ("CreateProject", [], "The request must be an object."),
    ("CreateProject", {"ProjectName": 5}, "ProjectName must be a string."),
    ("CreateProject", {"ProjectName": "b", "Tags": []}, "Tags must be an object."),
    ("CreateProject", {"ProjectName": "\ud83c"}, "ProjectName must be valid Unicode text."),
    ("DescribeProjects", {"MaxResults": True}, "MaxResults must be a whole number."),
    ("DescribeProjects", {"MaxResults": "5"}, "MaxResults must be a whole number."),
    ("DescribeProjects", {"MaxResults": 5.0}, "MaxResults must be a whole number."),
    ("DescribeProjects", {"ProjectNames": "breads"}, "ProjectNames must be a list."),
    ("DetectCustomLabels", {"ProjectVersionArn": VERSION, "Image": {"Bytes": "%"}}, "must be base64 text."),
    ("DetectCustomLabels", {"ProjectVersionArn": VERSION, "Image": {"Bytes": 7}}, "must be base64 text."),
    (
        "CreateProjectVersion",
        MAKE | {"TrainingData": {}, "TestingData": {"AutoCreate": "yes"}},
        "TestingData.AutoCreate must be true or false.",
    ),
    (
        "CreateProjectVersion",
        MAKE | {"TestingData": {}, "TrainingData": {"Assets": [{"GroundTruthManifest": {"S3Object": 1}}]}},
        "TrainingData.Assets[0].GroundTruthManifest.S3Object must be an object.",
    ),
]


def _post(local: Local, operation: str, body: bytes) -> tuple[int, dict[str, str]]:
    """Send what no client library would."""
    headers = {
        "X-Amz-Target": f"RekognitionService.{operation}",
        "Authorization": f"AWS4-HMAC-SHA256 Credential=AKID/20261123/{TOKYO}/rekognition/aws4_request",
    }
    try:
        with urllib.request.urlopen(urllib.request.Request(local.url, body, headers)) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


@pytest.mark.parametrize(("operation", "request_body", "sentence"), WRONG_TYPES)
def test_value_of_the_wrong_type_is_refused(
    local: Local, operation: str, request_body: Any, sentence: str
) -> None:
    status, content = _post(local, operation, json.dumps(request_body).encode())

    assert (status, content["__type"]) == (400, "InvalidParameterException")
    assert sentence in content["Message"]


@pytest.mark.parametrize("body", [b"{", b'{"MaxResults": NaN}', b"\xff", b"bread"])
def test_body_that_is_no_json_is_refused(local: Local, body: bytes) -> None:
    status, content = _post(local, "DescribeProjects", body)

    assert (status, content["__type"]) == (400, "SerializationException")


def test_unknown_members_and_nulls_are_ignored(local: Local) -> None:
    status, content = _post(local, "DescribeProjects", b'{"Colour": "brown", "NextToken": null}')

    assert (status, content) == (200, {"ProjectDescriptions": []})


@pytest.mark.parametrize("operation", ["describe_projects", "describe_project_versions"])
def test_page_over_hundred_is_a_validation_exception(local: Local, operation: str) -> None:
    parameters = {} if operation == "describe_projects" else {"ProjectArn": PROJECT}

    with pytest.raises(ClientError) as caught:
        getattr(local.aws, operation)(MaxResults=101, **parameters)

    assert error_of(caught.value) == "ValidationException"
    assert message_of(caught.value) == "MaxResults must be at most 100; it is 101."


def test_blob_is_measured_after_base64() -> None:
    most = base64.b64encode(b"x" * 5_242_880).decode()

    read = request_reader("DetectCustomLabels")({"ProjectVersionArn": VERSION, "Image": {"Bytes": most}}, "")

    assert len(read["Image"]["Bytes"]) == 5_242_880


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(data=st.data())
def test_reader_reads_or_refuses_whatever_it_is_given(operation: str, data: st.DataObject) -> None:
    members = sorted(
        {"ProjectArn", "ProjectVersionArn", "VersionName", "OutputConfig", "Tags", "Image", "MaxResults"}
        | {"ProjectName", "ResourceArn", "TagKeys", "MinInferenceUnits", "ProjectNames", "TrainingData"}
    )
    request = data.draw(st.dictionaries(st.sampled_from(members), ANY_JSON, max_size=6) | ANY_JSON)

    assert _is_read_or_refused(operation, request)


def _is_read_or_refused(operation: str, request: Any) -> bool:
    try:
        return isinstance(request_reader(operation)(request, ""), dict)
    except ServiceError as refusal:
        return refusal.http_status == 400 and refusal.message.endswith(".")
