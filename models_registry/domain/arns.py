"""ARNs of projects and model versions. Patterns: botocore's shapes `ProjectArn`, `ProjectVersionArn`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from stores.domain.sentences import Refusal

_NAME = r"[a-zA-Z0-9_.\-]{1,255}"
_HEAD = r"^arn:[a-z\d-]+:(?P<service>[a-z0-9-]+):(?P<region>[a-z\d-]+):(?P<account>\d{12}):project/"
PROJECT_ARN = re.compile(rf"{_HEAD}(?P<project>{_NAME})/(?P<created>\d+)$")
VERSION_ARN = re.compile(rf"{_HEAD}(?P<project>{_NAME})/version/(?P<version>{_NAME})/(?P<created>\d+)$")


class InvalidArn(Refusal):
    """The text is not the ARN that is wanted here."""

    code = "invalid_arn"


@dataclass(frozen=True, slots=True)
class Arn:
    """The parts of a project's or a version's ARN; `version` is empty for a project."""

    region: str
    account: str
    project: str
    version: str


def parse_project_arn(text: str, *, region: str = "") -> Arn:
    """Read a project ARN; refuse another service's, and another region's when `region` is given."""
    return _parse(PROJECT_ARN, text, region, "arn:aws:rekognition:REGION:ACCOUNT:project/NAME/NUMBER")


def parse_version_arn(text: str, *, region: str = "") -> Arn:
    """Read a model version ARN; refuse another service's, and another region's when `region` is given."""
    return _parse(
        VERSION_ARN, text, region, "arn:aws:rekognition:REGION:ACCOUNT:project/NAME/version/VERSION/NUMBER"
    )


def _parse(pattern: re.Pattern[str], text: str, region: str, example: str) -> Arn:
    match = pattern.match(text.strip())
    if match is None:
        raise InvalidArn(
            "“%(text)s” is not such an ARN. It looks like %(example)s.", text=text, example=example
        )
    parts = match.groupdict()
    if parts["service"] != "rekognition":
        raise InvalidArn(
            "This ARN belongs to the service “%(service)s”, not to rekognition. Copy it from the model's "
            "page in Amazon Rekognition Custom Labels.",
            service=parts["service"],
        )
    if region and parts["region"] != region:
        raise InvalidArn(
            "This ARN lies in %(theirs)s, the connection in %(region)s. Choose a connection in %(theirs)s, "
            "or a model in %(region)s.",
            theirs=parts["region"],
            region=region,
        )
    return Arn(parts["region"], parts["account"], parts["project"], parts.get("version") or "")
