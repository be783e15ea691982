"""Reading pictures: what the service takes, and how every refusal is worded.

Sources: developer guide, "Guidelines and quotas" (PNG and JPEG, 64-4096 pixels a side, at most 20:1) and the
operation's own page (4 MB in the request, 15 MB on S3). AWS does not say what becomes of other pixels: here
an EXIF orientation is applied, as the documentation of label detection has it; CMYK becomes RGB,
16 bits become 8, transparency becomes white and of an animation the first frame counts.
"""

import io
import warnings

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from rekognition_local.errors import ServiceError, invalid_parameter
from rekognition_local.vision.shapes import Pixels

MAX_BYTES = 4 * 1024 * 1024
MAX_S3_BYTES = 15 * 1024 * 1024
MIN_SIDE, MAX_SIDE, MAX_ASPECT = 64, 4096, 20
FORMATS = ("PNG", "JPEG")
_DEEP_MODES = ("I;16", "I;16B", "I;16L", "I")


def require_size(count: int, limit: int, *, name: str) -> None:
    if count > limit:
        raise ServiceError("ImageTooLargeException", f"{name} has more than {limit} bytes.")


def decode(content: bytes) -> Pixels:
    """The picture as RGB, upright. Raises ServiceError with one of the errors of DetectCustomLabels."""
    with warnings.catch_warnings():
        # Sizes are checked just below, by the service's own limits; odd metadata is nobody's business here.
        warnings.simplefilter("ignore")
        try:
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                _require_dimensions(*image.size)
                upright = ImageOps.exif_transpose(image)
                return np.asarray(_in_rgb(upright), dtype=np.uint8)
        except UnidentifiedImageError:
            raise _bad_format("The image is no PNG or JPEG picture.") from None
        except Image.DecompressionBombError:
            raise _too_large() from None
        except (OSError, SyntaxError, ValueError, EOFError) as error:
            # Pillow's own ways of saying that the file ends too early or contradicts itself.
            raise _bad_format(f"The picture cannot be read: {error}.") from error


def _require_dimensions(width: int, height: int) -> None:
    if max(width, height) > MAX_SIDE:
        raise _too_large()
    if min(width, height) < MIN_SIDE:
        raise invalid_parameter(
            f"The picture has {width}x{height} pixels; each side must have at least {MIN_SIDE}."
        )
    if max(width, height) > MAX_ASPECT * min(width, height):
        raise invalid_parameter(f"The picture is longer than {MAX_ASPECT} times its width.")


def _in_rgb(image: Image.Image) -> Image.Image:
    if image.mode in _DEEP_MODES:
        deep = np.asarray(image).astype(np.uint32)
        return Image.fromarray((deep >> 8).clip(0, 255).astype(np.uint8)).convert("RGB")
    if "A" in image.getbands() or "transparency" in image.info:
        paper = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(paper, image.convert("RGBA")).convert("RGB")
    return image.convert("RGB")


def _bad_format(message: str) -> ServiceError:
    return ServiceError("InvalidImageFormatException", message)


def _too_large() -> ServiceError:
    return ServiceError(
        "ImageTooLargeException", f"The picture has more than {MAX_SIDE} pixels on a side; make it smaller."
    )
