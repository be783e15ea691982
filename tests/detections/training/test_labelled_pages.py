"""Labelled pictures come in through a page: a dry run, a yes, a list from which they are taken out again."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from detections.domain.places import Box
from detections.domain.ports import PictureMissing
from detections.domain.reviews import Marked
from detections.domain.training import coco, manifest
from detections.domain.training.pictures import Labelled
from detections.gateways.pixels import read_hashed
from detections.models import BroughtPicture, Detection, LabelledImport
from detections.selectors.drafts import base_of, draft_of
from detections.services.brought import look_at_brought
from detections.services.handing_in import let_old_go
from detections.services.reviews import Decision, review
from detections.services.teaching import bring, submit
from detections.wiring import PICTURES, read_source
from models_registry.models import ModelVersion, Project
from portal.base.models import User
from tests.detections.conftest import ANPAN, MELON, Register, asakusa, eyes, fresh, hq, sign_in
from tests.detections.training.labelled import ROLLS, noise, project_of, some, write_coco, write_yolo
from tests.models_registry.conftest import area, bakery, static_folder, tokyo, world

__all__ = ["area", "asakusa", "bakery", "eyes", "fresh", "hq", "sign_in", "static_folder", "world"]


@pytest.fixture
def breads(db: None) -> Project:
    return project_of()


def zipped(folder: Path) -> SimpleUploadedFile:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder).as_posix())
    return SimpleUploadedFile("trays.zip", out.getvalue())


def hand_in(client: Client, project: Project, file: SimpleUploadedFile, split: str = "") -> Any:
    return client.post(f"/training/{project.pk}/import/", {"file": file, "split": split}, follow=True)


def test_zip_is_checked_first_and_taken_on_a_yes(hq: Client, breads: Project, tmp_path: Path) -> None:
    write_coco(tmp_path, {"a.jpg": noise(1), "b.jpg": noise(2), "bad.jpg": b"no picture"})
    page = hand_in(hq, breads, zipped(tmp_path))
    text = page.content.decode()
    assert "trays.zip would bring" in text
    assert "bad.jpg" in text
    assert "This is not a JPEG or PNG" in text
    assert not BroughtPicture.objects.exists()

    row = LabelledImport.objects.get()
    taken = hq.post(f"/training/imports/{row.pk}/take/", follow=True)
    assert "2 pictures came in" in taken.content.decode()
    assert BroughtPicture.objects.filter(project=breads).count() == 2
    assert not LabelledImport.objects.exists()
    with pytest.raises(PictureMissing):
        PICTURES.read(row.source_key)

    again = hand_in(hq, breads, zipped(tmp_path))
    assert "brings nothing that is not there already" in again.content.decode()


def test_yolo_zip_goes_to_the_chosen_side(hq: Client, breads: Project, tmp_path: Path) -> None:
    write_yolo(tmp_path, {"a.jpg": noise(1)})
    hand_in(hq, breads, zipped(tmp_path), "TEST")
    hq.post(f"/training/imports/{LabelledImport.objects.get().pk}/take/")
    assert BroughtPicture.objects.values_list("split", "is_split_fixed").get() == ("TEST", True)


def test_manifest_comes_in_without_its_pictures(hq: Client, breads: Project) -> None:
    line = manifest.line(Labelled("s3://bread/1.jpg", 640, 480, ROLLS), at=tokyo(2, 9))
    hand_in(hq, breads, SimpleUploadedFile("output.manifest", f"{line}\nnothing\n".encode()))
    report = LabelledImport.objects.get()
    assert report.report["problems"] == [
        [
            "output.manifest:2",
            "Line 2 is no manifest line with boxes. Check the file, or leave that line out.",
        ]
    ]
    hq.post(f"/training/imports/{report.pk}/take/")
    assert BroughtPicture.objects.get().source == "s3://bread/1.jpg"


def test_file_that_nobody_wants_is_forgotten(hq: Client, breads: Project, tmp_path: Path) -> None:
    write_coco(tmp_path, {"a.jpg": noise(1)})
    hand_in(hq, breads, zipped(tmp_path))
    row = LabelledImport.objects.get()
    assert hq.post(f"/training/imports/{row.pk}/drop/").status_code == 302
    assert not LabelledImport.objects.exists()
    hand_in(hq, breads, zipped(tmp_path))
    row = LabelledImport.objects.get()
    assert let_old_go(pictures=PICTURES, at=row.created_at + timedelta(hours=23)) == 0
    assert let_old_go(pictures=PICTURES, at=row.created_at + timedelta(hours=24)) == 1
    with pytest.raises(PictureMissing):
        PICTURES.read(row.source_key)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04 no zip", "not a zip file"), (b"nothing", "Nothing of x.zip can be taken"),
        (b"", "empty"),
    ],
)  # fmt: skip
def test_what_is_no_labelled_file_is_told(hq: Client, breads: Project, content: bytes, words: str) -> None:
    page = hand_in(hq, breads, SimpleUploadedFile("x.zip", content))
    assert words in page.content.decode()


def test_too_many_pictures_are_told_before_they_are_read(hq: Client, breads: Project, tmp_path: Path) -> None:
    names = [f"{number}.jpg" for number in range(501)]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.json", coco.write([Labelled(name, 64, 64, ROLLS) for name in names]))
        for name in names:
            archive.writestr(name, b"")
    page = hand_in(hq, breads, SimpleUploadedFile("x.zip", out.getvalue()))
    assert "At most 500 pictures" in page.content.decode()
    assert not LabelledImport.objects.exists()


def test_pictures_are_listed_taken_out_and_put_back(hq: Client, breads: Project) -> None:
    rows = some(breads, 3)
    address = f"/training/{breads.pk}/pictures/"
    page = hq.get(address)
    assert [tile.row.pk for tile in page.context["found"].tiles] == [row.pk for row in rows[::-1]]
    assert 'style="left:10%;top:20%;width:30%;height:40%"' in page.content.decode()

    out = hq.post(f"{address}act/", {"act": "take-out", "photo": [rows[0].pk, rows[1].pk]}, follow=True)
    assert "2 pictures are taken out" in out.content.decode()
    assert len(draft_of(breads, at=tokyo(2, 9)).entries) == 1
    assert [tile.row.pk for tile in hq.get(f"{address}?show=out").context["found"].tiles] == [
        rows[1].pk, rows[0].pk,
    ]  # fmt: skip

    at = BroughtPicture.objects.get(pk=rows[0].pk).taken_out_at
    assert at is not None
    hq.post(f"{address}act/", {"act": "undo", "at": at.isoformat()})
    assert len(draft_of(breads, at=tokyo(2, 9)).entries) == 3
    hq.post(f"{address}act/", {"act": "take-out", "photo": rows[0].pk})
    hq.post(f"{address}act/", {"act": "put-back", "photo": rows[0].pk})
    assert len(draft_of(breads, at=tokyo(2, 9)).entries) == 3


def test_list_goes_on_by_key_and_asks_as_often_for_many(
    hq: Client, breads: Project, django_assert_max_num_queries: Any
) -> None:
    some(breads, 130)
    with django_assert_max_num_queries(12):
        page = hq.get(f"/training/{breads.pk}/pictures/")
    after = page.context["found"].after
    assert len(page.context["found"].tiles) == 60
    page = hq.get(f"/training/{breads.pk}/pictures/?after={after}")
    assert int(after) > page.context["found"].tiles[0].row.pk
    last = hq.get(f"/training/{breads.pk}/pictures/?after={page.context['found'].after}")
    assert len(last.context["found"].tiles) == 10
    assert last.context["found"].after == ""


def test_small_picture_is_shown(hq: Client, breads: Project, tmp_path: Path) -> None:
    write_coco(tmp_path, {"a.jpg": noise(1, 640, 480)}, sizes=(640, 480))
    hand_in(hq, breads, zipped(tmp_path))
    hq.post(f"/training/imports/{LabelledImport.objects.get().pk}/take/")
    answer = hq.get(f"/training/pictures/{BroughtPicture.objects.get().pk}.jpg")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/jpeg"


def test_worker_reads_pictures_in_s3_and_tells_what_it_cannot_read(
    hq: Client, breads: Project, tmp_path: Path, settings: Any
) -> None:
    settings.BUCKETS_DIR = tmp_path
    (tmp_path / "bread" / "train").mkdir(parents=True)
    (tmp_path / "bread" / "train" / "0.jpg").write_bytes(noise(1))
    (tmp_path / "bread" / "train" / "1.jpg").write_bytes(b"no picture")
    some(breads, 3)
    at = tokyo(2, 9)
    look: Any = {"read": read_source, "check": read_hashed, "is_time": lambda: True}
    assert look_at_brought(**look, at=at) == 3
    rows = list(BroughtPicture.objects.order_by("pk"))
    assert rows[0].picture_hash is not None
    assert [bool(row.problem) for row in rows] == [False, True, True]
    draft = draft_of(breads, at=at)
    assert sum(each.check == "NOT_READABLE" for each in draft.findings) == 2
    assert draft.is_blocked

    assert look_at_brought(**look, at=at + timedelta(minutes=59)) == 0
    (tmp_path / "bread" / "train" / "1.jpg").write_bytes(noise(2))
    (tmp_path / "bread" / "train" / "2.jpg").write_bytes(noise(3))
    assert look_at_brought(**look, at=at + timedelta(minutes=60)) == 2
    assert not BroughtPicture.objects.exclude(problem="").exists()


def test_torn_scenes_are_judged_by_at_a_button(hq: Client, breads: Project, tmp_path: Path) -> None:
    write_coco(tmp_path / "train", {"a.jpg": noise(1), "c.jpg": noise(3)})
    write_coco(tmp_path / "test", {"b.jpg": noise(1, comment=b"again")})
    hand_in(hq, breads, zipped(tmp_path))
    hq.post(f"/training/imports/{LabelledImport.objects.get().pk}/take/")
    page = hq.get(f"/training/{breads.pk}/").content.decode()
    assert "Near-identical pictures stand on both sides" in page
    hq.post(f"/training/{breads.pk}/pictures/act/", {"act": "mend"})
    draft = draft_of(breads, at=tokyo(2, 9))
    assert "TORN" not in {each.check for each in draft.findings}
    assert sorted(each.split for each in draft.entries) == ["TEST", "TEST", "TRAIN"]


def test_draft_and_set_are_downloaded(hq: Client, breads: Project) -> None:
    some(breads, 2)
    BroughtPicture.objects.filter(pk=BroughtPicture.objects.latest("pk").pk).update(split="TEST")
    draft = hq.get(f"/training/{breads.pk}/draft/train.json")
    assert coco.read(draft.content.decode())[0].source == "s3://bread/train/0.jpg"
    made = submit(project=breads, author=None, at=tokyo(2, 9))
    answer = hq.get(f"/training/sets/{made.pk}/train.manifest")
    assert answer["Content-Disposition"] == 'attachment; filename="breads-1-train.manifest"'
    assert answer.content.decode() == made.entries.get(split="TRAIN").line + "\n"
    assert hq.get(f"/training/sets/{made.pk}/train.exe").status_code == 404
    assert "train.manifest" in hq.get(f"/training/sets/{made.pk}/").content.decode()


def test_balance_tells_the_rarest_first(hq: Client, breads: Project) -> None:
    melons = tuple(Marked(MELON, Box(0.01 * n, 0.1, 0.3, 0.3)) for n in range(40))
    said = [Labelled("s3://b/0.jpg", 64, 64, melons), Labelled("s3://b/1.jpg", 64, 64, ROLLS[:1])]
    bring(project=breads, pictures=said, split="TRAIN")  # type: ignore[arg-type]
    rare, frequent = draft_of(breads, at=tokyo(2, 9)).balance
    assert (rare.label, rare.boxes, rare.pictures, rare.share, rare.is_rare) == (ANPAN, 1, 1, 2, True)
    assert (frequent.label, frequent.boxes, frequent.share, frequent.is_rare) == (MELON, 40, 100, False)
    assert "How often each bread is there" in hq.get(f"/training/{breads.pk}/").content.decode()


def test_reviewed_photos_follow_a_picture_from_elsewhere(
    hq: Client, asakusa: Register, eyes: Any, tmp_path: Path
) -> None:
    by = User.objects.create_user("aki")
    project = Project.objects.get()
    photos = []
    for seed in range(8):
        asakusa.send(noise(seed, 320, 240))
        photo = Detection.objects.latest("pk")
        review(detection=photo, by=by, decision=Decision(uuid.uuid4(), 0, ROLLS))
        value = read_hashed(noise(seed, 320, 240))[1]
        Detection.objects.filter(pk=photo.pk).update(picture_hash=value)
        photos.append(photo)
    pictures = {f"{seed}.jpg": noise(seed, 320, 240, comment=b"again") for seed in range(8)}
    write_coco(tmp_path / "test", pictures, sizes=(320, 240))
    hand_in(hq, project, zipped(tmp_path))
    hq.post(f"/training/imports/{LabelledImport.objects.get().pk}/take/")
    draft = draft_of(project, at=tokyo(2, 9))
    assert len(draft.entries) == 16
    assert {each.split for each in draft.entries} == {"TEST"}
    assert json.dumps([each.check for each in draft.findings]).count("TORN") == 0


def test_pages_ask_as_often_for_many_pictures(
    hq: Client, breads: Project, django_assert_max_num_queries: Any
) -> None:
    some(breads, 80)
    with django_assert_max_num_queries(26):
        hq.get(f"/training/{breads.pk}/")
    with django_assert_max_num_queries(16):
        hq.get(f"/training/{breads.pk}/search/?label={ANPAN}")


def test_models_own_pictures_are_offered_until_they_are_taken_over(
    hq: Client, asakusa: Register, tmp_path: Path, settings: Any
) -> None:
    settings.BUCKETS_DIR = tmp_path
    version = ModelVersion.objects.get()
    (tmp_path / "bread").mkdir()
    line = manifest.line(Labelled("s3://bread/1.jpg", 640, 480, ROLLS), at=tokyo(2, 9))
    (tmp_path / "bread" / "train.manifest").write_text(line)
    ModelVersion.objects.update(training_snapshot_uri="s3://bread/train.manifest")
    write_coco(tmp_path / "coco", {"a.jpg": noise(1)})
    hand_in(hq, version.project, zipped(tmp_path / "coco"))
    hq.post(f"/training/imports/{LabelledImport.objects.get().pk}/take/")
    assert base_of(version.project) == version
    hq.post(f"/training/{version.project_id}/take-over/")
    assert base_of(version.project) is None
    assert BroughtPicture.objects.count() == 2
