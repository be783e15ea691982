"""Write the reviewed photos of a project with their true boxes into a folder, as COCO, YOLO or a manifest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from detections.domain.training.formats import Form
from detections.management.folders import told, written
from detections.selectors.drafts import content_of, project_named
from portal.base.commands import PortalCommand
from portal.base.errors import InvalidInput


class Command(PortalCommand):
    help = "Write a project's reviewed photos with their true boxes: FOLDER/train and FOLDER/test."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("project", help="the project's name")
        parser.add_argument("folder", type=Path, help="a folder that is new or empty")
        parser.add_argument("--format", dest="form", type=Form, choices=list(Form), default=Form.COCO)
        parser.add_argument("--s3", default="", help="s3://bucket/prefix of a manifest's pictures")

    def run(self, *, project: str, folder: Path, form: Form, s3: str, **options: Any) -> None:
        found = project_named(project)
        if form is Form.MANIFEST and not s3.startswith("s3://"):
            raise InvalidInput("A manifest names pictures in S3: add --s3 s3://bucket/prefix.")
        entries = [each for each in content_of(found).entries if each.detection is not None]
        self.stdout.write("\n".join(told(written(found, entries, folder, form, s3), "photos")))
