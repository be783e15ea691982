"""DetectCustomLabels: whether it may look is decided with the state at hand, looking takes its own time."""

from dataclasses import asdict
from typing import Any

from rekognition_local.errors import ServiceError, invalid_parameter
from rekognition_local.operations.call import Call, find_version
from rekognition_local.seeing.eyes import Eyes
from rekognition_local.transitions import Act, require_allowed


def admit(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Check all that needs the state. Returns what looking needs to know of the model."""
    image = request["Image"]
    if len(image) != 1:
        raise invalid_parameter("Image must have exactly one of Bytes and S3Object.")
    if "S3Object" in image and "Version" in image["S3Object"]:
        raise invalid_parameter("Versions of S3 objects are not kept here; leave S3Object.Version out.")
    version = find_version(call, request["ProjectVersionArn"])
    require_allowed(Act.DETECT, version.status, arn=version.arn)
    if version.model is None:
        # AccessDeniedException of all modelled errors: no client repeats it, and it accuses neither the
        # picture nor the model's status of something that is not so.
        raise ServiceError(
            "AccessDeniedException",
            "This version was seeded without pictures to learn from, so it cannot see. "
            "The model is RUNNING and the request is valid.",
        )
    return {"arn": version.arn, "units": version.min_units or 1, **asdict(version.model)}


def detect_custom_labels(
    eyes: Eyes, region: str, request: dict[str, Any], model: dict[str, Any]
) -> dict[str, Any]:
    """Without MinConfidence each label has its own assumed threshold, with it all have that one.

    A confidence equal to the threshold is returned; AWS's pages contradict each other there. MaxResults 0
    returns none.
    """
    content = eyes.picture(request["Image"], region)
    labels = eyes.look(content, digest=model["digest"], arn=model["arn"], units=model["units"])
    lowest = request.get("MinConfidence")
    thresholds = model["thresholds"] if lowest is None else {}
    kept = [label for label in labels if label["Confidence"] >= thresholds.get(label["Name"], lowest or 0)]
    return {"CustomLabels": kept[: request.get("MaxResults")]}
