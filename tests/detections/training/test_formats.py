"""What is exported comes back: manifests within a pixel, COCO bit by bit; bad files are told by line."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.domain.places import Box, iou
from detections.domain.reviews import Marked
from detections.domain.training import coco, manifest, yolo
from detections.domain.training.pictures import Labelled, UnreadableSet
from rekognition_local.manifests.entries import read_line
from tests.detections.conftest import ANPAN, MELON

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
HERE = Box(0.1, 0.2, 0.3, 0.4)
NAMELESS = '{"images": [{"id": 1}], "annotations": [], "categories": []}'


def box_of(random: Random) -> Box:
    return Box(*(random.random() * most for most in (0.7, 0.7, 0.3, 0.3)))


def picture(number: int, random: Random) -> Labelled:
    marked = tuple(
        Marked(random.choice((ANPAN, MELON, "a")), box_of(random)) for _ in range(random.randrange(7))
    )
    width, height = random.randrange(64, 4097), random.randrange(64, 4097)
    return Labelled(f"tray-{number}.jpg", width, height, marked)


def test_five_thousand_pictures_come_back_from_coco_as_they_were() -> None:
    random = Random(5)
    pictures = [picture(number, random) for number in range(5_000)]
    assert coco.read(coco.write(pictures)) == pictures


def test_box_that_another_tool_moved_is_taken_as_it_left_it() -> None:
    document = json.loads(coco.write([Labelled("a.jpg", 1000, 500, (Marked("a", HERE),))]))
    document["annotations"][0]["bbox"] = [500, 250, 100, 50]
    (read,) = coco.read(json.dumps(document))
    assert read.marked[0].box == Box(0.5, 0.5, 0.1, 0.1)


def test_coco_of_strangers_is_read() -> None:
    document = {
        "images": [{"id": 7, "file_name": "x.jpg", "width": 200, "height": 100}],
        "categories": [{"id": 0, "name": "roll"}],
        "annotations": [
            {"id": 0, "image_id": 7, "category_id": 0, "bbox": [20, 10, 100, 50]},
            {"id": 1, "image_id": 7, "category_id": 0, "bbox": [0, 0, 9, 9], "iscrowd": 1},
        ],
    }
    assert coco.read(json.dumps(document)) == [
        Labelled("x.jpg", 200, 100, (Marked("roll", Box(0.1, 0.1, 0.5, 0.5)),))
    ]


@pytest.mark.parametrize("text", ["", "[]", "{}", NAMELESS])
def test_no_coco_is_told(text: str) -> None:
    with pytest.raises(UnreadableSet):
        coco.read(text)


@given(
    left=st.floats(0, 0.7), top=st.floats(0, 0.7), wide=st.floats(0.1, 0.3), high=st.floats(0.1, 0.3),
    width=st.integers(640, 4096), height=st.integers(640, 4096),
)  # fmt: skip
def test_manifest_box_is_the_nearest_whole_pixels(
    left: float, top: float, wide: float, high: float, width: int, height: int
) -> None:
    box = Box(left, top, wide, high)
    text = manifest.line(Labelled("s3://b/k.jpg", width, height, (Marked(MELON, box),)), at=AT)
    (read,) = manifest.read(text)
    back = read.marked[0].box
    assert abs(back.left - box.left) * width <= 0.5 + 1e-6
    assert abs((back.left + back.width) - (box.left + box.width)) * width <= 0.5 + 1e-6
    assert back.top >= 0
    assert back.top + back.height <= 1 + 1e-12
    again = manifest.line(Labelled("s3://b/k.jpg", width, height, read.marked), at=AT)
    assert iou(manifest.read(again)[0].marked[0].box, back) >= 0.999


def test_manifest_line_has_no_fault_in_rekognition_local() -> None:
    marked = (Marked(MELON, HERE), Marked(ANPAN, Box(0.9, 0.9, 0.3, 0.3)), Marked(MELON, Box(0, 0, 1, 1)))
    entry = read_line(manifest.line(Labelled("s3://bread/tray.jpg", 1280, 960, marked), at=AT))
    assert not entry.has_errors
    assert [box.label for box in entry.boxes] == [MELON, ANPAN, MELON]
    assert entry.boxes[1].left + entry.boxes[1].width == 1280


def test_picture_without_breads_is_a_line_that_teaches_nothing() -> None:
    entry = read_line(manifest.line(Labelled("s3://bread/empty.jpg", 640, 480, ()), at=AT))
    assert entry.is_ignored
    assert not entry.has_errors


def test_half_a_pixel_is_rounded_up() -> None:
    text = manifest.line(Labelled("s3://b/k", 10, 10, (Marked("a", Box(0.25, 0.25, 0.5, 0.5)),)), at=AT)
    assert json.loads(text)["bounding-box"]["annotations"] == [
        {"class_id": 0, "left": 3, "top": 3, "width": 5, "height": 5}
    ]


def test_batches_stay_below_the_limit_and_lose_no_line() -> None:
    lines = ["x" * length for length in (30, 40, 200, 10, 10)]
    parts = list(manifest.batches(lines, most=100))
    assert [len(part) for part in parts] == [72, 201, 22]
    assert b"".join(parts).decode().split() == lines


def test_digest_is_of_the_lines_not_of_their_order() -> None:
    assert manifest.digest(["a", "b"]) == manifest.digest(["b", "a"]) != manifest.digest(["a"])


def test_line_that_is_none_is_told_by_number() -> None:
    good = manifest.line(Labelled("s3://b/k", 100, 100, ()), at=AT)
    with pytest.raises(UnreadableSet) as refused:
        manifest.read(f"{good}\n\n{{}}\n")
    assert refused.value.params == {"line": 3}


def test_yolo_comes_back() -> None:
    random = Random(3)
    pictures = [picture(number, random) for number in range(300)]
    files = yolo.write(pictures)
    back = yolo.read(files, {each.source: (each.width, each.height) for each in pictures})
    for one, other in zip(pictures, back, strict=True):
        assert [each.label for each in one.marked] == [each.label for each in other.marked]
        for mine, theirs in zip(one.marked, other.marked, strict=True):
            assert theirs.box.left == pytest.approx(mine.box.left, abs=1e-12)
            assert theirs.box.width == mine.box.width


@pytest.mark.parametrize("text", ["0 0.5 0.5 0.1\n", "9 0.5 0.5 0.1 0.1\n", "-1 0 0 1 1\n", "a b c d e\n"])
def test_bad_line_of_yolo_is_told_with_its_file(text: str) -> None:
    with pytest.raises(UnreadableSet) as refused:
        yolo.read({"classes.txt": "roll\n", "a.txt": text}, {"a.jpg": (10, 10)})
    assert refused.value.params == {"name": "a.txt", "line": 1}
