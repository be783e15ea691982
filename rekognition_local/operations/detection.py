"""DetectCustomLabels: checks everything it is given, and says honestly that it cannot see pictures."""

from typing import Any

from rekognition_local.errors import ServiceError, invalid_parameter
from rekognition_local.operations.call import Call, find_version
from rekognition_local.transitions import Act, require_allowed

# The service model lets 5 MB through; the developer guide's limit for this operation is 4 MB.
MAX_IMAGE_BYTES = 4 * 1024 * 1024
_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"


def detect_custom_labels(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    image = request["Image"]
    if len(image) != 1:
        raise invalid_parameter("Image must have exactly one of Bytes and S3Object.")
    version = find_version(call, request["ProjectVersionArn"])
    require_allowed(Act.DETECT, version.status, arn=version.arn)
    if "Bytes" in image:
        _require_picture(image["Bytes"])
    # AccessDeniedException of all modelled errors: no client repeats it, and it accuses neither the picture
    # (InvalidImageFormat would) nor the model's status (ResourceNotReady would) of something that is not so.
    raise ServiceError(
        "AccessDeniedException",
        "This version of Rekognition Local cannot see pictures yet. "
        "The model is RUNNING and the request is valid.",
    )


def _require_picture(content: bytes) -> None:
    if len(content) > MAX_IMAGE_BYTES:
        raise ServiceError("ImageTooLargeException", f"Image.Bytes must be at most {MAX_IMAGE_BYTES} bytes.")
    if not content.startswith((_PNG, _JPEG)):
        raise ServiceError("InvalidImageFormatException", "Image.Bytes must be a PNG or JPEG picture.")
