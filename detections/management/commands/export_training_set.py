"""Write a training set, or the draft of the next one, into a folder, as COCO, YOLO or a manifest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from detections.domain.training.formats import Form, manifest_of
from detections.domain.training.pictures import Split
from detections.domain.training.sets import Entry
from detections.gateways.set_folders import NewFolder
from detections.management.folders import told, written
from detections.models import TrainingSet
from detections.selectors.drafts import content_of, project_named
from detections.selectors.set_entries import manifest_of_set, set_numbered, submitted
from portal.base.commands import PortalCommand


class Command(PortalCommand):
    help = "Write a training set, or the draft of the next one, with its pictures: FOLDER/train, /test."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("project", help="the project's name")
        parser.add_argument("folder", type=Path, help="a folder that is new or empty")
        parser.add_argument("--set", dest="number", type=int, help="a submitted set; without it the draft")
        parser.add_argument("--format", dest="form", type=Form, choices=list(Form), default=Form.COCO)
        parser.add_argument(
            "--s3", default="",
            help="s3://bucket/prefix where a manifest's pictures will lie; without it, they are named where "
            "they are and not copied",
        )  # fmt: skip

    def run(
        self, *, project: str, folder: Path, number: int | None, form: Form, s3: str, **options: Any
    ) -> None:
        found = project_named(project)
        chosen = None if number is None else set_numbered(found, number)
        entries = content_of(found).entries if chosen is None else submitted(chosen)
        if form is Form.MANIFEST and not s3:
            self.stdout.write(_manifests(entries, chosen, folder))
            return
        self.stdout.write("\n".join(told(written(found, entries, folder, form, s3), "pictures")))


def _manifests(entries: Sequence[Entry], chosen: TrainingSet | None, root: Path) -> str:
    """Write manifests that name pictures where they are; return what to say."""
    folder, counts = NewFolder(root), []
    for split in Split:
        side = [each for each in entries if each.split is split]
        counts.append(len(side))
        if side:
            text = manifest_of(side) if chosen is None else manifest_of_set(chosen, split)
            folder.save(f"{split.lower()}/manifest.jsonl", text.encode())
    return f"{counts[0]} pictures to learn from, {counts[1]} to judge by"
