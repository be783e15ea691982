"""What a submitted set holds, as pictures with their boxes."""

from __future__ import annotations

from detections.domain.training.manifest import read
from detections.domain.training.pictures import Split
from detections.domain.training.sets import Entry
from detections.models import TrainingEntry, TrainingSet
from models_registry.models import Project
from portal.base.errors import NotFound


def set_numbered(project: Project, number: int) -> TrainingSet:
    """Return one of a project's sets; one query. Raises NotFound."""
    found = TrainingSet.objects.filter(project=project, number=number).first()
    if found is None:
        raise NotFound(f"Project “{project.name}” has no training set {number}. Its page lists them.")
    return found


def manifest_of_set(chosen: TrainingSet, split: Split) -> str:
    """Return one side of a set exactly as AWS gets it; one query."""
    rows = TrainingEntry.objects.filter(training_set=chosen, is_withdrawn=False, split=split)
    return "".join(f"{line}\n" for line in rows.order_by("pk").values_list("line", flat=True))


def submitted(chosen: TrainingSet) -> list[Entry]:
    """Return the pictures of a set that teach, in whole pixels as AWS got them; one query.

    One that was copied already is named where it lies now.
    """
    rows = TrainingEntry.objects.filter(training_set=chosen, is_withdrawn=False).order_by("pk")
    return [
        Entry(
            Split(row.split), read(row.line)[0], chosen.submitted_at,
            "" if row.is_copied else row.copied_from, detection=row.detection_id,
        )
        for row in rows
    ]  # fmt: skip
