"""Pictures as they arrive, made into what AWS takes, or refused; and thumbnails. All through Pillow."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError

from detections.domain.hashing import difference_hash, signed
from detections.domain.pictures import (
    MAX_CALL_BYTES,
    MAX_PIXELS,
    MAX_PNG_PIXELS,
    MAX_PROGRESSIVE_PIXELS,
    MAX_SCANS,
    MAX_SIDE,
    Picture,
    PictureRefused,
    SmallPictures,
    check_pixels,
    check_size,
)
from detections.domain.places import Box

THUMBNAIL_SIDE, CROP_SIDE, THUMBNAIL_BYTES = 320, 160, 20_000
MARGIN = 0.06
"""What is seen around a box, as a share of its sides."""
QUALITIES = (90, 80, 70, 55)
PLAIN_MODES = {"JPEG": {"L", "RGB"}, "PNG": {"L", "RGB", "P"}}
ORIENTATION = 0x0112
START_OF_SCAN = b"\xff\xda"
DAMAGED = "The picture is damaged or cut short. Take it again, or send it again."

# Sizes are checked by us, before anything is unpacked; Pillow's own limit would only warn.
Image.MAX_IMAGE_PIXELS = None


def read_picture(content: bytes) -> Picture:
    """Check a picture whole and return it as AWS takes it; unchanged where it is so already.

    Turned by its EXIF orientation, in RGB with 8 bits, on white where it is transparent, at most 4096
    pixels a side and 4 MB. Raises PictureRefused.
    """
    check_size(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image = _opened(content)
        try:
            return _usable(image, content)
        except PictureRefused:
            raise
        except (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError) as error:
            raise PictureRefused("picture_damaged", DAMAGED) from error


def _opened(content: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(content), formats=("JPEG", "PNG"))
    except UnidentifiedImageError as error:
        raise PictureRefused(
            "not_a_picture", "This is not a JPEG or PNG, whatever its name says. Send one of those."
        ) from error
    except (OSError, SyntaxError, ValueError, TypeError) as error:
        raise PictureRefused("picture_damaged", DAMAGED) from error


def _most_pixels(image: Image.Image) -> int:
    if image.format == "PNG":
        return MAX_PNG_PIXELS
    return MAX_PROGRESSIVE_PIXELS if image.info.get("progressive") else MAX_PIXELS


def _usable(image: Any, content: bytes) -> Picture:
    kind, mode = image.format, image.mode
    check_pixels(image.width, image.height, most=_most_pixels(image))
    if kind != "PNG" and content.count(START_OF_SCAN) > MAX_SCANS:
        raise PictureRefused("picture_damaged", DAMAGED)
    if getattr(image, "is_animated", False) and kind == "PNG":
        raise PictureRefused(
            "picture_animated", "The picture moves (an animated PNG). Send a single photograph."
        )
    turned = image.getexif().get(ORIENTATION, 1) in range(2, 9)
    is_plain = mode in PLAIN_MODES.get(kind, set()) and not turned and "transparency" not in image.info
    fits = max(image.size) <= MAX_SIDE and len(content) <= MAX_CALL_BYTES
    if is_plain and fits:
        width, height = image.size
        if kind == "JPEG":
            image.draft("L", (width // 8, height // 8))
        image.load()
        return Picture(content, Image.MIME[kind], width, height)
    if kind == "JPEG":
        image.draft("RGB", (MAX_SIDE // 2, MAX_SIDE // 2))
    return _rewritten(_flat(ImageOps.exif_transpose(image)))


def _flat(image: Image.Image) -> Image.Image:
    """Bring any mode to RGB; sixteen bits are reduced by value, not cut off."""
    if image.mode in {"I;16", "I;16B", "I;16L", "I"}:
        return image.convert("I").point(lambda value: value / 257).convert("L").convert("RGB")
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        layered = image.convert("RGBA")
        ground = Image.new("RGB", layered.size, "white")
        ground.paste(layered, mask=layered.getchannel("A"))
        return ground
    return image.convert("RGB")


def _rewritten(image: Image.Image) -> Picture:
    if max(image.size) > MAX_SIDE:
        image.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    for quality in QUALITIES:
        content = _jpeg(image, quality)
        if len(content) <= MAX_CALL_BYTES:
            return Picture(content, "image/jpeg", image.width, image.height, is_changed=True)
    image.thumbnail((MAX_SIDE // 2, MAX_SIDE // 2), Image.Resampling.LANCZOS)
    return Picture(_jpeg(image, QUALITIES[1]), "image/jpeg", image.width, image.height, is_changed=True)


def _jpeg(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def small_pictures(content: bytes, boxes: Sequence[Box] = ()) -> SmallPictures:
    """Make a thumbnail of at most 320 pixels a side and 20 kB, and a crop of at most 160 of each box.

    Raises PictureRefused for what is no picture. The photo is unpacked once.
    """
    try:
        with _opened(content) as image:
            if not boxes:
                image.draft("RGB", (THUMBNAIL_SIDE, THUMBNAIL_SIDE))
            whole = _flat(image)
    except (OSError, SyntaxError, ValueError) as error:
        raise PictureRefused("picture_damaged", DAMAGED) from error
    crops = tuple(_fitted(whole.crop(_pixels(box, whole.size)), CROP_SIDE) for box in boxes)
    return SmallPictures(_fitted(whole, THUMBNAIL_SIDE), crops, hash_of(whole))


def shown_picture(content: bytes, *, side: int) -> bytes:
    """Return a JPEG of at most `side` pixels a side, upright, without metadata. Raises PictureRefused.

    For pictures that did not come through a register: of any size that a training takes.
    """
    try:
        with _opened(content) as image:
            check_pixels(image.width, image.height, most=_most_pixels(image))
            image.draft("RGB", (side, side))
            small = _flat(ImageOps.exif_transpose(image))
    except (OSError, SyntaxError, ValueError) as error:
        raise PictureRefused("picture_damaged", DAMAGED) from error
    small.thumbnail((side, side), reducing_gap=2.0)
    return _jpeg(small, 80)


def read_hashed(content: bytes) -> tuple[Picture, int]:
    """Check a picture as `read_picture` does, and return its dHash, unpacked at a fraction of its size."""
    picture = read_picture(content)
    with _opened(picture.content) as image:
        image.draft("RGB", (THUMBNAIL_SIDE, THUMBNAIL_SIDE))
        return picture, hash_of(_flat(image))


def hash_of(image: Image.Image) -> int:
    """Return a picture's dHash as PostgreSQL holds it: 9 × 8 grey values, shrunk by Lanczos."""
    grey = image.convert("L").resize((9, 8), Image.Resampling.LANCZOS)
    return signed(difference_hash(list(grey.tobytes())))


def _pixels(box: Box, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return a box with a little around it in pixels, within the picture and never empty."""
    width, height = size
    left = min(max(0, round((box.left - MARGIN * box.width) * width)), width - 1)
    top = min(max(0, round((box.top - MARGIN * box.height) * height)), height - 1)
    right = round((box.left + (1 + MARGIN) * box.width) * width)
    bottom = round((box.top + (1 + MARGIN) * box.height) * height)
    return left, top, max(left + 1, min(width, right)), max(top + 1, min(height, bottom))


def _fitted(image: Image.Image, side: int) -> bytes:
    small = image.copy()
    small.thumbnail((side, side), reducing_gap=2.0)
    for quality in (80, 65, 50, 35, 20):
        made = _jpeg(small, quality)
        if len(made) <= THUMBNAIL_BYTES:
            return made
    small.thumbnail((side // 2, side // 2))
    return _jpeg(small, 50)
