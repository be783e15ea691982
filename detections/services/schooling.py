"""The way of a submitted set through AWS, a step at a time; every step may be done twice.

    COPYING     pictures of other buckets come into ours (written once under names that follow from them)
    SENDING     datasets are made, lines are put in, a batch at a time (each replaces its picture's old one)
    CHECKING    AWS's errors are read back, lines are counted: what is missing is sent again
    HELD        AWS refuses some; a person decides
    ORDERING    the version is looked for by its name, then ordered: AWS refuses a name that is taken
    TRAINING    until the tick sees it ended
    EVALUATING  until the evaluation is read

What AWS holds is asked, never remembered: a crash between a call and our own note of it is found by looking.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from django.conf import settings
from django.db.models import Q

from detections.domain.ports import PictureStore
from detections.domain.training.manifest import batches
from detections.domain.training.states import ENDED, SetState
from detections.models import TrainingEntry, TrainingSet
from detections.services.comparing import compare_with_live
from models_registry.domain.objects import (
    ObjectDenied,
    ObjectMissing,
    ObjectStore,
    ObjectStoreError,
    place_of,
)
from models_registry.domain.ports import InvalidRequest, RekognitionError, ResourceInUse
from models_registry.domain.status import VersionStatus
from models_registry.domain.training import DatasetState, School, TrainingOrder
from models_registry.models import Connection, Evaluation, ModelVersion
from models_registry.services.observe import mirror_version

logger = logging.getLogger(__name__)
LEASE = timedelta(seconds=60)
MOST_SENDINGS = 3
MOST_PICTURE_BYTES = 15_000_000
"""What AWS takes as an object of S3 (facts: image limits)."""
COPIES = 50
EVALUATION_PATIENCE = timedelta(minutes=30)
SIDES = ("TRAIN", "TEST")


@dataclass(frozen=True, slots=True)
class Means:
    """The world as a training meets it."""

    open_school: Callable[[Connection], School]
    open_buckets: Callable[[Connection], ObjectStore]
    pictures: PictureStore


@dataclass(slots=True)
class _Way:
    row: TrainingSet
    school: School
    means: Means
    at: datetime

    def becomes(self, state: SetState, message: str = "", **fields: object) -> bool:
        """Go on to another state if this one still holds; always a step forward."""
        is_over = state in ENDED
        mine = TrainingSet.objects.filter(pk=self.row.pk, state=self.row.state)
        changed = mine.update(
            state=state, state_since=self.at, message=message[:2_000],
            **({"ended_at": self.at} if is_over else {}), **fields,
        )  # fmt: skip
        self.row.refresh_from_db()
        return changed == 1 and not is_over


def advance_sets(*, at: datetime, means: Means, is_time: Callable[[], bool]) -> int:
    """Bring every open set as far as it goes without waiting; return how many steps were made."""
    steps = 0
    for row in TrainingSet.objects.exclude(state__in=sorted(ENDED)).select_related("project__connection"):
        free = TrainingSet.objects.filter(Q(lease_until__isnull=True) | Q(lease_until__lte=at), pk=row.pk)
        if not free.update(lease_until=at + LEASE):
            continue
        try:
            row.refresh_from_db()
            way = _Way(row, means.open_school(row.project.connection), means, at)
            while is_time() and _step(way):
                steps += 1
        finally:
            TrainingSet.objects.filter(pk=row.pk).update(lease_until=None)
    return steps


def _step(way: _Way) -> bool:
    """Make one step; tell whether another may follow at once. What AWS puts off is shown and tried again."""
    step = STEPS.get(SetState(way.row.state))
    if step is None:
        return False
    try:
        return step(way)
    except (RekognitionError, ObjectStoreError) as error:
        if isinstance(error, InvalidRequest | ObjectMissing | ObjectDenied):
            return way.becomes(SetState.FAILED, error.message)
        logger.warning("training set %s goes on later: %s", way.row.pk, error)
        TrainingSet.objects.filter(pk=way.row.pk, state=way.row.state).update(message=error.message[:2_000])
        return False


def _copy(way: _Way) -> bool:
    """Copy the next few pictures."""
    rows = TrainingEntry.objects.filter(training_set=way.row, is_copied=False).exclude(copied_from="")
    chosen = list(rows.order_by("pk")[:COPIES])
    buckets = way.means.open_buckets(way.row.project.connection)
    for each in chosen:
        content = buckets.read(*place_of(each.copied_from), max_bytes=MOST_PICTURE_BYTES)
        way.means.pictures.save(place_of(each.source).key, content)
        TrainingEntry.objects.filter(pk=each.pk).update(is_copied=True)
    return bool(chosen) or way.becomes(SetState.SENDING)


def _send(way: _Way) -> bool:
    """Put the next batch of lines in. An update that AWS could not finish is sent again from the start."""
    datasets = way.school.datasets(way.row.project.name)
    missing = [kind for kind in SIDES if kind not in datasets]
    for kind in missing:
        way.school.create_dataset(way.row.project.arn, kind)
    if missing or any(each.is_changing for each in datasets.values()):
        return False
    rows = TrainingEntry.objects.filter(training_set=way.row).order_by("pk")
    if way.row.sent and datasets[rows[way.row.sent - 1].split].is_broken:
        return _send_again(way, datasets[rows[way.row.sent - 1].split].message)
    rest = list(islice(rows[way.row.sent :].values_list("split", "line").iterator(), 20_000))
    if not rest:
        return way.becomes(SetState.CHECKING)
    side = rest[0][0]
    body = next(iter(batches(line for split, line in rest if split == side)))
    try:
        way.school.update_entries(datasets[side].arn, body)
    except ResourceInUse:
        return False
    sent = way.row.sent + body.count(b"\n")
    TrainingSet.objects.filter(pk=way.row.pk, state=SetState.SENDING, sent=way.row.sent).update(
        sent=sent, message=""
    )
    way.row.refresh_from_db()
    return True


def _check(way: _Way) -> bool:
    """Read back what AWS finds wrong, and whether every line has arrived."""
    datasets = way.school.datasets(way.row.project.name)
    if any(each.is_changing for each in datasets.values()):
        return False
    failed = next((each for each in datasets.values() if each.is_broken), None)
    if failed is not None or set(datasets) != set(SIDES) or _is_short(way, datasets):
        return _send_again(way, failed.message if failed else "")
    refused = _note_problems(way, datasets)
    return way.becomes(SetState.HELD if refused and not way.row.goes_on else SetState.ORDERING)


def _is_short(way: _Way, datasets: Mapping[str, DatasetState]) -> bool:
    rows = TrainingEntry.objects.filter(training_set=way.row)
    return any(
        way.school.count_entries(datasets[side].arn) < rows.filter(split=side).count() for side in SIDES
    )


def _send_again(way: _Way, message: str) -> bool:
    if way.row.sendings >= MOST_SENDINGS:
        return way.becomes(SetState.FAILED, message or "AWS has lost lines of the set three times.")
    return way.becomes(SetState.SENDING, message, sent=0, sendings=way.row.sendings + 1)


def _note_problems(way: _Way, datasets: Mapping[str, DatasetState]) -> int:
    """Write AWS's codes to the entries; return how many entries of this set it refuses."""
    found = {
        (side, each.source): list(each.codes)
        for side in SIDES
        for each in way.school.problems(datasets[side].arn)
    }
    rows = [
        row
        for row in TrainingEntry.objects.filter(
            training_set=way.row, is_withdrawn=False, source__in=[source for _, source in found]
        )
        if (row.split, row.source) in found
    ]
    for row in rows:
        row.problems = found[row.split, row.source]
    TrainingEntry.objects.bulk_update(rows, ["problems"], batch_size=500)
    return len(rows)


def _order(way: _Way) -> bool:
    """Find the version by its name, or order it; a lost answer is found by looking the next time."""
    row = way.row
    state = way.school.find_version(row.project.arn, row.version_name)
    if state is None:
        way.school.train(
            TrainingOrder(
                row.project.arn, row.version_name, settings.PICTURES_BUCKET_NAME,
                f"training/{row.project_id}/{row.version_name}",
                f"Training set {row.number}, manifest SHA-256 {row.digest}",
            )
        )  # fmt: skip
        return False
    version = mirror_version(row.project_id, state, seen_at=way.at)
    return way.becomes(SetState.TRAINING, version=version)


def _watch(way: _Way) -> bool:
    """Wait until the tick has seen the training end."""
    version = ModelVersion.objects.filter(training_set=way.row).first()
    if version is None or version.gone_at is not None:
        return way.becomes(SetState.FAILED, "The version was deleted in AWS.")
    status = VersionStatus(version.status)
    if status is VersionStatus.TRAINING_IN_PROGRESS:
        return False
    if status is VersionStatus.TRAINING_FAILED:
        return way.becomes(SetState.FAILED, version.status_message)
    return way.becomes(SetState.EVALUATING)


def _evaluated(way: _Way) -> bool:
    """Wait until the sweep has read the figures; a version without them can serve all the same."""
    found = Evaluation.objects.filter(version=way.row.version_id).first()
    is_read = found is not None and found.read_at is not None
    if not is_read and way.at - way.row.state_since <= EVALUATION_PATIENCE:
        return False
    compare_with_live(way.row, at=way.at)
    return way.becomes(SetState.DONE, "" if is_read or found is None else found.detail)


STEPS: dict[SetState, Callable[[_Way], bool]] = {
    SetState.COPYING: _copy,
    SetState.SENDING: _send,
    SetState.CHECKING: _check,
    SetState.ORDERING: _order,
    SetState.TRAINING: _watch,
    SetState.EVALUATING: _evaluated,
}
