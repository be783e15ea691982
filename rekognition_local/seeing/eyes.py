"""What detection needs besides the state: the pool, the model files and the buckets."""

from pathlib import Path
from typing import Any

from rekognition_local.buckets import BucketError, Buckets, S3Place, Trouble
from rekognition_local.errors import ServiceError
from rekognition_local.pictures import MAX_BYTES, MAX_S3_BYTES, require_size
from rekognition_local.seeing.pool import Pool
from rekognition_local.training.places import model_file


class Eyes:
    def __init__(self, data_dir: Path, buckets: Buckets) -> None:
        self._data_dir, self._buckets, self._pool = data_dir, buckets, Pool()

    def look(self, content: bytes, *, digest: str, arn: str, units: int) -> list[dict[str, Any]]:
        """Everything that a version's model sees on a picture, most confident first."""
        return self._pool.look(content, model=model_file(self._data_dir, digest), arn=arn, units=units)

    def picture(self, image: dict[str, Any], region: str) -> bytes:
        """The picture's bytes, from the request or from S3. Raises the operation's own errors."""
        if "Bytes" in image:
            content: bytes = image["Bytes"]
            require_size(len(content), MAX_BYTES, name="Image.Bytes")
            return content
        place = S3Place(image["S3Object"].get("Bucket", ""), image["S3Object"].get("Name", ""))
        try:
            return self._buckets.read(place, region=region, max_bytes=MAX_S3_BYTES)
        except BucketError as error:
            is_large = error.trouble is Trouble.TOO_LARGE
            code = "ImageTooLargeException" if is_large else "InvalidS3ObjectException"
            raise ServiceError(code, f"Unable to get image from S3: {error}") from error

    def close(self) -> None:
        self._pool.close()
