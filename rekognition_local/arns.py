"""Amazon Resource Names of projects and versions.

The trailing number is the creation time in epoch milliseconds.
"""

import re

_VERSION_NAME = re.compile(r":project/[^/]+/version/([^/]+)/\d+$")


def project_arn(*, region: str, account: str, name: str, created_ms: int) -> str:
    return f"arn:aws:rekognition:{region}:{account}:project/{name}/{created_ms}"


def version_arn(*, project: str, name: str, created_ms: int) -> str:
    """The ARN of a version, from its project's ARN: the project's own number is left out."""
    stem = project.rpartition("/")[0]
    return f"{stem}/version/{name}/{created_ms}"


def names_in(version_arn: str) -> tuple[str, str]:
    """The names of project and version inside a version's ARN."""
    _, project, _, version, _ = version_arn.split("/")
    return project, version


def dataset_arn(*, project: str, type: str, created_ms: int) -> str:
    """The ARN of a dataset, from its project's ARN; `type` is TRAIN or TEST."""
    stem = project.rpartition("/")[0]
    return f"{stem}/dataset/{type.lower()}/{created_ms}"


def version_name(arn: str) -> str | None:
    """The version's name inside its ARN, or None when the text is no version ARN."""
    found = _VERSION_NAME.search(arn)
    return found.group(1) if found else None
