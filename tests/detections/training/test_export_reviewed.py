"""Reviewed photos leave with their pictures, split by scene; what cannot be written is told first."""

from __future__ import annotations

import io
import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from detections.domain.reviews import Conclusion, Marked
from detections.domain.training import coco, manifest, yolo
from detections.models import Detection
from detections.services.reviews import Decision, review
from models_registry.models import Project
from portal.base.models import User
from tests.detections.conftest import ANPAN, MELON, Register, asakusa, eyes, fresh, jpeg
from tests.detections.test_reviews import BOXES
from tests.models_registry.conftest import area, bakery, static_folder, world

__all__ = ["area", "asakusa", "bakery", "eyes", "fresh", "static_folder", "world"]
TRUTH = (Marked(MELON, BOXES[0]), Marked(ANPAN, BOXES[1]))


@pytest.fixture
def reviewed(asakusa: Register, eyes: Any) -> list[Detection]:
    """Twelve trays: ten with known breads, one that cannot be told, one that nobody looked at."""
    by = User.objects.create_user("aki")
    for shade in range(12):
        asakusa.send(jpeg(colour=(shade, 1, 1)))
    rows = list(Detection.objects.order_by("pk"))
    for row in rows[:10]:
        review(detection=row, by=by, decision=Decision(uuid.uuid4(), 0, TRUTH))
    cannot = Decision(uuid.uuid4(), 0, None, said=Conclusion.CANNOT_TELL)
    review(detection=rows[10], by=by, decision=cannot)
    return rows[:10]


def export(folder: Path, *more: str) -> str:
    out = io.StringIO()
    call_command("export_reviewed", Project.objects.get().name, str(folder), *more, stdout=out)
    return out.getvalue()


def test_coco_has_every_known_photo_once_with_its_picture(reviewed: list[Detection], tmp_path: Path) -> None:
    said = export(tmp_path / "out")
    names = set()
    for side in ("train", "test"):
        if (tmp_path / "out" / side).exists():
            for picture in coco.read((tmp_path / "out" / side / "annotations.json").read_text()):
                assert picture.marked == TRUTH
                assert (tmp_path / "out" / side / "images" / picture.source).read_bytes()[:2] == b"\xff\xd8"
                names.add(picture.source)
    assert names == {f"{row.pk}.jpg" for row in reviewed}
    assert "photos to learn from" in said


def test_audited_photo_is_never_to_learn_from(reviewed: list[Detection], tmp_path: Path) -> None:
    export(tmp_path / "out")
    train = tmp_path / "out" / "train" / "images"
    learnt = {int(path.stem) for path in train.glob("*.jpg")} if train.exists() else set()
    assert not any(pk % 50 == 0 for pk in learnt)


def test_manifest_names_the_pictures_in_s3(reviewed: list[Detection], tmp_path: Path) -> None:
    export(tmp_path / "out", "--format", "manifest", "--s3", "s3://bread/lessons/")
    texts = (path.read_text() for path in (tmp_path / "out").glob("*/manifest.jsonl"))
    lines = [line for text in texts for line in text.splitlines()]
    assert len(lines) == 10
    assert all(json.loads(line)["source-ref"].startswith("s3://bread/lessons/t") for line in lines)
    assert [each.label for each in manifest.read(lines[0])[0].marked] == [MELON, ANPAN]


def test_yolo_has_a_text_beside_each_picture(reviewed: list[Detection], tmp_path: Path) -> None:
    export(tmp_path / "out", "--format", "yolo")
    sides = [path for path in (tmp_path / "out").iterdir() if path.is_dir()]
    assert "data.yaml" in {path.name for path in (tmp_path / "out").iterdir()}
    for side in sides:
        files = {path.name: path.read_text() for path in [*side.glob("labels/*"), side / yolo.CLASSES]}
        sizes = {path.name: (320, 240) for path in side.glob("images/*")}
        assert all(len(each.marked) == 2 for each in yolo.read(files, sizes))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["--format", "manifest"], "add --s3"), ([], "not empty")],
)
def test_what_cannot_be_written_is_told(
    reviewed: list[Detection], tmp_path: Path, arguments: list[str], words: str
) -> None:
    folder = tmp_path if words == "not empty" else tmp_path / "new"
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(CommandError, match=words):
        export(folder, *arguments)
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_unknown_project_is_told(db: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no project"):
        call_command("export_reviewed", "nowhere", str(tmp_path / "out"))


def test_lost_picture_is_left_out_and_told(reviewed: list[Detection], tmp_path: Path) -> None:
    Detection.objects.filter(pk=reviewed[0].pk).update(picture_key="nowhere.jpg")
    assert "1 left out" in export(tmp_path / "out")
