"""The way of a training set from its submission to a version with figures: one word for each stop."""

from __future__ import annotations

from enum import StrEnum

from stores.domain.sentences import Refusal


class SetState(StrEnum):
    """What is done next with a submitted set; the last three are its ends."""

    COPYING = "COPYING"
    SENDING = "SENDING"
    CHECKING = "CHECKING"
    HELD = "HELD"
    ORDERING = "ORDERING"
    TRAINING = "TRAINING"
    EVALUATING = "EVALUATING"
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


ENDED = frozenset({SetState.DONE, SetState.FAILED, SetState.CANCELLED})
UNTRAINED = frozenset({SetState.FAILED, SetState.CANCELLED})
"""Ended without a version: no model has learnt from these."""
CANCELLABLE = frozenset({SetState.COPYING, SetState.SENDING, SetState.CHECKING, SetState.HELD})
"""From the order on AWS trains to the end: no operation stops a training, or deletes a version in one."""
STEPS = (
    SetState.COPYING, SetState.SENDING, SetState.CHECKING, SetState.ORDERING, SetState.TRAINING,
    SetState.EVALUATING,
)  # fmt: skip


class InvalidSet(Refusal):
    """A training set that cannot be submitted or changed; says what to do."""

    code = "invalid_training_set"


def name_of(number: int, digest: str) -> str:
    """Return the name of a set's version: the same content in the same project never trains twice."""
    return f"kamado-{number}-{digest[:8]}"
