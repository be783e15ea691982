"""Labelled pictures come in from COCO, YOLO and manifests; nothing is lost unsaid, nothing comes twice."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from pathlib import Path
from random import Random

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from detections.domain.places import Box
from detections.domain.training import coco, manifest
from detections.domain.training.layout import split_of
from detections.domain.training.pictures import Labelled, Split
from detections.domain.training.sets import Entry
from detections.models import BroughtPicture, Detection
from detections.selectors.brought import stored
from detections.selectors.drafts import content_of, draft_of
from detections.services.reviews import Decision, review
from detections.services.teaching import submit
from detections.wiring import PICTURES
from models_registry.domain.objects import place_of
from models_registry.models import Project
from portal.base.models import User
from tests.detections.conftest import ANPAN, MELON, Register, asakusa, eyes, fresh
from tests.detections.training.labelled import HERE, ROLLS, noise, project_of, write_coco, write_yolo
from tests.models_registry.conftest import area, bakery, static_folder, tokyo, world

__all__ = ["area", "asakusa", "bakery", "eyes", "fresh", "static_folder", "world"]
MANY = 5_000


@pytest.fixture
def breads(db: None) -> Project:
    return project_of()


def bring(path: Path | str, *more: str, project: str = "breads") -> str:
    out = io.StringIO()
    call_command("import_labelled", project, str(path), *more, stdout=out)
    return out.getvalue()


def test_coco_comes_with_its_pictures_under_their_contents_name(breads: Project, tmp_path: Path) -> None:
    said = bring(write_coco(tmp_path, {"a.jpg": noise(1), "b.jpg": noise(2)}))
    assert "2 new" in said
    assert "4 boxes of 2 breads" in said
    rows = BroughtPicture.objects.order_by("pk")
    assert [row.marked for row in rows] == [stored(ROLLS)] * 2
    place = place_of(rows[0].source)
    assert place.bucket == settings.PICTURES_BUCKET_NAME
    assert PICTURES.read(place.key) == noise(1)
    assert rows[0].picture_hash is not None
    assert rows[0].origin == "annotations.json: a.jpg"


def test_second_import_of_the_same_changes_nothing(breads: Project, tmp_path: Path) -> None:
    document = write_coco(tmp_path, {"a.jpg": noise(1), "b.jpg": noise(2)})
    bring(document)
    before = list(BroughtPicture.objects.order_by("pk").values())
    assert "0 new, 0 with other boxes or side, 2 the same" in bring(document)
    assert list(BroughtPicture.objects.order_by("pk").values()) == before


def test_other_boxes_replace_the_old_ones(breads: Project, tmp_path: Path) -> None:
    document = write_coco(tmp_path, {"a.jpg": noise(1)})
    bring(document)
    document.write_text(coco.write([Labelled("a.jpg", 64, 64, ROLLS[:1])]))
    assert "0 new, 1 with other boxes" in bring(document)
    assert BroughtPicture.objects.get().marked == stored(ROLLS[:1])


def test_dry_run_writes_nothing(breads: Project, tmp_path: Path) -> None:
    document = write_coco(tmp_path, {"a.jpg": noise(1)})
    assert "1 new" in bring(document, "--dry-run")
    assert not BroughtPicture.objects.exists()


def test_folders_of_train_and_test_are_kept(breads: Project, tmp_path: Path) -> None:
    write_coco(tmp_path / "train", {"a.jpg": noise(1)})
    write_coco(tmp_path / "valid", {"b.jpg": noise(2)})
    bring(tmp_path)
    sides = BroughtPicture.objects.values_list("origin", "split", "is_split_fixed")
    assert set(sides) == {
        (f"{tmp_path.name}: train/a.jpg", "TRAIN", True), (f"{tmp_path.name}: valid/b.jpg", "TEST", True),
    }  # fmt: skip


def test_chosen_side_beats_the_source(breads: Project, tmp_path: Path) -> None:
    write_coco(tmp_path / "train", {"a.jpg": noise(1)})
    bring(tmp_path, "--split", "test")
    assert BroughtPicture.objects.get().split == "TEST"
    bring(tmp_path, "--split", "train")
    assert BroughtPicture.objects.get().split == "TRAIN"


def test_near_identical_pictures_fall_together_where_the_source_has_no_sides(
    breads: Project, tmp_path: Path
) -> None:
    pictures = {}
    for scene in range(20):
        pictures[f"{scene}.jpg"] = noise(scene)
        pictures[f"{scene}-again.jpg"] = noise(scene, comment=b"again")
    bring(write_coco(tmp_path, pictures))
    sides: dict[int, set[str]] = {}
    for value, side in BroughtPicture.objects.values_list("picture_hash", "split"):
        sides.setdefault(value or 0, set()).add(side)
    assert len(sides) == 20
    assert all(len(each) == 1 for each in sides.values())
    assert {side for each in sides.values() for side in each} == {"TRAIN", "TEST"}


def test_yolo_folder_comes_in(breads: Project, tmp_path: Path) -> None:
    write_yolo(tmp_path, {"a.jpg": noise(1), "b.jpg": noise(2)})
    (tmp_path / "labels" / "b.txt").unlink()
    assert "2 new" in bring(tmp_path)
    rows = BroughtPicture.objects.order_by("pk")
    assert [[box[0] for box in row.marked] for row in rows] == [[ANPAN, MELON], []]
    assert [row.width for row in rows] == [64, 64]


def test_ultralytics_layout_comes_in_by_its_data_file(breads: Project, tmp_path: Path) -> None:
    for part, name in (("images/train", "a.jpg"), ("images/val", "b.jpg")):
        (tmp_path / part).mkdir(parents=True)
        (tmp_path / part / name).write_bytes(noise(len(part)))
        (tmp_path / part.replace("images", "labels")).mkdir(parents=True)
        text = tmp_path / part.replace("images", "labels") / name.replace("jpg", "txt")
        text.write_text("1 0.5 0.5 0.5 0.5\n")
    (tmp_path / "data.yaml").write_text("path: ../breads # x\nnames:\n  0: roll\n  1: 'あんぱん'\nnc: 2\n")
    assert "2 new" in bring(tmp_path)
    rows = BroughtPicture.objects.order_by("pk")
    assert [(row.split, row.marked) for row in rows] == [
        ("TRAIN", [[ANPAN, 0.25, 0.25, 0.5, 0.5]]), ("TEST", [[ANPAN, 0.25, 0.25, 0.5, 0.5]]),
    ]  # fmt: skip


def test_zip_comes_in_as_its_folder_would(breads: Project, tmp_path: Path) -> None:
    write_coco(tmp_path / "test", {"a.jpg": noise(1)})
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for path in (tmp_path / "test").iterdir():
            archive.write(path, f"trays/test/{path.name}")
        archive.writestr("__MACOSX/trays/test/._a.jpg", b"x")
    assert "1 new" in bring(tmp_path / "all.zip")
    assert BroughtPicture.objects.get().split == "TEST"


def test_zip_made_on_windows_in_japan_is_read(breads: Project, tmp_path: Path) -> None:
    name = "メロンパン.jpg"
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("a.json", coco.write([Labelled(name, 64, 64, ROLLS)]))
        info = zipfile.ZipInfo("x" * len(name.encode("cp932")))
        archive.writestr(info, noise(1))
    content = (tmp_path / "all.zip").read_bytes()
    (tmp_path / "all.zip").write_bytes(content.replace(info.filename.encode(), name.encode("cp932")))
    assert "1 new" in bring(tmp_path / "all.zip")


def test_picture_that_was_lost_comes_back_with_its_file(breads: Project, tmp_path: Path) -> None:
    document = write_coco(tmp_path, {"a.jpg": noise(1)})
    bring(document)
    row = BroughtPicture.objects.get()
    PICTURES.delete([place_of(row.source).key])
    BroughtPicture.objects.update(problem="There is no such picture.")
    assert "1 with other boxes or side" in bring(document)
    assert PICTURES.read(place_of(row.source).key) == noise(1)
    assert BroughtPicture.objects.get().problem == ""


def test_submitted_set_is_exported_as_it_was(breads: Project, tmp_path: Path) -> None:
    write_coco(tmp_path / "in" / "train", {"a.jpg": noise(1)})
    write_coco(tmp_path / "in" / "test", {"b.jpg": noise(2)})
    bring(tmp_path / "in")
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


def test_manifest_names_pictures_where_they_lie(breads: Project, tmp_path: Path) -> None:
    lines = [manifest.line(Labelled(f"s3://bread/{n}.jpg", 640, 480, ROLLS), at=tokyo(2, 9)) for n in (1, 2)]
    lines[1:1] = ["{}", lines[0].replace("s3://bread/1.jpg", "https://bread/1.jpg")]
    (tmp_path / "train.manifest").write_text("\n".join(lines))
    said = bring(tmp_path / "train.manifest")
    assert "2 new" in said
    assert "2 refused" in said
    assert "train.manifest:2: Line 2 is no manifest line" in said
    assert "no s3:// address" in said
    rows = BroughtPicture.objects.values_list("source", "split", "looked_at")
    assert set(rows) == {("s3://bread/1.jpg", "TRAIN", None), ("s3://bread/2.jpg", "TRAIN", None)}


def test_manifest_is_read_from_s3(breads: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lists").mkdir()
    line = manifest.line(Labelled("s3://bread/1.jpg", 640, 480, ROLLS), at=tokyo(2, 9))
    (tmp_path / "lists" / "output.manifest").write_text(line)
    monkeypatch.setattr(settings, "BUCKETS_DIR", tmp_path)
    assert "1 new" in bring("s3://lists/output.manifest", "--split", "test")
    assert BroughtPicture.objects.get().split == "TEST"


def test_what_cannot_be_taken_is_told_and_the_rest_is_taken(breads: Project, tmp_path: Path) -> None:
    pictures = {"good.jpg": noise(1), "again.jpg": noise(1), "text.jpg": b"no picture", "box.jpg": noise(2)}
    document = write_coco(tmp_path, pictures)
    said = json.loads(document.read_text())
    for each in said["annotations"]:
        if each["image_id"] == 4:
            each.update(bbox=[90, 90, 10, 10])
            del each[coco.OWN]
    said["images"].append({"id": 9, "file_name": "lost.jpg", "width": 64, "height": 64})
    document.write_text(json.dumps(said))
    told = bring(document)
    assert "1 new" in told
    assert "4 refused" in told
    for words in (
        "text.jpg: This is not a JPEG", "box.jpg: The box of “あんぱん” is too small",
        "lost.jpg: The picture lost.jpg is not there", "is the same picture as",
    ):  # fmt: skip
        assert words in told


def test_boxes_are_for_the_picture_as_it_is_seen(breads: Project, tmp_path: Path) -> None:
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6
    turned = noise(3, 128, 64, exif=exif)
    write_coco(tmp_path / "raw", {"a.jpg": turned}, sizes=(128, 64))
    assert "1 refused" in bring(tmp_path / "raw")
    write_coco(tmp_path / "seen", {"a.jpg": turned}, sizes=(64, 128))
    assert "1 new" in bring(tmp_path / "seen")
    row = BroughtPicture.objects.get()
    assert (row.width, row.height) == (64, 128)


def test_photo_that_was_reviewed_here_is_left_out(asakusa: Register, eyes: object, tmp_path: Path) -> None:
    asakusa.send(noise(7, 320, 240))
    photo = Detection.objects.get()
    marked = tuple(ROLLS)
    review(detection=photo, by=User.objects.create_user("aki"), decision=Decision(uuid.uuid4(), 0, marked))
    name = Project.objects.get().name
    call_command("export_training_set", name, str(tmp_path / "out"), stdout=io.StringIO())
    assert "0 new, 0 with other boxes or side, 0 the same, 1 reviewed here" in bring(
        tmp_path / "out", project=name
    )
    assert not BroughtPicture.objects.exists()


@pytest.mark.parametrize("content", ["{}", "not json"])
def test_document_that_is_none_is_told(breads: Project, tmp_path: Path, content: str) -> None:
    (tmp_path / "a.json").write_text(content)
    assert "a.json: This is no COCO document" in bring(tmp_path)


def test_nothing_known_is_told(breads: Project, tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("nothing")
    with pytest.raises(CommandError, match="no COCO document"):
        bring(tmp_path)
    with pytest.raises(CommandError, match="There is no"):
        bring(tmp_path / "nowhere")
    with pytest.raises(CommandError, match="no project"):
        bring(tmp_path, project="nowhere")


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("train/a.jpg", Split.TRAIN), ("Valid/images/a.jpg", Split.TEST), ("images/val/a.jpg", Split.TEST),
        ("instances_train2017.json", Split.TRAIN), ("trainees/a.jpg", None), ("test.manifest", Split.TEST),
        ("latest/a.jpg", None),
    ],
)  # fmt: skip
def test_side_is_told_by_a_folder_or_a_word_in_the_name(name: str, side: Split | None) -> None:
    assert split_of(name) is side


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


def test_five_thousand_pictures_through_export_and_import_are_identical(
    breads: Project, tmp_path: Path
) -> None:
    many(breads)
    other = project_of("others")
    call_command("export_training_set", "breads", str(tmp_path / "out"), stdout=io.StringIO())
    assert f"{MANY} new" in bring(tmp_path / "out", project="others")
    before, after = told(content_of(breads).entries), told(content_of(other).entries)
    assert len(before) == MANY
    assert after == before


@pytest.mark.parametrize("form", ["coco", "yolo", "manifest"])
def test_export_comes_back_in_every_format(breads: Project, tmp_path: Path, form: str) -> None:
    write_coco(tmp_path / "in" / "train", {f"{n}.jpg": noise(n) for n in range(3)})
    write_coco(tmp_path / "in" / "test", {f"{n}.jpg": noise(n) for n in range(3, 5)})
    bring(tmp_path / "in")
    out = tmp_path / "out"
    call_command("export_training_set", "breads", str(out), "--format", form, stdout=io.StringIO())
    other = project_of("others")
    assert "5 new" in bring(out, project="others")
    for mine, theirs in zip(content_of(breads).entries, content_of(other).entries, strict=True):
        assert mine.split == theirs.split
        for one, two in zip(mine.picture.marked, theirs.picture.marked, strict=True):
            assert one.label == two.label
            assert two.box.left == pytest.approx(one.box.left, abs=0.5 / 64 if form == "manifest" else 1e-12)


def test_scene_on_both_sides_blocks_the_draft(breads: Project, tmp_path: Path) -> None:
    write_coco(tmp_path / "train", {"a.jpg": noise(1)})
    write_coco(tmp_path / "test", {"b.jpg": noise(1, comment=b"again"), "c.jpg": noise(2)})
    bring(tmp_path)
    draft = draft_of(breads, at=tokyo(2, 9))
    assert draft.is_blocked
    assert [(each.check, each.count) for each in draft.findings if each.blocks] == [("TORN", 2)]


def test_box_at_the_edge_stays_as_it_is(breads: Project, tmp_path: Path) -> None:
    box = Box(0.7, 0.1, 0.3, HERE.height)
    write_coco(tmp_path, {"a.jpg": noise(1)})
    (tmp_path / "annotations.json").write_text(
        coco.write([Labelled("a.jpg", 64, 64, (type(ROLLS[0])(ANPAN, box),))])
    )
    bring(tmp_path)
    first = BroughtPicture.objects.get().marked
    assert "1 the same" in bring(tmp_path)
    assert BroughtPicture.objects.get().marked == first
