"""Labelled pictures that were brought along from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db.models import Count, Q

from detections.domain.places import Box
from detections.domain.reviews import Marked
from detections.domain.training.pictures import Labelled, Scene, Split
from detections.models import BroughtPicture, LabelledImport
from detections.selectors.teaching import kind_of
from models_registry.models import Project

PAGE = 60
AFTER_PHOTOS = 1 << 62
"""Photos of the project come before them, so that a picture from elsewhere moves none of those."""


def brought_rows(project: Project) -> list[BroughtPicture]:
    """Return a project's brought pictures that were not taken out, oldest first; one query."""
    rows = BroughtPicture.objects.filter(project=project, taken_out_at__isnull=True)
    return list(rows.order_by("pk"))


def stored(marked: Sequence[Marked]) -> list[list[Any]]:
    """Return boxes as a row keeps them."""
    return [[each.label, each.box.left, each.box.top, each.box.width, each.box.height] for each in marked]


def picture_of(row: BroughtPicture) -> Labelled:
    """Return a row as a labelled picture."""
    marked = tuple(Marked(label, Box(*sides)) for label, *sides in row.marked)
    return Labelled(row.source, row.width, row.height, marked)


def key_of(row: BroughtPicture) -> int:
    """Return a row's key among all pictures of a project."""
    return AFTER_PHOTOS + row.pk


def scene_of(row: BroughtPicture, *, is_free: bool = False) -> Scene:
    """Return what tells a row's scene; its side is decided unless `is_free`."""
    side = None if is_free else Split(row.split)
    return Scene(key_of(row), row.picture_hash, kind_of(picture_of(row)), side=side)


class Show(StrEnum):
    """Which brought pictures a list shows."""

    ALL = ""
    TRAIN = "train"
    TEST = "test"
    PROBLEM = "problem"
    OUT = "out"


CHOSEN: dict[Show, Q] = {
    Show.ALL: Q(taken_out_at__isnull=True),
    Show.TRAIN: Q(taken_out_at__isnull=True, split=Split.TRAIN.value),
    Show.TEST: Q(taken_out_at__isnull=True, split=Split.TEST.value),
    Show.PROBLEM: Q(taken_out_at__isnull=True) & ~Q(problem=""),
    Show.OUT: Q(taken_out_at__isnull=False),
}


@dataclass(frozen=True, slots=True)
class Tile:
    """A brought picture with its boxes in percent of it."""

    row: BroughtPicture
    boxes: tuple[tuple[str, float, float, float, float], ...]


@dataclass(frozen=True, slots=True)
class BroughtPage:
    """Pictures, newest first, and the cursor of the next page."""

    tiles: list[Tile]
    after: str


def counts_of(project: Project) -> dict[Show, int]:
    """Return how many pictures each list has; one query."""
    counted = BroughtPicture.objects.filter(project=project).aggregate(
        **{show.name: Count("pk", filter=wanted) for show, wanted in CHOSEN.items()}
    )
    return {show: counted[show.name] for show in Show}


def brought_page(project: Project, wanted: Q, *, after: str) -> BroughtPage:
    """Return a page of a project's pictures; one query. A cursor that is none begins anew."""
    rows = BroughtPicture.objects.filter(wanted, project=project)
    if after.isascii() and after.isdigit() and len(after) < 19:
        rows = rows.filter(pk__lt=int(after))
    page = list(rows.order_by("-pk")[: PAGE + 1])
    return BroughtPage(
        [tile_of(row) for row in page[:PAGE]], str(page[PAGE - 1].pk) if len(page) > PAGE else ""
    )


def tile_of(row: BroughtPicture) -> Tile:
    """Return a row as lists show it."""
    return Tile(row, tuple((label, *(100 * side for side in sides)) for label, *sides in row.marked))


def brought_by_id(pk: int) -> BroughtPicture | None:
    """Return a picture with how its bucket is reached; one query."""
    return BroughtPicture.objects.select_related("project__connection").filter(pk=pk).first()


def import_by_id(pk: int) -> LabelledImport | None:
    """Return a file that waits for a yes; one query."""
    return LabelledImport.objects.select_related("project__connection").filter(pk=pk).first()
