"""Drawn trays: the same bytes for the same seed, and boxes that fit what is seen."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from portal.base.errors import InvalidInput
from portal.home.demo.trays import BREADS, Bread, Tray, TrayItem, breads_named, render_tray, write_trays
from portal.home.demo.trays.fields import linear
from portal.home.demo.trays.light import Light
from portal.home.demo.trays.plot import Crust, Plot
from portal.home.demo.trays.scene import CM_ACROSS, compose, ground, lay

TINY = (128, 96)
SMALL = (256, 192)
MIDDLE = (512, 384)


def painted(bread: Bread) -> Bread:
    """The same bread in a magenta that no bread, tray or table has."""

    def draw(plot: Plot) -> Crust:
        crust = bread.draw(plot)
        crust.colour = np.ones_like(crust.colour) * linear(255, 0, 255)
        crust.gloss = np.zeros_like(crust.cover)
        return crust

    return replace(bread, draw=draw)


def seen(tray: Tray) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is magenta."""
    red, green, blue = (tray.pixels[..., band].astype(int) for band in range(3))
    magenta = np.minimum(red, blue) - green > 45
    rows, columns = np.flatnonzero(magenta.any(axis=1)), np.flatnonzero(magenta.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def edges(item: TrayItem) -> tuple[int, int, int, int]:
    return item.left, item.top, item.left + item.width, item.top + item.height


def meets(one: TrayItem, other: TrayItem) -> bool:
    left, top, right, bottom = edges(one)
    other_left, other_top, other_right, other_bottom = edges(other)
    return left < other_right and other_left < right and top < other_bottom and other_top < bottom


def touches_edge(item: TrayItem, size: tuple[int, int]) -> bool:
    left, top, right, bottom = edges(item)
    return left == 0 or top == 0 or right == size[0] or bottom == size[1]


def test_same_seed_gives_same_bytes() -> None:
    one, again, other = (render_tray(seed, size=MIDDLE, hard=True) for seed in (5, 5, 6))
    assert one.pixels.tobytes() == again.pixels.tobytes()
    assert one.items == again.items
    assert one.pixels.tobytes() != other.pixels.tobytes()


def test_picture_is_rgb_of_the_size_asked_for() -> None:
    for size in ((1024, 768), (300, 400), (64, 64), (333, 201)):
        tray = render_tray(1, size=size)
        assert (tray.pixels.shape, tray.pixels.dtype) == ((size[1], size[0], 3), np.uint8)


@pytest.mark.parametrize("bread", BREADS, ids=lambda bread: bread.key)
def test_box_fits_what_is_seen_of_every_bread(bread: Bread) -> None:
    for seed in (1, 2):
        tray = render_tray(seed, items=[painted(bread)], size=MIDDLE)
        assert np.abs(np.subtract(seen(tray), edges(tray.items[0]))).max() <= 2


def test_box_fits_what_is_seen_when_breads_touch_and_are_cut_off() -> None:
    bun, melon, curry = breads_named(["anpan", "melon-pan", "curry-pan"])
    for seed in range(8):
        tray = render_tray(seed, items=[painted(bun), melon, curry, melon], size=MIDDLE, hard=True)
        assert np.abs(np.subtract(seen(tray), edges(tray.items[0]))).max() <= 2


def test_every_tray_holds_one_to_eight_breads_inside_the_picture() -> None:
    counts = set()
    for seed in range(36):
        tray = render_tray(seed, size=TINY, hard=bool(seed % 2))
        counts.add(len(tray.items))
        for left, top, right, bottom in map(edges, tray.items):
            assert 0 <= left < left + 1 < right <= TINY[0]
            assert 0 <= top < top + 1 < bottom <= TINY[1]
    assert counts == set(range(1, 9))


def test_items_asked_for_are_all_laid_whole_also_when_they_are_the_largest() -> None:
    largest = breads_named(["shokupan"]) * 8
    for seed in range(6):
        tray = render_tray(seed, items=largest, size=SMALL)
        assert [item.bread.key for item in tray.items] == ["shokupan"] * 8
        areas = [item.width * item.height for item in tray.items]
        assert min(areas) > 0.4 * max(areas)


def test_easy_trays_cut_nothing_off() -> None:
    for seed in range(20):
        assert not any(touches_edge(item, SMALL) for item in render_tray(seed, size=SMALL).items)


def test_hard_trays_have_cut_off_touching_and_alike_breads() -> None:
    trays = [render_tray(seed, size=SMALL, hard=True).items for seed in range(20)]
    assert sum(any(touches_edge(item, SMALL) for item in items) for items in trays) >= 8
    assert sum(any(meets(a, b) for a in items for b in items if a is not b) for items in trays) >= 8
    alike = [len({i.bread.key for i in items}) > len({i.bread.family for i in items}) for items in trays]
    assert sum(alike) >= 8


def test_breads_have_names_and_two_families_have_doubles() -> None:
    assert len(BREADS) >= 10
    for names in ({b.key for b in BREADS}, {b.ja for b in BREADS}, {b.en for b in BREADS}):
        assert len(names) == len(BREADS)
    families = [bread.family for bread in BREADS]
    assert sum(families.count(family) > 1 for family in set(families)) >= 2


@pytest.mark.parametrize(
    "ask",
    [
        lambda: render_tray(1, items=[]),
        lambda: render_tray(1, items=BREADS[:1] * 9),
        lambda: render_tray(1, breads=[]),
        lambda: render_tray(1, size=(32, 768)),
        lambda: render_tray(-1),
    ],
    ids=["no item", "too many", "no bread", "too small", "negative seed"],
)
def test_render_refuses_what_no_tray_can_be(ask: Callable[[], Tray]) -> None:
    with pytest.raises(InvalidInput):
        ask()


def test_manifest_is_ground_truth_for_object_detection(tmp_path: Path) -> None:
    breads = breads_named(["anpan", "melon-pan"])
    manifest = write_trays(
        tmp_path, count=3, seed=7, breads=breads, size=SMALL, bucket_uri="s3://crumbs/a/b/"
    )
    text = manifest.read_text(encoding="utf-8")
    assert "あんぱん" in text
    for number, line in enumerate(text.splitlines(), 1):
        entry = json.loads(line)
        assert entry["source-ref"] == f"s3://crumbs/a/b/tray-{number:04d}.jpg"
        picture = cv2.imread(str(tmp_path / f"tray-{number:04d}.jpg"))
        assert picture is not None
        assert entry["bounding-box"]["image_size"] == [{"width": 256, "height": 192, "depth": 3}]
        assert picture.shape == (192, 256, 3)
        meta = entry["bounding-box-metadata"]
        assert meta["class-map"] == {"0": "あんぱん", "1": "メロンパン"}
        assert meta["type"] == "groundtruth/object-detection"
        assert meta["human-annotated"] == "yes"
        boxes = entry["bounding-box"]["annotations"]
        assert len(boxes) == len(meta["objects"]) >= 1
        assert all(str(box["class_id"]) in meta["class-map"] for box in boxes)


def test_tray_does_not_depend_on_how_many_are_written(tmp_path: Path) -> None:
    for folder, count in (("few", 1), ("more", 2)):
        write_trays(tmp_path / folder, count=count, seed=3, size=SMALL, bucket_uri="s3://crumbs")
    few, more = (
        ((tmp_path / name / "tray-0001.jpg").read_bytes(), (tmp_path / name / "train.manifest").read_text())
        for name in ("few", "more")
    )
    assert few[0] == more[0]
    assert more[1].startswith(few[1])


def test_bread_wholly_under_another_has_no_box() -> None:
    rng = np.random.default_rng(3)
    light, scale = Light.over(rng), SMALL[0] / CM_ACROSS[0]
    table = ground(rng, SMALL, scale, 0.03)
    (upper,) = lay(rng, BREADS[:1], table, SMALL, scale, False)
    assert len(compose(rng, table, [upper, upper], light, scale).items) == 1
