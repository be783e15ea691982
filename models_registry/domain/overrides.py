"""A person's word against the plan. Every override ends."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from portal.base.errors import InvalidInput

MAX_OVERRIDE = timedelta(days=31)


class InvalidOverride(InvalidInput):
    """An override that has no end, ends before it starts, or lies in the past."""

    code = "invalid_override"


class OverrideKind(StrEnum):
    """RUN keeps the model ready, STOP keeps it off."""

    RUN = "RUN"
    STOP = "STOP"


class OverrideSpan(NamedTuple):
    """An override as the planner sees it: UTC seconds, newest `pk` wins where two of one scope overlap.

    A guard of headquarters wins over every override, whatever their age.
    """

    start: int
    end: int
    kind: OverrideKind
    pk: int
    author: str = ""
    why: str = ""
    is_guard: bool = False

    @property
    def rank(self) -> tuple[bool, int]:
        """Who wins where two of one scope overlap: the highest."""
        return self.is_guard, self.pk


def check_override(
    starts_at: datetime | None, ends_at: datetime | None, *, at: datetime
) -> tuple[datetime, datetime]:
    """Return the span if it may be asked for at `at`; raise InvalidOverride, saying what to do, if not."""
    if ends_at is None:
        raise InvalidOverride("An override needs an end. Say until when it holds.")
    if starts_at is None:
        raise InvalidOverride("An override needs a start. Say from when it holds.")
    if starts_at.tzinfo is None or ends_at.tzinfo is None:
        raise InvalidOverride("An override needs instants with a time zone.")
    if ends_at <= starts_at:
        raise InvalidOverride("The override ends before it starts. Choose a later end.")
    if ends_at <= at:
        raise InvalidOverride("The override would already be over. Choose an end in the future.")
    if ends_at - starts_at > MAX_OVERRIDE:
        raise InvalidOverride(
            f"An override lasts at most {MAX_OVERRIDE.days} days. For longer, change the opening hours, "
            "add special days, or change how the store is controlled."
        )
    return starts_at, ends_at
