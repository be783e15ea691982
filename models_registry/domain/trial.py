"""How a version that is not live is run for a while to look at stored photos: `advance(scene)`.

A trial takes a slot that nobody else needs, gives it back the moment a store does, and always ends: when what
it is for is done, when a person says so, or at `until`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from models_registry.domain.promotion import MOST_REFUSALS, Seen
from models_registry.domain.status import NOT_YET, UNUSABLE, VersionStatus


def _(text: str) -> str:
    """Mark a sentence for the catalogue; it is translated when it is shown."""
    return text


class TrialState(StrEnum):
    """Where a trial stands; the last three are its ends."""

    OPEN = "OPEN"
    READY = "READY"
    ENDING = "ENDING"
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


TRIED = frozenset({TrialState.DONE, TrialState.FAILED, TrialState.CANCELLED})


class Act(StrEnum):
    """What the tick does with a trial."""

    WAIT = "WAIT"
    START = "START"
    BE_READY = "BE_READY"
    GIVE_WAY = "GIVE_WAY"
    STOP = "STOP"
    END = "END"
    FAIL = "FAIL"


class TrialWhy(StrEnum):
    """The reason, in one word."""

    UNKNOWN = "UNKNOWN"
    NOT_TRAINED = "NOT_TRAINED"
    STARTING = "STARTING"
    STOPPING = "STOPPING"
    NO_SLOT = "NO_SLOT"
    DRY_RUN = "DRY_RUN"
    ITS_OWN_HOURS = "ITS_OWN_HOURS"
    LOOKS = "LOOKS"
    GIVES_WAY = "GIVES_WAY"
    OUT_OF_TIME = "OUT_OF_TIME"
    FINISHED = "FINISHED"
    CANCELLED = "CANCELLED"
    START_FAILED = "START_FAILED"
    UNUSABLE = "UNUSABLE"


TRIAL_SENTENCES: Mapping[str, str] = {
    TrialWhy.UNKNOWN: _("AWS has not told how the versions are lately; nothing is changed until it does."),
    TrialWhy.NOT_TRAINED: _("The new version is not trained yet."),
    TrialWhy.STARTING: _("The version is starting for the trial, for up to 30 minutes."),
    TrialWhy.STOPPING: _("The trial is over; the version is being stopped."),
    TrialWhy.NO_SLOT: _("AWS allows no further running model here. The trial waits for a free place."),
    TrialWhy.DRY_RUN: _("The stores are on dry run: nothing is started."),
    TrialWhy.ITS_OWN_HOURS: _("The version is live somewhere: the trial goes on when its stores open."),
    TrialWhy.LOOKS: _("The version runs and looks at stored photos."),
    TrialWhy.GIVES_WAY: _("A store needs the place: the trial makes way and goes on later."),
    TrialWhy.OUT_OF_TIME: _("The time for the trial is over. What was seen until then counts."),
    TrialWhy.FINISHED: _("Every photo of the trial was looked at."),
    TrialWhy.CANCELLED: _("The trial was cancelled."),
    TrialWhy.START_FAILED: _("AWS could not start the version for the trial."),
    TrialWhy.UNUSABLE: _("AWS says that the version cannot be started."),
}


class TrialScene(NamedTuple):
    """All that a step depends on. `is_live`: a deployment's hours run the version, or are about to."""

    state: TrialState
    seen: Seen
    is_live: bool
    is_dry_run: bool
    has_slot: bool
    is_in_the_way: bool
    until: datetime
    at: datetime


def advance(scene: TrialScene) -> tuple[Act, TrialWhy | None]:
    """Return the next step and its reason; None keeps the reason that stands. Never raises."""
    if scene.state is TrialState.ENDING:
        return _end(scene)
    seen = scene.seen
    if seen.is_gone or seen.status in UNUSABLE:
        return Act.FAIL, TrialWhy.UNUSABLE
    if seen.failures or seen.refusals >= MOST_REFUSALS:
        return Act.FAIL, TrialWhy.START_FAILED
    if scene.at >= scene.until:
        return Act.STOP, TrialWhy.OUT_OF_TIME
    if not seen.is_fresh:
        return Act.WAIT, TrialWhy.UNKNOWN
    return _go_on(scene)


def _go_on(scene: TrialScene) -> tuple[Act, TrialWhy]:
    status = scene.seen.status
    if status is VersionStatus.RUNNING:
        if scene.is_in_the_way and not scene.is_live:
            return Act.GIVE_WAY, TrialWhy.GIVES_WAY
        return Act.BE_READY, TrialWhy.LOOKS
    if status in NOT_YET:
        return Act.WAIT, TrialWhy.NOT_TRAINED
    if status in {VersionStatus.STARTING, VersionStatus.STOPPING}:
        return Act.WAIT, TrialWhy.STARTING
    if scene.is_live:
        return Act.WAIT, TrialWhy.ITS_OWN_HOURS
    if scene.is_dry_run:
        return Act.WAIT, TrialWhy.DRY_RUN
    retry_at = scene.seen.retry_at
    may_try = scene.has_slot and (retry_at is None or scene.at >= retry_at)
    return (Act.START, TrialWhy.STARTING) if may_try else (Act.WAIT, TrialWhy.NO_SLOT)


def _end(scene: TrialScene) -> tuple[Act, TrialWhy | None]:
    """Stop what was started for the trial; a version that is live by now is its deployment's."""
    status = scene.seen.status
    if scene.is_live or scene.seen.is_gone:
        return Act.END, None
    if status is VersionStatus.RUNNING:
        return Act.STOP, None
    if status in {VersionStatus.STARTING, VersionStatus.STOPPING}:
        return Act.WAIT, None
    return Act.END, None
