"""On which side of train and test brought pictures stand: whole scenes together, whoever may decide."""

from __future__ import annotations

from detections.domain.training.pictures import Split
from detections.models import BroughtPicture
from detections.selectors.brought import brought_rows, key_of, scene_of
from detections.selectors.teaching import taught
from models_registry.models import Project


def settle_sides(*, project: Project) -> int:
    """Put the pictures whose source has no sides on those of their scenes; return how many were moved."""
    rows = brought_rows(project)
    sides = taught(project, [scene_of(row, is_free=not row.is_split_fixed) for row in rows]).sides
    moved = [row for row in rows if not row.is_split_fixed and row.split != sides.of[key_of(row)]]
    for row in moved:
        row.split = sides.of[key_of(row)]
    return BroughtPicture.objects.bulk_update(moved, ["split"], batch_size=500)


def mend_torn(*, project: Project) -> int:
    """Put every picture of a torn scene on the side to judge by; return how many were moved.

    To judge by, because what is judged by is never learnt; the other way round would teach the test.
    """
    rows = brought_rows(project)
    torn = {key for scene in taught(project, [scene_of(row) for row in rows]).sides.torn for key in scene}
    moved = [row.pk for row in rows if key_of(row) in torn and row.split == Split.TRAIN]
    return BroughtPicture.objects.filter(pk__in=moved).update(split=Split.TEST)
