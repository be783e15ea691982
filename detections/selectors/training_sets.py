"""How far a submitted set is, as its page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from detections.domain.training.states import CANCELLABLE, ENDED, STEPS, SetState
from detections.models import TrainingEntry, TrainingSet

MOST_REFUSED = 200


@dataclass(frozen=True, slots=True)
class Step:
    """One stop on the way: whether it lies behind, and whether the set is there now."""

    name: str
    is_done: bool
    is_now: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """A set with its steps; `share` of the present step is 0–100, or None where nobody can tell."""

    row: TrainingSet
    steps: tuple[Step, ...]
    share: int | None
    waited: timedelta
    refused: tuple[TrainingEntry, ...]
    learnt: int
    judged: int
    withdrawn: int

    @property
    def is_ended(self) -> bool:
        """Tell whether nothing will change any more."""
        return self.row.state in ENDED

    @property
    def may_be_cancelled(self) -> bool:
        """Tell whether its training has not been ordered yet."""
        return self.row.state in CANCELLABLE


def progress_of(row: TrainingSet, *, at: datetime) -> Progress:
    """Return how far a set is; five queries."""
    entries = TrainingEntry.objects.filter(training_set=row)
    refused = entries.exclude(problems=[]).order_by("pk")[:MOST_REFUSED]
    kept = entries.filter(is_withdrawn=False)
    return Progress(
        row, _steps(row), _share(row), at - row.state_since, tuple(refused),
        kept.filter(split="TRAIN").count(), kept.filter(split="TEST").count(),
        entries.filter(is_withdrawn=True).count(),
    )  # fmt: skip


def _steps(row: TrainingSet) -> tuple[Step, ...]:
    state = SetState(row.state)
    at_step = SetState.CHECKING if state is SetState.HELD else state
    place = STEPS.index(at_step) if at_step in STEPS else len(STEPS) if state is SetState.DONE else -1
    names = dict(TrainingSet.State.choices)
    return tuple(
        Step(str(names[step.value]), number < place, number == place) for number, step in enumerate(STEPS)
    )


def _share(row: TrainingSet) -> int | None:
    if not row.entry_count:
        return None
    if row.state == SetState.COPYING:
        rows = TrainingEntry.objects.filter(training_set=row, is_copied=False)
        left = rows.exclude(copied_from="").count()
        return 100 * (row.entry_count - left) // row.entry_count
    if row.state == SetState.SENDING:
        return 100 * row.sent // row.entry_count
    return None
