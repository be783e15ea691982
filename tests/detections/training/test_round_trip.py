"""What is exported comes back: five thousand pictures bit by bit, and all three formats."""

from __future__ import annotations

import io
from pathlib import Path
from random import Random

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from detections.domain.training import manifest
from detections.domain.training.sets import Entry
from detections.models import BroughtPicture
from detections.selectors.drafts import content_of
from detections.services.teaching import submit
from detections.wiring import PICTURES
from models_registry.domain.objects import place_of
from models_registry.models import Project
from tests.detections.conftest import ANPAN, MELON, asakusa, eyes, fresh
from tests.detections.training.labelled import (
    bring_in,
    noise,
    project_of,
    write_coco,
)
from tests.models_registry.conftest import area, bakery, static_folder, tokyo, world

__all__ = ["area", "asakusa", "bakery", "eyes", "fresh", "static_folder", "world"]
MANY = 5_000


@pytest.fixture
def breads(db: None) -> Project:
    return project_of()


def many(project: Project) -> None:
    """Bring five thousand tiny pictures along, with boxes of any fraction."""
    random, rows = Random(5), []
    (settings.PICTURES_DIR / "training" / str(project.pk)).mkdir(parents=True)
    for number in range(MANY):
        key = f"training/{project.pk}/{number:064x}.jpg"
        (settings.PICTURES_DIR / key).write_bytes(noise(number))
        boxes = [
            [
                random.choice((ANPAN, MELON, f"bread {number % 40}")),
                *(random.random() * 0.5 for _ in range(2)),
                *(0.01 + random.random() * 0.4 for _ in range(2)),
            ]
            for _ in range(1 + number % 6)
        ]  # fmt: skip
        rows.append(
            BroughtPicture(
                project=project, source=f"s3://{settings.PICTURES_BUCKET_NAME}/{key}", marked=boxes,
                split="TEST" if number % 5 == 0 else "TRAIN", width=64, height=64, looked_at=tokyo(2, 9),
            )
        )  # fmt: skip
    BroughtPicture.objects.bulk_create(rows, batch_size=1_000)


def told(entries: tuple[Entry, ...]) -> dict[bytes, object]:
    """What has to be the same in another portal, by the picture itself: side, size, every box."""
    return {
        PICTURES.read(place_of(each.picture.source).key): (
            each.split, each.picture.width, each.picture.height, each.picture.marked,
        )
        for each in entries
    }  # fmt: skip


@pytest.mark.drill
def test_five_thousand_pictures_through_export_and_import_are_identical(
    breads: Project, tmp_path: Path
) -> None:
    many(breads)
    other = project_of("others")
    call_command("export_training_set", "breads", str(tmp_path / "out"), stdout=io.StringIO())
    assert f"{MANY} new" in bring_in(tmp_path / "out", project="others")
    before, after = told(content_of(breads).entries), told(content_of(other).entries)
    assert len(before) == MANY
    assert after == before


@pytest.mark.parametrize("form", ["coco", "yolo", "manifest"])
def test_export_comes_back_in_every_format(breads: Project, tmp_path: Path, form: str) -> None:
    write_coco(tmp_path / "in" / "train", {f"{n}.jpg": noise(n) for n in range(3)})
    write_coco(tmp_path / "in" / "test", {f"{n}.jpg": noise(n) for n in range(3, 5)})
    bring_in(tmp_path / "in")
    out = tmp_path / "out"
    call_command("export_training_set", "breads", str(out), "--format", form, stdout=io.StringIO())
    other = project_of("others")
    assert "5 new" in bring_in(out, project="others")
    for mine, theirs in zip(content_of(breads).entries, content_of(other).entries, strict=True):
        assert mine.split == theirs.split
        for one, two in zip(mine.picture.marked, theirs.picture.marked, strict=True):
            assert one.label == two.label
            assert two.box.left == pytest.approx(one.box.left, abs=0.5 / 64 if form == "manifest" else 1e-12)


def test_submitted_set_is_exported_as_it_was(breads: Project, tmp_path: Path) -> None:
    write_coco(tmp_path / "in" / "train", {"a.jpg": noise(1)})
    write_coco(tmp_path / "in" / "test", {"b.jpg": noise(2)})
    bring_in(tmp_path / "in")
    made = submit(project=breads, author=None, at=tokyo(2, 9))
    BroughtPicture.objects.all().delete()
    out = io.StringIO()
    call_command(
        "export_training_set",
        "breads",
        str(tmp_path / "out"),
        "--set",
        "1",
        "--format",
        "manifest",
        stdout=out,
    )
    assert "1 pictures to learn from, 1 to judge by" in out.getvalue()
    lines = "".join(path.read_text() for path in (tmp_path / "out").glob("*/manifest.jsonl")).splitlines()
    assert manifest.digest(lines) == made.digest
    call_command("export_training_set", "breads", str(tmp_path / "coco"), "--set", "1", stdout=out)
    assert len(list((tmp_path / "coco").glob("*/images/*.jpg"))) == 2
    with pytest.raises(CommandError, match="no training set 7"):
        call_command("export_training_set", "breads", str(tmp_path / "x"), "--set", "7", stdout=out)
