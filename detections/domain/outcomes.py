"""What became of a photo, where it came from, and what became of each box: the words that are stored."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """What became of a photo that a register handed in."""

    PENDING = "PENDING"
    ANSWERED = "ANSWERED"
    WAITING = "WAITING"
    NOT_RUNNING = "NOT_RUNNING"
    NO_MODEL = "NO_MODEL"
    THROTTLED = "THROTTLED"
    AWS_DOWN = "AWS_DOWN"
    AWS_REFUSED = "AWS_REFUSED"
    PICTURE_REFUSED = "PICTURE_REFUSED"
    STORAGE_DOWN = "STORAGE_DOWN"
    INTERRUPTED = "INTERRUPTED"


OPEN = frozenset({Outcome.PENDING, Outcome.WAITING})
"""Not decided yet: being asked now, or kept until the model runs."""

FAILURES = frozenset(Outcome) - OPEN - {Outcome.ANSWERED}
"""The register got no answer: an outage, a refusal, a model that was off."""


class Source(StrEnum):
    """Who handed a photo in."""

    REGISTER = "REGISTER"
    TILL = "TILL"
    IMPORT = "IMPORT"
    BATCH = "BATCH"


LATER = frozenset({Source.IMPORT, Source.BATCH})
"""Handed in without anybody waiting for an answer: they say nothing of how well a store is served."""


class Fate(StrEnum):
    """What the thresholds made of one raw box."""

    ACCEPTED = "A"
    ASK = "Q"
    NEAR_MISS = "N"
    DUPLICATE = "D"
    HIDDEN = "H"


SHOWN = frozenset({Fate.ACCEPTED, Fate.ASK, Fate.NEAR_MISS})
"""What a register is told of; the rest is kept for analysts."""
