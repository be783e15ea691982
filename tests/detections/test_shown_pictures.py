"""Pictures of any training are shown small, upright and without what a camera wrote into them."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from detections.domain.pictures import PictureRefused
from detections.gateways.pixels import shown_picture
from tests.detections.conftest import jpeg

ORIENTATION = 0x0112


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def png(size: tuple[int, int], mode: str, colour: Any) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, colour).save(out, "PNG")
    return out.getvalue()


def test_large_picture_is_made_smaller_and_a_small_one_stays() -> None:
    assert opened(shown_picture(jpeg(4000, 2000), side=1280)).size == (1280, 640)
    assert opened(shown_picture(jpeg(300, 200), side=1280)).size == (300, 200)


def test_picture_stands_upright_and_says_nothing_of_its_camera() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    shown = opened(shown_picture(jpeg(400, 200, exif=exif), side=100))
    assert shown.size == (50, 100)
    assert not shown.getexif()


def test_transparency_lies_on_white() -> None:
    shown = opened(shown_picture(png((80, 80), "RGBA", (255, 0, 0, 0)), side=100))
    assert shown.format == "JPEG"
    assert min(shown.convert("RGB").getpixel((20, 20))) > 250  # type: ignore[type-var, arg-type]


@pytest.mark.parametrize("content", [b"", b"<svg/>", jpeg()[:200], png((80, 80), "L", 0)[:60]])
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(PictureRefused):
        shown_picture(content, side=100)


def test_bomb_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(PictureRefused):
        shown_picture(png((5_000, 5_000), "1", 0), side=100)
