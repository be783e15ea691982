"""Our dHash is imagehash's; groups hold near-identical pictures with the same breads, and lose none."""

from __future__ import annotations

import io
from random import Random

import imagehash
import pytest
from PIL import Image

from detections.domain.hashing import distance, grouped, signed
from detections.gateways.pixels import hash_of, small_pictures


def noise(seed: int) -> Image.Image:
    random = Random(seed)
    small = Image.new("RGB", (12, 9))
    small.putdata([tuple(random.randrange(256) for _ in range(3)) for _ in range(108)])
    return small.resize((640, 480), Image.Resampling.BICUBIC)


@pytest.mark.parametrize("seed", range(25))
def test_hash_is_imagehashs(seed: int) -> None:
    image = noise(seed)
    assert hash_of(image) == signed(int(str(imagehash.dhash(image)), 16))


def test_hash_comes_with_the_small_pictures() -> None:
    out = io.BytesIO()
    noise(1).save(out, "PNG")
    assert small_pictures(out.getvalue()).hash == hash_of(noise(1))


def test_distance_counts_bits_of_signed_hashes() -> None:
    assert distance(signed((1 << 64) - 1), 0) == 64
    assert distance(signed(1 << 63), 1) == 2


def test_alike_with_the_same_breads_stand_together() -> None:
    keys = [(0b0, "a"), (0b11, "a"), (0b0, "b"), (None, "a"), (0xFFFF, "a"), (0b1, "a"), (None, "a")]
    groups = grouped(keys)
    assert groups == [[0, 1, 5], [2], [3], [4], [6]]
    assert sorted(index for group in groups for index in group) == list(range(7))
