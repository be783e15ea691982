"""On what a version's scores stand: reviewed photos, their random sample, or the test set of its training."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.db.models import QuerySet

from detections.domain.evaluation.matching import Picture
from detections.domain.evaluation.snapshot import Snapshot, lowest_scores
from detections.selectors.evaluating import judged_by
from detections.selectors.serving import assumed_percents_of
from detections.selectors.snapshots import OpenObjects, snapshot_of
from models_registry.models import Deployment, ModelVersion
from stores.models import Store


class Source(StrEnum):
    """Where pictures and their true boxes come from."""

    REVIEWED = "reviewed"
    SAMPLE = "sample"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture to be shown: a photo by its key, else by its number in the test set. Sides in pixels."""

    number: int
    photo: int | None
    sides: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Scored:
    """Pictures with what is true and what was found. `lowest` are scores below which they are silent.

    `problem` is the code of what keeps a test set from being read.
    """

    source: Source
    pictures: tuple[Picture, ...]
    shots: tuple[Shot, ...]
    left_out: int = 0
    snapshot: Snapshot | None = None
    lowest: dict[str, float] | None = None
    problem: str = ""


def version_seen(stores: QuerySet[Store], pk: int, *, sees_all: bool) -> ModelVersion | None:
    """Return a version that serves one of the stores, or any for those who see every store; one query."""
    versions = ModelVersion.objects.filter(pk=pk).select_related("project__connection")
    if not sees_all:
        versions = versions.filter(deployment__in=Deployment.objects.filter(stores__in=stores))
    return versions.first()


def deployment_of(version: ModelVersion) -> Deployment | None:
    """Return the deployment that a version serves; one query."""
    return Deployment.objects.filter(live_version=version).first()


def scored_on(
    version: ModelVersion, stores: QuerySet[Store], source: Source | None, *, open_objects: OpenObjects | None
) -> Scored:
    """Return what a version is scored on; without a wish reviewed photos, else the test set. Six queries.

    `open_objects` is None for those who may not see every store: a test set has photos of all.
    """
    if source is Source.TEST and open_objects:
        return _tested(version, open_objects)
    found = _reviewed(version, stores, audit_only=source is Source.SAMPLE)
    if source is None and not found.pictures and not found.left_out and open_objects:
        tested = _tested(version, open_objects)
        return found if tested.problem == "snapshot_none" else tested
    return found


def _reviewed(version: ModelVersion, stores: QuerySet[Store], *, audit_only: bool) -> Scored:
    judged = judged_by(version, stores, audit_only=audit_only)
    shots = tuple(
        Shot(number, photo, sides)
        for number, (photo, sides) in enumerate(zip(judged.keys, judged.sides, strict=True))
    )
    source = Source.SAMPLE if audit_only else Source.REVIEWED
    return Scored(source, judged.pictures, shots, judged.left_out)


def _tested(version: ModelVersion, open_objects: OpenObjects) -> Scored:
    found = snapshot_of(version, open_objects=open_objects)
    if isinstance(found, str):
        return Scored(Source.TEST, (), (), problem=found)
    shots = tuple(Shot(number, None, (each.width, each.height)) for number, each in enumerate(found.tested))
    assumed = {label: percent / 100 for label, percent in assumed_percents_of(version).items()}
    return Scored(
        Source.TEST, tuple(each.picture() for each in found.tested), shots, found.skipped, found,
        lowest_scores(found.tested, assumed),
    )  # fmt: skip
