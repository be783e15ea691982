"""`manage.py import_labelled PROJECT PATH`: labelled pictures from a manifest, COCO or YOLO."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser, no_translations
from tqdm import tqdm

from detections.domain.training.layout import MANIFESTS, offers
from detections.domain.training.pictures import Split
from detections.gateways.labelled_trees import MOST_TEXT_BYTES, FolderTree, OneText, ZipTree, text_in
from detections.gateways.pixels import read_hashed
from detections.selectors.drafts import project_named
from detections.services.labelled_import import Report, Tools, Wish, import_labelled
from detections.wiring import PICTURES
from models_registry.domain.objects import place_of
from models_registry.models import Project
from models_registry.wiring import open_buckets
from portal.base import clock
from portal.base.commands import PortalCommand
from portal.base.errors import InvalidInput

SIDES = {"train": Split.TRAIN, "test": Split.TEST}
SHOWN = 20


class Command(PortalCommand):
    help = "Bring labelled pictures along: a manifest (file or s3://), COCO, YOLO, or a zip of one."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("project", help="the project's name")
        parser.add_argument("path", help="a file, a folder, or the s3:// address of a manifest")
        parser.add_argument(
            "--split", choices=("train", "test", "auto"),
            help="the side for all of them; without it as the source says, else auto: by scenes",
        )  # fmt: skip
        parser.add_argument("--dry-run", action="store_true", help="check and compare, write nothing")

    @no_translations
    def run(self, *, project: str, path: str, split: str | None, dry_run: bool, **options: Any) -> None:
        found = project_named(project)
        at = None if dry_run else clock.now()
        with _opened(found, path) as tree:
            offered = offers(tree.names(), lambda name: text_in(tree.read(name)))
            wish = Wish(offered, _name(path), SIDES.get(split or ""), is_auto=split == "auto")
            tools = Tools(tree.read, read_hashed, PICTURES)
            with tqdm(
                total=len(offered), unit=" pictures", file=sys.stderr, disable=None, leave=False
            ) as bar:
                report = import_labelled(project=found, wish=wish, tools=tools, at=at, watch=bar.update)
        self._tell(report, self.stdout.write, is_dry=dry_run)

    def _tell(self, report: Report, say: Callable[[str], None], *, is_dry: bool) -> None:
        if is_dry:
            say("Dry run, nothing was written.")
        say(
            f"{report.new} new, {report.changed} with other boxes or side, {report.same} the same, "
            f"{report.reviewed} reviewed here already, {report.refused} refused; "
            f"{report.boxes} boxes of {len(report.labels)} breads"
        )
        for where, reason in report.problems[:SHOWN]:
            say(f"  {where}: {reason}")
        if report.refused > SHOWN:
            say(f"  and {report.refused - SHOWN} more")


@contextmanager
def _opened(project: Project, path: str) -> Iterator[FolderTree | ZipTree | OneText]:
    """Open what is named. Raises InvalidInput."""
    place = Path(path)
    if path.startswith("s3://"):
        content = open_buckets(project.connection).read(*place_of(path), max_bytes=MOST_TEXT_BYTES)
        yield OneText(_manifest_name(path), content)
    elif place.is_dir():
        yield FolderTree(place)
    elif not place.is_file():
        raise InvalidInput(f"There is no {path}. Name a file, a folder, or the s3:// address of a manifest.")
    elif place.suffix.lower() == ".json":
        yield FolderTree(place.parent, only=place.name)
    elif place.suffix.lower() == ".zip":
        with place.open("rb") as file:
            yield ZipTree(file)
    else:
        yield OneText(_manifest_name(path), place.read_bytes())


def _name(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]


def _manifest_name(path: str) -> str:
    """Return the end of a path, which tells its side; whatever its ending, it is a manifest."""
    name = "/".join(path.rsplit("/", 2)[-2:])
    return name if name.lower().endswith(MANIFESTS) else f"{name}{MANIFESTS[0]}"
