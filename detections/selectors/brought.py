"""Labelled pictures that were brought along from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from detections.domain.places import Box
from detections.domain.reviews import Marked
from detections.domain.training.pictures import Labelled, Scene, Split
from detections.models import BroughtPicture
from detections.selectors.teaching import kind_of
from models_registry.models import Project

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
