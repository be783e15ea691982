"""DetectCustomLabels over boto3: one call a picture, never repeated by botocore, because a register waits.

Source: API reference, DetectCustomLabels; docs/rekognition-local.md for what is undocumented.
"""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from detections.domain.places import Box, RawLabel
from detections.domain.ports import NotReady, PictureRefusedByAws, Seen
from models_registry.gateways.aws import Account, botocore_session, our_errors

CONNECT_SECONDS, READ_SECONDS = 2, 8
CALLS_AT_ONCE = 64
UNREADABLE = frozenset(
    {
        "InvalidImageFormatException",
        "ImageTooLargeException",
        "InvalidS3ObjectException",
        "InvalidImageException",
    }
)


class AwsEyes:
    """The data plane of one account and region; safe to share between threads."""

    def __init__(self, account: Account) -> None:
        config = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": 1},
            max_pool_connections=CALLS_AT_ONCE,
            user_agent_extra="kamado",
            parameter_validation=False,
        )
        session = boto3.Session(botocore_session=botocore_session(account), region_name=account.region)
        self._client: Any = session.client(
            "rekognition", config=config, endpoint_url=account.endpoint_url or None
        )

    def detect(self, version_arn: str, picture: bytes, *, min_confidence: float) -> Seen:
        """Ask for every label at or above a confidence; MaxResults is left out, so nothing is cut off."""
        began = time.perf_counter()
        with our_errors():
            try:
                answer = self._client.detect_custom_labels(
                    ProjectVersionArn=version_arn, Image={"Bytes": picture}, MinConfidence=min_confidence
                )
            except ClientError as error:
                raise _ours(error) from error
        milliseconds = round((time.perf_counter() - began) * 1000)
        return Seen(tuple(_label(each) for each in answer.get("CustomLabels", [])), milliseconds)


def _ours(error: ClientError) -> Exception:
    details = error.response.get("Error", {})
    name, message = str(details.get("Code", "")), str(details.get("Message", ""))
    if name == "ResourceNotReadyException":
        return NotReady(f"{name}: {message}", aws_code=name)
    if name in UNREADABLE:
        return PictureRefusedByAws(f"{name}: {message}", aws_code=name)
    return error


def _label(entry: dict[str, Any]) -> RawLabel:
    box = entry.get("Geometry", {}).get("BoundingBox")
    return RawLabel(
        str(entry.get("Name", "")),
        float(entry.get("Confidence", 0.0)),
        Box(*(float(box[side]) for side in ("Left", "Top", "Width", "Height"))) if box else None,
    )


@lru_cache(maxsize=256)
def eyes_for(account: Account) -> AwsEyes:
    """Return the eyes of an account, made once a process: clients are slow to build, quick to reuse."""
    return AwsEyes(account)
