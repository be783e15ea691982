"""Submit a training set, and bring pictures along that were labelled elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from detections.domain.training.manifest import digest, read
from detections.domain.training.pictures import Labelled, Split, UnreadableSet
from detections.domain.training.sets import Place, emptied
from detections.domain.training.states import CANCELLABLE, ENDED, InvalidSet, SetState, name_of
from detections.models import BroughtPicture, TrainingEntry, TrainingSet
from detections.selectors.brought import stored
from detections.selectors.drafts import draft_of
from models_registry.domain.objects import ObjectStore, place_of
from models_registry.models import ModelVersion, Project
from portal.base.models import User

MOST_MANIFEST_BYTES = 200_000_000
CHUNK = 1_000


def submit(*, project: Project, author: User | None, at: datetime) -> TrainingSet:
    """Freeze the draft as the next set. Raises InvalidSet while one is on its way, or for a bad draft."""
    with transaction.atomic():
        Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
        earlier = TrainingSet.objects.filter(project=project)
        if earlier.exclude(state__in=sorted(ENDED)).exists():
            raise InvalidSet("A training of this project is on its way. Wait for its end, or cancel it.")
        draft = draft_of(project, at=at)
        if draft.is_blocked:
            raise InvalidSet("AWS would refuse this set. Mend what is marked red first.")
        newest = earlier.order_by("-number").first()
        if newest and newest.state == SetState.DONE and draft.change.is_nothing:
            raise InvalidSet(
                "Nothing has changed since set %(number)s. Review more first.", number=newest.number
            )
        lines = {each.place: each.line for each in draft.entries}
        number, content = (newest.number if newest else 0) + 1, digest(list(lines.values()))
        made = TrainingSet.objects.create(
            project=project, number=number, digest=content, version_name=name_of(number, content),
            author=author, state_since=at, submitted_at=at,
        )  # fmt: skip
        rows = [
            TrainingEntry(
                training_set=made, detection_id=each.detection, split=each.split,
                source=each.picture.source, copied_from=each.copied_from, line=lines[each.place],
            )
            for each in draft.entries
        ]  # fmt: skip
        rows += _withdrawn(made, lines.keys(), at)
        rows.sort(key=lambda row: row.split == Split.TEST)
        TrainingEntry.objects.bulk_create(rows, batch_size=CHUNK)
        TrainingSet.objects.filter(pk=made.pk).update(entry_count=len(rows))
        made.entry_count = len(rows)
    return made


def _withdrawn(made: TrainingSet, kept: Iterable[Place], at: datetime) -> list[TrainingEntry]:
    """Return, without boxes, every picture that an earlier set has sent and this one does not hold."""
    stay = set(kept)
    sent = TrainingEntry.objects.filter(
        training_set__project=made.project_id, training_set__sent__gt=0, is_withdrawn=False
    )
    gone = {(each.split, each.source): each.line for each in sent.order_by("pk")}
    return [
        TrainingEntry(
            training_set=made, split=split, source=source, line=emptied(said, at=at), is_withdrawn=True
        )
        for (split, source), said in gone.items()
        if (split, source) not in stay
    ]


def cancel(*, chosen: TrainingSet, at: datetime) -> bool:
    """End a set before its training is ordered; tell whether that was still possible."""
    mine = TrainingSet.objects.filter(pk=chosen.pk, state__in=sorted(CANCELLABLE))
    return mine.update(state=SetState.CANCELLED, state_since=at, ended_at=at) == 1


def go_on(*, chosen: TrainingSet, at: datetime) -> bool:
    """Train although AWS refuses some pictures; tell whether it was waiting for that."""
    mine = TrainingSet.objects.filter(pk=chosen.pk, state=SetState.HELD)
    return mine.update(state=SetState.ORDERING, state_since=at, goes_on=True, message="") == 1


def take_over(*, version: ModelVersion, objects: ObjectStore) -> int:
    """Bring along the pictures that a version learnt from and was tested with; return how many are new."""
    new = 0
    for address, split in (
        (version.training_snapshot_uri, Split.TRAIN),
        (version.testing_snapshot_uri, Split.TEST),
    ):
        if address:
            text = objects.read(*place_of(address), max_bytes=MOST_MANIFEST_BYTES).decode("utf-8", "replace")
            new += bring(project=version.project, pictures=read(text), split=split, origin=version.name)
    return new


def bring(*, project: Project, pictures: Iterable[Labelled], split: Split, origin: str = "") -> int:
    """Keep labelled pictures for a project's next sets; one that is known gets its new boxes. Returns new.

    `origin` is where they come from, in words.
    """
    chosen = list(pictures)
    for each in chosen:
        if not each.source.startswith("s3://"):
            raise UnreadableSet(
                "“%(source)s” is no s3:// address. AWS reads pictures from S3 only: name the bucket.",
                source=each.source,
            )
    known = BroughtPicture.objects.filter(project=project)
    before = known.count()
    BroughtPicture.objects.bulk_create(
        (
            BroughtPicture(
                project=project, source=each.source, split=split, width=each.width, height=each.height,
                marked=stored(each.marked), origin=origin,
            )
            for each in chosen
        ),
        batch_size=CHUNK, update_conflicts=True, unique_fields=["project", "source"],
        update_fields=["split", "is_split_fixed", "width", "height", "marked", "taken_out_at", "origin"],
    )  # fmt: skip
    return known.count() - before
