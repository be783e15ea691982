"""Which pictures can be analysed, and why another one is refused."""

from __future__ import annotations

from dataclasses import dataclass

from stores.domain.sentences import Refusal

MAX_UPLOAD_BYTES = 15 * 1024 * 1024
"""What a register may send; AWS's own limit for a picture in S3."""
MAX_CALL_BYTES = 4 * 1024 * 1024
"""What DetectCustomLabels takes in the call itself (API reference, Image.Bytes for Custom Labels)."""
MIN_SIDE, MAX_SIDE = 64, 4096
MAX_RATIO = 20
MAX_PIXELS = 60_000_000
MAX_PROGRESSIVE_PIXELS = 26_000_000
MAX_PNG_PIXELS = MAX_SIDE * MAX_SIDE
"""A large JPEG is read at a fraction of its size; a progressive one and a PNG must be unpacked whole."""
MAX_SCANS = 32
"""Cameras write one scan, progressive files up to some fifteen; each costs a pass over the whole picture."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that AWS takes: its bytes, their type, and its size in pixels as it is seen."""

    content: bytes
    media_type: str
    width: int
    height: int
    is_changed: bool = False

    @property
    def suffix(self) -> str:
        return "png" if self.media_type == "image/png" else "jpg"


@dataclass(frozen=True, slots=True)
class SmallPictures:
    """JPEGs made from a photo: one of it all, then one of each box asked for, in order; and its dHash."""

    thumbnail: bytes
    crops: tuple[bytes, ...]
    hash: int | None = None


def small_key(picture_key: str) -> str:
    """Return where a photo's thumbnail is kept."""
    return f"small/{picture_key.rpartition('.')[0]}.jpg"


def crop_key(picture_key: str, box: int) -> str:
    """Return where the picture of one of its boxes is kept; `box` is the key of the box's row."""
    return f"small/{picture_key.rpartition('.')[0]}-{box}.jpg"


class PictureRefused(Refusal):
    """A picture that cannot be analysed. `code` is one of those in docs/detections.md."""

    code = "picture_refused"

    def __init__(self, code: str, template: str, **params: object) -> None:
        super().__init__(template, **params)
        self.code = code


def check_size(content: bytes) -> None:
    """Raise unless a file can be a picture at all."""
    if not content:
        raise PictureRefused("picture_missing", "There is no picture in the request. Send a JPEG or PNG.")
    if len(content) > MAX_UPLOAD_BYTES:
        raise PictureRefused(
            "picture_too_large",
            "The picture has %(bytes)s bytes; at most %(most)s are taken. Send a smaller JPEG.",
            bytes=len(content),
            most=MAX_UPLOAD_BYTES,
        )


def check_pixels(width: int, height: int, *, most: int) -> None:
    """Raise unless a picture of this size may be unpacked and is one that AWS takes or can be made one."""
    if min(width, height) < MIN_SIDE:
        raise PictureRefused(
            "picture_too_small",
            "The picture is %(width)s × %(height)s pixels; each side needs at least %(least)s.",
            width=width,
            height=height,
            least=MIN_SIDE,
        )
    if max(width, height) > MAX_RATIO * min(width, height):
        raise PictureRefused(
            "picture_too_narrow",
            "The picture is %(width)s × %(height)s pixels; one side may be at most %(most)s times the other.",
            width=width,
            height=height,
            most=MAX_RATIO,
        )
    if width * height > most:
        raise PictureRefused(
            "picture_too_many_pixels",
            "The picture has %(pixels)s million pixels; at most %(most)s are taken. Send a smaller JPEG.",
            pixels=width * height // 1_000_000,
            most=most // 1_000_000,
        )
