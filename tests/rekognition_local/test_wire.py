"""The protocol itself: headers, errors, authentication, connections."""

import http.client
import json
import socket
import uuid
from collections.abc import Callable
from contextlib import closing
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from rekognition_local.errors import ResponseBug
from rekognition_local.instants import from_iso, to_iso
from rekognition_local.operations import OPERATIONS, Operation
from rekognition_local.server import serve
from rekognition_local.settings import Settings
from rekognition_local.wire.answers import answer_writer
from tests.rekognition_local.local import TOKYO, Local, error_of, message_of

SCOPE = f"AWS4-HMAC-SHA256 Credential=AKID/20261123/{TOKYO}/rekognition/aws4_request, Signature=0"


def _raw(local: Local, path: str = "/", body: bytes = b"{}", **headers: str) -> tuple[Any, dict[str, Any]]:
    connection = http.client.HTTPConnection(local.url.removeprefix("http://"))
    try:
        connection.request(
            "POST", path, body, {name.replace("_", "-"): text for name, text in headers.items()}
        )
        answer = connection.getresponse()
        return answer, json.loads(answer.read())
    finally:
        connection.close()


def test_date_header_is_the_time_of_the_servers_own_clock(local: Local) -> None:
    local.advance(90)

    headers = local.aws.describe_projects()["ResponseMetadata"]["HTTPHeaders"]

    assert to_iso(from_iso(parsedate_to_datetime(headers["date"]).isoformat())) == "2026-11-23T00:01:30.000Z"


@pytest.mark.parametrize("instant", ["1999-12-31T23:59:59Z", "2099-02-28T12:00:00Z"])
def test_boto3_works_when_the_clock_is_far_from_the_wall(
    local_with: Callable[..., Local], instant: str
) -> None:
    local = local_with(start_at_ms=from_iso(instant))

    arn = local.aws.create_project(ProjectName="breads")["ProjectArn"]
    local.aws.create_project(ProjectName="cakes")

    assert arn.endswith(str(from_iso(instant)))
    assert len(local.aws.describe_projects()["ProjectDescriptions"]) == 2


def test_every_answer_has_its_own_request_id(local: Local) -> None:
    first, second = (local.aws.describe_projects()["ResponseMetadata"]["RequestId"] for _ in range(2))

    assert uuid.UUID(first) != uuid.UUID(second)


def test_error_travels_as_the_service_sends_it(local: Local) -> None:
    answer, content = _raw(
        local, Authorization=SCOPE, X_Amz_Target="RekognitionService.CreateProject", body=b"{}"
    )

    assert answer.status == 400
    assert answer.headers["x-amzn-ErrorType"] == "InvalidParameterException"
    assert content == {
        "__type": "InvalidParameterException",
        "Code": "InvalidParameterException",
        "Logref": answer.headers["x-amzn-RequestId"],
        "Message": "ProjectName is required.",
    }


def test_connection_is_kept_for_the_next_request(local: Local) -> None:
    connection = http.client.HTTPConnection(local.url.removeprefix("http://"))
    headers = {"Authorization": SCOPE, "X-Amz-Target": "RekognitionService.DescribeProjects"}
    for _ in range(3):
        connection.request("POST", "/", b"{}", headers)
        answer = connection.getresponse()
        assert (answer.status, answer.will_close) == (200, False)
        assert len(answer.read()) == int(answer.headers["Content-Length"])
    connection.close()


def test_unsigned_request_is_refused(local: Local, refused: Callable[..., str]) -> None:
    unsigned = boto3.client(
        "rekognition",
        endpoint_url=local.url,
        region_name=TOKYO,
        config=Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1}),
    )

    assert refused(unsigned.describe_projects) == "MissingAuthenticationTokenException"
    unsigned.close()


@pytest.mark.parametrize(
    ("authorization", "expected"),
    [
        ("Basic c2VjcmV0", "IncompleteSignatureException"),
        ("Credential=AKID/20261123/ap-northeast-1/s3/aws4_request", "InvalidSignatureException"),
    ],
)
def test_authorization_for_something_else_is_refused(local: Local, authorization: str, expected: str) -> None:
    _, content = _raw(local, Authorization=authorization, X_Amz_Target="RekognitionService.DescribeProjects")

    assert content["__type"] == expected


def test_operation_of_the_service_that_is_not_carried_says_so(local: Local) -> None:
    with pytest.raises(ClientError) as caught:
        local.aws.list_collections()

    assert error_of(caught.value) == "UnknownOperationException"
    assert message_of(caught.value) == "Rekognition Local does not carry the operation ListCollections."


@pytest.mark.parametrize(
    "target", ["RekognitionService.BakeBread", "DescribeProjects", "S3.DescribeProjects", ""]
)
def test_operation_that_does_not_exist_is_refused(local: Local, target: str) -> None:
    _, content = _raw(local, Authorization=SCOPE, X_Amz_Target=target)

    assert content["__type"] == "UnknownOperationException"


def test_other_paths_are_not_found(local: Local) -> None:
    assert _raw(local, path="/elsewhere")[0].status == 404
    assert local.control("GET", "../elsewhere")[0] == 404


def test_huge_body_is_refused_unread(local: Local) -> None:
    host, port = local.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n")
        answer = connection.makefile("rb").read()

    assert answer.startswith(b"HTTP/1.1 413 ")


def test_body_without_length_is_refused(local: Local) -> None:
    host, port = local.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
        answer = connection.makefile("rb").read()

    assert answer.startswith(b"HTTP/1.1 411 ")


def test_control_calls_are_not_found_unless_asked_for(local_with: Callable[..., Local]) -> None:
    local = local_with(control=False)

    for method, path in [("GET", "meter"), ("GET", "state"), ("POST", "reset"), ("POST", "clock")]:
        assert local.control(method, path, {} if method == "POST" else None)[0] == 404


def test_control_calls_are_refused_to_browsers(local: Local) -> None:
    assert local.control("POST", "reset", {}, Origin="http://evil.example")[0] == 403


def test_unknown_control_call_lists_the_known_ones(local: Local) -> None:
    status, content = local.control("GET", "oven")

    assert status == 404
    assert "POST /_control/faults" in content["error"]


def test_answer_outside_the_model_is_a_loud_bug() -> None:
    write = answer_writer("StopProjectVersion")

    with pytest.raises(ResponseBug, match="no member 'Colour'"):
        write({"Colour": "brown"})
    with pytest.raises(ResponseBug, match="'BAKING' does not fit"):
        write({"Status": "BAKING"})


def test_bug_is_answered_as_an_internal_server_error_and_logged(
    local: Local, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(OPERATIONS, "DescribeProjects", Operation(lambda call, request: {"Colour": "brown"}))

    with pytest.raises(ClientError) as caught:
        local.aws.describe_projects()

    assert error_of(caught.value) == "InternalServerError"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert "ResponseBug" in caplog.text


def test_closed_server_answers_nobody_any_more(tmp_path: Path) -> None:
    server = serve(Settings(data_dir=tmp_path, port=0))
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"))

    def ask() -> int:
        headers = {"Authorization": SCOPE, "X-Amz-Target": "RekognitionService.DescribeProjects"}
        connection.request("POST", "/", b"{}", headers)
        return len(connection.getresponse().read())

    with closing(connection):
        assert ask()
        server.close()
        with pytest.raises(ConnectionError):
            ask()
    assert not (tmp_path / "endpoint.json").exists()
