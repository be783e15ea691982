"""Write the reviewed photos of a project with their true boxes into a folder, as COCO, YOLO or a manifest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from detections.domain.ports import PictureMissing
from detections.domain.training import coco, manifest, yolo
from detections.domain.training.pictures import Labelled, Split
from detections.selectors.teaching import lessons
from detections.wiring import PICTURES
from models_registry.models import Project
from portal.base import clock
from portal.base.commands import PortalCommand
from portal.base.errors import InvalidInput


class Command(PortalCommand):
    help = "Write a project's reviewed photos with their true boxes: FOLDER/train and FOLDER/test."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("project", help="the project's name")
        parser.add_argument("folder", type=Path, help="a folder that is new or empty")
        parser.add_argument("--format", dest="form", choices=("coco", "yolo", "manifest"), default="coco")
        parser.add_argument("--s3", default="", help="s3://bucket/prefix of a manifest's pictures")

    def run(self, *, project: str, folder: Path, form: str, s3: str, **options: Any) -> None:
        found = Project.objects.filter(name=project).order_by("pk").first()
        if found is None:
            raise InvalidInput(f"There is no project “{project}”. The page of model versions names them.")
        if folder.exists() and any(folder.iterdir()):
            raise InvalidInput(f"{folder} is not empty. Name a new folder, so that nothing is written over.")
        if form == "manifest" and not s3.startswith("s3://"):
            raise InvalidInput("A manifest names pictures in S3: add --s3 s3://bucket/prefix.")
        sides, lost = _copied(found, folder)
        for split, pictures in sides.items():
            if pictures:
                _write(folder / split.lower(), pictures, form, s3)
        learn, judge = len(sides[Split.TRAIN]), len(sides[Split.TEST])
        self.stdout.write(f"{learn} photos to learn from, {judge} to judge by")
        if lost:
            self.stdout.write(f"{lost} left out: their pictures are not where they were kept")


def _copied(project: Project, folder: Path) -> tuple[dict[Split, list[Labelled]], int]:
    """Copy the pictures, side by side; return what lies there and how many are lost."""
    sides: dict[Split, list[Labelled]] = {Split.TRAIN: [], Split.TEST: []}
    lost = 0
    for lesson in lessons(project):
        try:
            content = PICTURES.read(lesson.key)
        except PictureMissing:
            lost += 1
            continue
        place = folder / lesson.split.lower() / "images" / lesson.picture.source
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        sides[lesson.split].append(lesson.picture)
    return sides, lost


def _write(folder: Path, pictures: Sequence[Labelled], form: str, s3: str) -> None:
    if form == "coco":
        (folder / "annotations.json").write_text(coco.write(pictures), encoding="utf-8")
    elif form == "yolo":
        for name, text in yolo.write(pictures).items():
            place = folder / ("" if name == yolo.CLASSES else "labels") / name
            place.parent.mkdir(exist_ok=True)
            place.write_text(text, encoding="utf-8")
    else:
        prefix, at = f"{s3.rstrip('/')}/{folder.name}/images", clock.now()
        lines = (
            manifest.line(Labelled(f"{prefix}/{each.source}", each.width, each.height, each.marked), at=at)
            for each in pictures
        )
        (folder / "manifest.jsonl").write_text("".join(f"{each}\n" for each in lines), encoding="utf-8")
