"""What to do with one model version now: `decide(wish, observed, history, at)`.

A decision is data: an action, a reason code with its parameters, and what is wrong, if anything. Nothing is
remembered between ticks but what the ledger holds, so a missed or doubled tick changes nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, assert_never

from models_registry.domain.status import NOT_YET, STARTABLE, UNUSABLE, VersionStatus

ANSWER_PATIENCE = timedelta(seconds=10)
"""How long an order may stay invisible in DescribeProjectVersions before it is taken as not carried out."""
STUCK_AFTER = timedelta(minutes=35)
"""Starting takes up to 30 minutes (AWS sample README); longer is wrong."""
UNKNOWN_AFTER = timedelta(seconds=90)
"""An observation older than this is shown as unknown, and nothing is ordered on it."""
FIRST_RETRY = timedelta(seconds=10)
LONGEST_RETRY = timedelta(seconds=60)
"""Short on purpose: a try costs nothing, a late opening costs customers."""


class Action(StrEnum):
    """What the tick does with a version."""

    START = "START"
    STOP = "STOP"
    WAIT = "WAIT"


class Code(StrEnum):
    """Why, in one word; `domain.reasons` has the sentences."""

    START = "START"
    STOP = "STOP"
    AS_WANTED_RUNNING = "AS_WANTED_RUNNING"
    AS_WANTED_OFF = "AS_WANTED_OFF"
    STARTING = "STARTING"
    STARTING_UNWANTED = "STARTING_UNWANTED"
    STOPPING = "STOPPING"
    STOPPING_WANTED = "STOPPING_WANTED"
    ORDERED = "ORDERED"
    RETRY_LATER = "RETRY_LATER"
    QUOTA = "QUOTA"
    DRY_RUN_START = "DRY_RUN_START"
    DRY_RUN_STOP = "DRY_RUN_STOP"
    MAY_NOT_START = "MAY_NOT_START"
    MAY_NOT_STOP = "MAY_NOT_STOP"
    UNKNOWN = "UNKNOWN"
    GONE = "GONE"
    UNUSABLE = "UNUSABLE"
    NOT_TRAINED = "NOT_TRAINED"


class Problem(StrEnum):
    """What a person should know of; shown and alarmed while it lasts."""

    NOT_READY = "NOT_READY"
    STUCK_STARTING = "STUCK_STARTING"
    STUCK_STOPPING = "STUCK_STOPPING"
    START_FAILED = "START_FAILED"
    QUOTA = "QUOTA"
    STRAY = "STRAY"
    UNKNOWN = "UNKNOWN"
    GONE = "GONE"
    UNUSABLE = "UNUSABLE"
    ORPHAN = "ORPHAN"
    ACCESS_DENIED = "ACCESS_DENIED"
    UNARMED = "UNARMED"
    SAFETY_FIRED = "SAFETY_FIRED"
    SAFETY_MISSED = "SAFETY_MISSED"
    SAFETY_EDITED = "SAFETY_EDITED"


class Desired(NamedTuple):
    """What a deployment wants at the instant of the decision. `opens_at` is when customers come."""

    is_wanted: bool
    may_start: bool
    may_stop: bool
    is_dry_run: bool = False
    opens_at: datetime | None = None


class Observed(NamedTuple):
    """What AWS last said of the version, when it said so, and since when it has said the same."""

    status: VersionStatus
    seen_at: datetime | None
    since: datetime | None
    is_gone: bool = False


class History(NamedTuple):
    """What the ledger knows: our last orders that AWS has not shown yet, and failures to wait out."""

    start_ordered_at: datetime | None = None
    stop_ordered_at: datetime | None = None
    retry_after: datetime | None = None
    failed_starts: int = 0


class Decision(NamedTuple):
    """The action, its reason, and the problems a person should see."""

    action: Action
    code: Code
    problems: tuple[Problem, ...] = ()


def decide(*, desired: Desired, observed: Observed, history: History, at: datetime) -> Decision:
    """Return what to do at `at`. Never raises; every state of AWS's fourteen has an answer."""
    if observed.is_gone:
        return Decision(Action.WAIT, Code.GONE, (Problem.GONE,) if desired.is_wanted else ())
    if observed.seen_at is None or at - observed.seen_at > UNKNOWN_AFTER:
        return Decision(Action.WAIT, Code.UNKNOWN, (Problem.UNKNOWN,))
    match observed.status:
        case status if status in STARTABLE:
            return _decide_off(desired, history, at)
        case VersionStatus.STARTING:
            return _decide_starting(desired, observed, at)
        case VersionStatus.RUNNING:
            return _decide_running(desired, history, at)
        case VersionStatus.STOPPING:
            return _decide_stopping(desired, observed, at)
        case status if status in NOT_YET:
            return Decision(Action.WAIT, Code.NOT_TRAINED, _late(desired, at))
        case status if status in UNUSABLE:
            return Decision(Action.WAIT, Code.UNUSABLE, (Problem.UNUSABLE,) if desired.is_wanted else ())
        case (
            VersionStatus.TRAINING_IN_PROGRESS | VersionStatus.TRAINING_COMPLETED
            | VersionStatus.TRAINING_FAILED | VersionStatus.COPYING_IN_PROGRESS
            | VersionStatus.COPYING_COMPLETED | VersionStatus.COPYING_FAILED | VersionStatus.FAILED
            | VersionStatus.STOPPED | VersionStatus.DELETING | VersionStatus.DEPRECATED
            | VersionStatus.EXPIRED
        ):  # fmt: skip
            raise AssertionError(f"{observed.status} belongs to no group")
        case _:
            assert_never(observed.status)


def _decide_off(desired: Desired, history: History, at: datetime) -> Decision:
    if not desired.is_wanted:
        return Decision(Action.WAIT, Code.AS_WANTED_OFF)
    if desired.is_dry_run:
        return Decision(Action.WAIT, Code.DRY_RUN_START)
    if not desired.may_start:
        return Decision(Action.WAIT, Code.MAY_NOT_START, _late(desired, at))
    if _is_fresh(history.start_ordered_at, at):
        return Decision(Action.WAIT, Code.ORDERED, _late(desired, at))
    if history.retry_after is not None and at < history.retry_after:
        problems = (Problem.START_FAILED,) if history.failed_starts else ()
        return Decision(Action.WAIT, Code.RETRY_LATER, problems + _late(desired, at))
    problems = (Problem.START_FAILED,) if history.failed_starts else ()
    return Decision(Action.START, Code.START, problems + _late(desired, at))


def _decide_starting(desired: Desired, observed: Observed, at: datetime) -> Decision:
    stuck = (Problem.STUCK_STARTING,) if _is_stuck(observed, at) else ()
    if desired.is_wanted:
        return Decision(Action.WAIT, Code.STARTING, stuck + _late(desired, at))
    return Decision(Action.WAIT, Code.STARTING_UNWANTED, stuck)


def _decide_running(desired: Desired, history: History, at: datetime) -> Decision:
    if desired.is_wanted:
        return Decision(Action.WAIT, Code.AS_WANTED_RUNNING)
    if desired.is_dry_run:
        return Decision(Action.WAIT, Code.DRY_RUN_STOP, (Problem.STRAY,))
    if not desired.may_stop:
        return Decision(Action.WAIT, Code.MAY_NOT_STOP, (Problem.STRAY,))
    if _is_fresh(history.stop_ordered_at, at):
        return Decision(Action.WAIT, Code.ORDERED)
    if history.retry_after is not None and at < history.retry_after:
        return Decision(Action.WAIT, Code.RETRY_LATER, (Problem.STRAY,))
    return Decision(Action.STOP, Code.STOP)


def _decide_stopping(desired: Desired, observed: Observed, at: datetime) -> Decision:
    stuck = (Problem.STUCK_STOPPING,) if _is_stuck(observed, at) else ()
    if desired.is_wanted:
        return Decision(Action.WAIT, Code.STOPPING_WANTED, stuck + _late(desired, at))
    return Decision(Action.WAIT, Code.STOPPING, stuck)


def _late(desired: Desired, at: datetime) -> tuple[Problem, ...]:
    """Customers are in the shop and the model is not ready."""
    is_late = desired.is_wanted and desired.opens_at is not None and at >= desired.opens_at
    return (Problem.NOT_READY,) if is_late else ()


def _is_fresh(ordered_at: datetime | None, at: datetime) -> bool:
    return ordered_at is not None and at - ordered_at < ANSWER_PATIENCE


def _is_stuck(observed: Observed, at: datetime) -> bool:
    return observed.since is not None and at - observed.since > STUCK_AFTER


def retry_after(failures: int, at: datetime) -> datetime:
    """Return when to try again after `failures` refusals in a row: 10 s, doubling, at most a minute."""
    doublings = min(max(failures - 1, 0), 8)
    return at + min(FIRST_RETRY * (1 << doublings), LONGEST_RETRY)
