"""Looking at the picture of an entry: only its header is read, never its pixels."""

import io
import warnings
from dataclasses import dataclass

from PIL import Image

from rekognition_local.manifests.entries import Entry, Size, judged
from rekognition_local.pictures import FORMATS, MAX_ASPECT, MAX_S3_BYTES, MAX_SIDE, MIN_SIDE

_ORIENTATION, _LYING = 0x0112, (5, 6, 7, 8)
_DIMENSION, _IMAGE = "ERROR_INVALID_IMAGE_DIMENSION", "ERROR_INVALID_IMAGE"


@dataclass(frozen=True, slots=True)
class Look:
    """What a picture's header says; `error` is None when the picture can be used."""

    size: Size | None
    error: str | None


def look_at(content: bytes | None) -> Look:
    """Judge a picture by its header; None stands for one that cannot be fetched."""
    if content is None or len(content) > MAX_S3_BYTES:
        return Look(None, _IMAGE)
    try:
        with warnings.catch_warnings():
            # Sizes are checked just below, by the service's own limits.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                size = _upright_size(image)
    except Image.DecompressionBombError:
        return Look(None, _DIMENSION)
    except (OSError, SyntaxError, ValueError, EOFError):
        return Look(None, _IMAGE)
    return Look(size, _fault_of(size))


def check_picture(entry: Entry, content: bytes | None) -> Entry:
    """The entry with what its picture adds. Boxes are held against the real size from now on."""
    return checked_with(entry, look_at(content))


def checked_with(entry: Entry, look: Look) -> Entry:
    if entry.source_ref is None:
        return entry
    return judged(entry.line, size=look.size, picture_error=look.error)


def _upright_size(image: Image.Image) -> Size:
    """The size after turning the picture as its EXIF orientation says: that is how it is seen and learnt."""
    width, height = image.size
    # Without its exif in the header, a PNG would be decoded whole to look for one behind the pixels.
    turn = image.getexif().get(_ORIENTATION) if image.format == "JPEG" or "exif" in image.info else None
    return (height, width) if turn in _LYING else (width, height)


def _fault_of(size: Size) -> str | None:
    short, long = sorted(size)
    is_fine = short >= MIN_SIDE and long <= MAX_SIDE and long <= MAX_ASPECT * short
    return None if is_fine else _DIMENSION
