"""How a deployment comes from one version to another without a register noticing: `advance(scene)`.

Blue/green: the new version is started beside the old one, stores are switched when it runs, and the old one
is stopped when no answer can be on its way any more. Where the account has no room for both, the switch waits
for a time when nobody needs a model and the old one is off. What was switched unseen is switched back if it
does not start; what stops right after the switch is switched back while the old one still runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from models_registry.domain.schedules import REFUSALS
from models_registry.domain.status import NOT_YET, STARTABLE, UNUSABLE, VersionStatus

DRAIN = timedelta(seconds=15)
"""How long the old version goes on after the switch: AWS's slowest answer is given up after 10 seconds."""
JUST_SEEN = timedelta(seconds=15)
"""Stores are only switched to a version that was seen running as lately as this."""
MOST_REFUSALS = 3
PASSING = frozenset({"throttled", "limit_exceeded"}) | REFUSALS
"""Refusals that say nothing of the version: it is tried again, ever more patiently, without an end."""


def _(text: str) -> str:
    """Mark a sentence for the catalogue; it is translated when it is shown."""
    return text


class PromotionState(StrEnum):
    """Where a promotion stands; the last three are its ends."""

    ASKED = "ASKED"
    STARTING = "STARTING"
    SWITCHED = "SWITCHED"
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


OVER = frozenset({PromotionState.DONE, PromotionState.FAILED, PromotionState.CANCELLED})
MOVING = frozenset({PromotionState.STARTING, PromotionState.SWITCHED})


class Step(StrEnum):
    """What the tick does with a promotion."""

    WAIT = "WAIT"
    START = "START"
    SWITCH = "SWITCH"
    FINISH = "FINISH"
    FAIL = "FAIL"
    SWITCH_BACK = "SWITCH_BACK"


class Why(StrEnum):
    """The reason, in one word."""

    UNKNOWN = "UNKNOWN"
    STARTING = "STARTING"
    STOPPING = "STOPPING"
    OLD_STARTING = "OLD_STARTING"
    OLD_STOPS = "OLD_STOPS"
    REFUSED = "REFUSED"
    NO_SLOT = "NO_SLOT"
    MAY_NOT_START = "MAY_NOT_START"
    NOT_TRAINED = "NOT_TRAINED"
    RUNS = "RUNS"
    NOBODY_NEEDS_IT = "NOBODY_NEEDS_IT"
    OLD_IS_OFF = "OLD_IS_OFF"
    DRAINING = "DRAINING"
    UNPROVEN = "UNPROVEN"
    START_FAILED = "START_FAILED"
    STOPPED_AGAIN = "STOPPED_AGAIN"
    NO_WAY_BACK = "NO_WAY_BACK"
    UNUSABLE = "UNUSABLE"
    CHANGED_BY_HAND = "CHANGED_BY_HAND"


SENTENCES: Mapping[str, str] = {
    Why.UNKNOWN: _("AWS has not told how the versions are lately; nothing is changed until it does."),
    Why.STARTING: _("The new version is starting, for up to 30 minutes. The old one answers meanwhile."),
    Why.STOPPING: _("The new version is still stopping; it is started as soon as it has stopped."),
    Why.OLD_STARTING: _("The old version is starting; the new one follows when it runs."),
    Why.OLD_STOPS: _("Nobody needs a model now: the new version takes over as soon as the old one is off."),
    Why.REFUSED: _("AWS did not take the start and is asked again within a minute. %(message)s"),
    Why.NO_SLOT: _("AWS allows no further running model here. The switch waits until the stores are closed."),
    Why.MAY_NOT_START: _("The stores' control allows no start; the switch waits until they are closed."),
    Why.NOT_TRAINED: _("The new version is not trained yet."),
    Why.RUNS: _("The new version runs and has taken over."),
    Why.NOBODY_NEEDS_IT: _("Nobody needs a model now: the new version takes over from the next start."),
    Why.OLD_IS_OFF: _("The old version is not running: the new one takes over and is started."),
    Why.DRAINING: _("The new version answers; the old one is stopped in a moment."),
    Why.UNPROVEN: _("The new version takes over from the next start; if it fails, the old one comes back."),
    Why.START_FAILED: _("AWS could not start the new version. The old one stays. %(message)s"),
    Why.STOPPED_AGAIN: _("The new version stopped right after it had taken over. The old one is back."),
    Why.NO_WAY_BACK: _(
        "AWS could not start the new version, and the old one cannot be started any more: choose another "
        "version. %(message)s"
    ),
    Why.UNUSABLE: _("AWS says that the new version cannot be started. The old one stays."),
    Why.CHANGED_BY_HAND: _("Somebody has changed the deployment's live version meanwhile."),
}


class Seen(NamedTuple):
    """A version as AWS last showed it, or as our own order will show it; a stale look is no look.

    `failures` and `refusals` since we began, PASSING ones left out; no start is tried before `retry_at`.
    """

    status: VersionStatus
    is_gone: bool = False
    is_fresh: bool = True
    failures: int = 0
    refusals: int = 0
    is_just_seen: bool = True
    retry_at: datetime | None = None

    @property
    def is_usable(self) -> bool:
        """Tell whether it may run now or later."""
        return not self.is_gone and self.status not in UNUSABLE

    @property
    def is_refused(self) -> bool:
        """Tell whether starting it is hopeless."""
        return bool(self.failures) or self.refusals >= MOST_REFUSALS

    @property
    def is_up(self) -> bool:
        """Tell whether it runs or is about to."""
        return not self.is_gone and self.status in {VersionStatus.STARTING, VersionStatus.RUNNING}


class Scene(NamedTuple):
    """All that a step depends on. `live` says whether the old, the new, or neither version is live now."""

    state: PromotionState
    live: str
    is_wanted: bool
    may_start: bool
    may_stop: bool
    has_slot: bool
    old: Seen
    new: Seen
    switched_at: datetime | None
    at: datetime


def advance(scene: Scene) -> tuple[Step, Why]:
    """Return the next step and its reason. Never raises; asked again, it says the same until AWS moves."""
    expected = "new" if scene.state is PromotionState.SWITCHED else "old"
    if scene.live != expected:
        return Step.FAIL, Why.CHANGED_BY_HAND
    if not (scene.old.is_fresh and scene.new.is_fresh):
        return Step.WAIT, Why.UNKNOWN
    return _prove(scene) if scene.state is PromotionState.SWITCHED else _begin(scene)


def _begin(scene: Scene) -> tuple[Step, Why]:
    new = scene.new
    if not new.is_usable:
        return Step.FAIL, Why.UNUSABLE
    if new.is_refused:
        return Step.FAIL, Why.START_FAILED
    if new.status in NOT_YET:
        return Step.WAIT, Why.NOT_TRAINED
    if new.status is VersionStatus.RUNNING:
        return (Step.SWITCH, Why.RUNS) if new.is_just_seen else (Step.WAIT, Why.UNKNOWN)
    if not scene.is_wanted and not scene.old.is_up:
        return Step.SWITCH, Why.NOBODY_NEEDS_IT
    if new.status is VersionStatus.STARTING:
        return Step.WAIT, Why.STARTING
    if not scene.is_wanted and scene.may_stop:
        return Step.WAIT, Why.OLD_STOPS
    return (Step.WAIT, Why.STOPPING) if new.status is VersionStatus.STOPPING else _beside(scene)


def _beside(scene: Scene) -> tuple[Step, Why]:
    """The old version is needed, or must not be stopped: start the new one beside it, where that can be."""
    if not scene.old.is_usable or scene.old.status in STARTABLE:
        return Step.SWITCH, Why.OLD_IS_OFF
    if scene.old.status is not VersionStatus.RUNNING:
        return Step.WAIT, Why.OLD_STARTING
    if not scene.may_start:
        return Step.WAIT, Why.MAY_NOT_START
    if not scene.has_slot:
        return Step.WAIT, Why.NO_SLOT
    if scene.new.retry_at is not None and scene.at < scene.new.retry_at:
        return Step.WAIT, Why.REFUSED
    return Step.START, Why.STARTING


def _prove(scene: Scene) -> tuple[Step, Why]:
    new, since = scene.new, scene.switched_at or scene.at
    if not new.is_usable or new.is_refused:
        return (Step.SWITCH_BACK, Why.START_FAILED) if scene.old.is_usable else (Step.FAIL, Why.NO_WAY_BACK)
    if new.status is not VersionStatus.RUNNING:
        may_answer = scene.old.status is VersionStatus.RUNNING and scene.old.is_just_seen
        if scene.is_wanted and may_answer:
            return Step.SWITCH_BACK, Why.STOPPED_AGAIN
        return Step.WAIT, Why.UNPROVEN
    if scene.at - since < DRAIN:
        return Step.WAIT, Why.DRAINING
    return Step.FINISH, Why.RUNS
