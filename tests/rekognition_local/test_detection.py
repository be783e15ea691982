from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

from tests.rekognition_local.local import Local, message_of

JPEG = b"\xff\xd8\xff picture"


def test_model_that_does_not_run_is_not_ready(local: Local, refused: Callable[..., str]) -> None:
    code = refused(local.aws.detect_custom_labels, ProjectVersionArn=local.version(), Image={"Bytes": JPEG})

    assert code == "ResourceNotReadyException"


def test_seeded_model_says_that_it_cannot_see(local: Local) -> None:
    arn = local.running_version()

    with pytest.raises(ClientError, match="so it cannot see") as caught:
        local.aws.detect_custom_labels(ProjectVersionArn=arn, Image={"Bytes": JPEG})

    assert "RUNNING" in message_of(caught.value)


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ({}, "InvalidParameterException"),
        ({"Bytes": JPEG, "S3Object": {"Bucket": "photos", "Name": "tray.jpg"}}, "InvalidParameterException"),
        ({"Bytes": JPEG.ljust(5 * 1024 * 1024 + 1)}, "InvalidParameterException"),
    ],
    ids=["nothing", "both", "over 5 MB"],
)
def test_picture_that_cannot_be_used_is_refused(
    local: Local, refused: Callable[..., str], image: dict[str, object], expected: str
) -> None:
    arn = local.running_version()

    assert refused(local.aws.detect_custom_labels, ProjectVersionArn=arn, Image=image) == expected


def test_unknown_version_is_not_found(local: Local, refused: Callable[..., str]) -> None:
    arn = "arn:aws:rekognition:ap-northeast-1:123456789012:project/breads/version/v9/1"

    code = refused(local.aws.detect_custom_labels, ProjectVersionArn=arn, Image={"Bytes": JPEG})

    assert code == "ResourceNotFoundException"
