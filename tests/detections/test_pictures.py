"""Hostile and odd pictures: each refused with its own code, or made into what AWS takes."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from detections.domain.pictures import MAX_CALL_BYTES, MAX_UPLOAD_BYTES, PictureRefused
from detections.gateways.pixels import read_picture, small_pictures


def written(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def plain(
    width: int = 200, height: int = 100, mode: str = "RGB", kind: str = "JPEG", **options: Any
) -> bytes:
    return written(Image.new(mode, (width, height)), kind, **options)


def noisy(width: int, height: int) -> Image.Image:
    return Image.effect_noise((width, height), 90).convert("RGB")


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png_that_claims(width: int, height: int, depth: int = 8, colour: int = 2) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def half(whole: bytes) -> bytes:
    return whole[: len(whole) // 2]


def animated() -> bytes:
    frames = [Image.new("RGB", (100, 100), colour) for colour in ("red", "blue")]
    return written(frames[0], "PNG", save_all=True, append_images=frames[1:], duration=100)


def bomb(megabytes: int) -> bytes:
    return zlib.compress(bytes(megabytes * 1024 * 1024), 9)


def png_with(name: bytes, content: bytes) -> bytes:
    """A sound PNG with one more chunk before its pixels."""
    whole = plain(kind="PNG")
    place = whole.index(b"IDAT") - 4
    return whole[:place] + chunk(name, content) + whole[place:]


def scan_bomb() -> bytes:
    """A JPEG whose last scan is there a thousand times: 90 kB that take a quarter of a minute to read."""
    whole = plain(4000, 4000, "L", progressive=True)
    last = whole[whole.rindex(b"\xff\xda") : -2]
    return whole[:-2] + last * 1000 + b"\xff\xd9"


def two_in_one() -> bytes:
    return written(noisy(200, 100), "MPO", save_all=True, append_images=[noisy(200, 100)])


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "picture_missing"),
    "one byte": (lambda: b"\xff", "not_a_picture"),
    "text": (lambda: b"melon-pan" * 100, "not_a_picture"),
    "svg": (lambda: b'<svg xmlns="http://www.w3.org/2000/svg"/>', "not_a_picture"),
    "svg after a jpeg's name": (lambda: b"\xff\xd8" + b"<svg/>" * 30, "not_a_picture|picture_damaged"),
    "html": (lambda: b"<!doctype html><script>alert(1)</script>", "not_a_picture"),
    "gif": (lambda: plain(kind="GIF"), "not_a_picture"),
    "animated gif": (
        lambda: written(noisy(99, 99), "GIF", save_all=True, append_images=[noisy(99, 99)]),
        "not_a_picture",
    ),
    "webp": (lambda: plain(kind="WEBP"), "not_a_picture"),
    "bmp": (lambda: plain(kind="BMP"), "not_a_picture"),
    "tiff": (lambda: plain(kind="TIFF"), "not_a_picture"),
    "pdf": (lambda: plain(kind="PDF"), "not_a_picture"),
    "ico": (lambda: plain(64, 64, kind="ICO"), "not_a_picture"),
    "eps": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not_a_picture"),
    "zip": (lambda: b"PK\x03\x04" + bytes(100), "not_a_picture"),
    "only a jpeg's start": (lambda: b"\xff\xd8\xff", "not_a_picture|picture_damaged"),
    "jpeg without end": (lambda: written(noisy(300, 200))[:-2000], "picture_damaged"),
    "half a jpeg": (lambda: half(written(noisy(300, 200))), "picture_damaged"),
    "jpeg's header alone": (lambda: written(noisy(300, 200))[:300], "not_a_picture|picture_damaged"),
    "half a png": (lambda: half(written(noisy(99, 99), "PNG")), "picture_damaged"),
    "png with broken data": (lambda: png_that_claims(200, 200), "picture_damaged"),
    "png bomb": (lambda: png_that_claims(50_000, 50_000), "picture_too_many_pixels"),
    "png of 100 megapixels": (lambda: png_that_claims(10_000, 10_000), "picture_too_many_pixels"),
    "png of zero width": (lambda: png_that_claims(0, 200), "not_a_picture|picture_damaged|picture_too_small"),
    "png wider than memory": (lambda: png_that_claims(2**31 - 1, 100), "picture_too_narrow"),
    "animated png": (animated, "picture_animated"),
    "63 pixels": (lambda: plain(63, 200), "picture_too_small"),
    "63 pixels high": (lambda: plain(200, 63), "picture_too_small"),
    "one pixel": (lambda: plain(1, 1), "picture_too_small"),
    "21 to 1": (lambda: plain(64 * 21, 64), "picture_too_narrow"),
    "1 to 21": (lambda: plain(64, 64 * 21), "picture_too_narrow"),
    "too many bytes": (lambda: plain() + bytes(MAX_UPLOAD_BYTES), "picture_too_large"),
    "jpeg of 64 megapixels": (lambda: plain(8000, 8000), "picture_too_many_pixels"),
    "progressive jpeg of 48 megapixels": (
        lambda: plain(8000, 6000, progressive=True), "picture_too_many_pixels",
    ),
    "png with a text bomb": (lambda: png_with(b"zTXt", b"a\0\0" + bomb(200)), "picture_damaged"),
    "png with a colour profile bomb": (lambda: png_with(b"iCCP", b"p\0\0" + bomb(200)), "picture_damaged"),
    "png of 25 megapixels": (lambda: plain(5000, 5000, kind="PNG"), "picture_too_many_pixels"),
    "jpeg of a thousand scans": (scan_bomb, "picture_damaged"),
    "avif": (lambda: b"\0\0\0\x1cftypavif" + bytes(200), "not_a_picture"),
    "heic": (lambda: b"\0\0\0\x18ftypheic" + bytes(200), "not_a_picture"),
    "jpeg 2000": (lambda: b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(200), "not_a_picture"),
    "mp4": (lambda: b"\0\0\0\x18ftypmp42" + bytes(200), "not_a_picture"),
    "jpeg of 12 bits": (
        lambda: plain().replace(b"\xff\xc0\0\x11\x08", b"\xff\xc0\0\x11\x0c"),
        "not_a_picture|picture_damaged",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_unusable_picture_is_refused_with_its_code(name: str) -> None:
    make, codes = REFUSED[name]

    with pytest.raises(PictureRefused) as refusal:
        read_picture(make())

    assert refusal.value.code in codes.split("|")
    assert refusal.value.message


def exif(orientation: int) -> Image.Exif:
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags


ODD: dict[str, tuple[Callable[[], bytes], tuple[int, int]]] = {
    "cmyk": (lambda: plain(mode="CMYK"), (200, 100)),
    "turned by exif": (lambda: plain(exif=exif(6)), (100, 200)),
    "mirrored by exif": (lambda: plain(exif=exif(2)), (200, 100)),
    "16 bit": (lambda: plain(mode="I;16", kind="PNG"), (200, 100)),
    "one bit": (lambda: plain(mode="1", kind="PNG"), (200, 100)),
    "transparent": (lambda: plain(mode="RGBA", kind="PNG"), (200, 100)),
    "grey and transparent": (lambda: plain(mode="LA", kind="PNG"), (200, 100)),
    "palette with transparency": (lambda: plain(mode="P", kind="PNG", transparency=0), (200, 100)),
    "5000 pixels wide": (lambda: plain(5000, 1000), (4096, 819)),
    "48 megapixels": (lambda: plain(8000, 6000), (4000, 3000)),
    "more than 4 MB": (lambda: written(noisy(2600, 2000), quality=97), (2600, 2000)),
    "60 megapixels in cmyk": (lambda: plain(7700, 7700, "CMYK"), (3850, 3850)),
    "16 megapixels with transparency": (lambda: plain(8192, 2048, "RGBA", "PNG"), (4096, 1024)),
    "16 megapixels of 16 bits": (lambda: plain(4096, 4096, "I;16", "PNG"), (4096, 4096)),
    "26 megapixels, progressive": (lambda: plain(5200, 5000, progressive=True), (2600, 2500)),
    "two pictures in one": (two_in_one, (200, 100)),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_picture_is_made_into_a_plain_jpeg(name: str) -> None:
    make, size = ODD[name]

    picture = read_picture(make())

    assert picture.is_changed
    assert (picture.width, picture.height, picture.media_type) == (*size, "image/jpeg")
    with Image.open(io.BytesIO(picture.content)) as opened:
        assert (opened.mode, opened.size) == ("RGB", size)
    assert len(picture.content) <= MAX_CALL_BYTES


@pytest.mark.parametrize(
    "content",
    [
        plain(),
        plain(mode="L"),
        plain(kind="PNG"),
        plain(64, 64),
        plain(4096, 4096),
        plain(64 * 20, 64),
        plain(exif=exif(99)),
        plain(exif=b"Exif\0\0" + bytes(range(256))),
        plain(icc_profile=bytes(60_000)),
        plain(4000, 4000, progressive=True),
        png_with(b"tEXt", b"comment\0<script>"),
    ],
)
def test_plain_picture_is_passed_on_untouched(content: bytes) -> None:
    picture = read_picture(content)

    assert picture.content == content
    assert not picture.is_changed


def test_thumbnail_is_small_in_pixels_and_bytes() -> None:
    made = small_pictures(written(noisy(1600, 1200))).thumbnail

    with Image.open(io.BytesIO(made)) as opened:
        assert max(opened.size) <= 320
    assert len(made) <= 20_000
