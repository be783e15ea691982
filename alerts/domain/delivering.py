"""The way of a message: queued, claimed, sent or failed, tried again later and later, given up."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum


class State(StrEnum):
    """Where a delivery stands. SENDING is claimed by somebody who may have died since."""

    QUEUED = "QUEUED"
    SENDING = "SENDING"
    SENT = "SENT"
    FAILED = "FAILED"
    GIVEN_UP = "GIVEN_UP"


UNDONE = frozenset({State.QUEUED, State.SENDING, State.FAILED})
MOST_ATTEMPTS = 8
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=30)
CLAIM_LASTS = timedelta(minutes=2)
"""Longer than any attempt may take; a claim older than this is somebody's who died."""


def pause_after(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts: 30 s, doubling, at most half an hour."""
    return min(FIRST_PAUSE * (1 << min(max(attempts - 1, 0), 10)), LONGEST_PAUSE)


def is_due(state: State, attempts: int, tried_at: datetime | None, at: datetime) -> bool:
    """Tell whether a delivery should be tried now."""
    if state is State.QUEUED:
        return True
    if state is State.SENDING:
        return tried_at is None or tried_at + CLAIM_LASTS <= at
    return state is State.FAILED and (tried_at is None or tried_at + pause_after(attempts) <= at)


def state_after_failure(attempts: int, *, is_final: bool) -> State:
    """Return where a delivery stands after its last attempt failed."""
    return State.GIVEN_UP if is_final or attempts >= MOST_ATTEMPTS else State.FAILED
