"""What the commands share that write sets into folders."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from detections.domain.training.formats import Form
from detections.domain.training.sets import Entry
from detections.gateways.set_folders import NewFolder
from detections.services.set_folders import Folder, Shelf, Written, write_set
from detections.wiring import PICTURES
from models_registry.models import Project
from models_registry.wiring import open_buckets
from portal.base import clock


def written(project: Project, entries: Sequence[Entry], root: Path, form: Form, s3: str) -> Written:
    """Write entries into a new folder, with their progress on a bar."""
    shelf = Shelf(PICTURES, open_buckets(project.connection), NewFolder(root).save)
    folder = Folder(form, s3, clock.now())
    with tqdm(total=len(entries), unit=" pictures", file=sys.stderr, disable=None, leave=False) as bar:
        return write_set(entries=entries, shelf=shelf, folder=folder, watch=bar.update)


def told(done: Written, noun: str) -> list[str]:
    """Return what was written as lines."""
    lines = [f"{done.learnt} {noun} to learn from, {done.judged} to judge by"]
    return lines + (
        [f"{done.lost} left out: their pictures are not where they were kept"] if done.lost else []
    )
