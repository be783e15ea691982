"""The safety stop: a one-time schedule in AWS that stops a model after its planned end, portal or not.

Planned end is when the plan stops wanting the model; gaps shorter than the margin are bridged, so that the
stop never falls where the model is wanted again. A plan without an end in sight (a shop that never closes)
is armed at an instant between half a day and a day ahead, which moves on with the clock. Instants are UTC
and whole minutes: AWS carries a schedule out within its minute, and UTC has no hour that is skipped or
doubled.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from models_registry.domain.planning import SLOWEST_START_SECONDS
from models_registry.domain.schedules import Schedule, Target
from stores.domain.intervals import Span

ROLL_SECONDS = 12 * 3600
"""A stop without a planned end lies one to two of these ahead, and moves on once in each."""
SLOWEST_START = timedelta(seconds=SLOWEST_START_SECONDS)
LATE_AFTER = timedelta(minutes=5)
"""A schedule that AWS has not carried out so long after its instant was not carried out."""
LONGEST_TRY = timedelta(hours=1)
"""How long AWS tries on: `MaximumEventAgeInSeconds`. A stop seen later than this is not its work."""
PREFIX = "kamado-stop-"
PROBE = "probe"
_NAME = re.compile(r"^kamado-stop-(?P<owner>[0-9a-f]{8})-(?:[0-9a-f]{20}|probe)$")
_AT = re.compile(r"^at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\)$")


def planned_end(windows: Iterable[Span], second: int, *, margin: int, until: int) -> int | None:
    """Return when a model that is wanted at `second` is no longer wanted; None when not before `until`.

    `windows` are sorted and disjoint; a gap of at most `margin` seconds between two does not end them.
    """
    end = second
    for start, stop in windows:
        if stop <= second:
            continue
        if start > end + margin:
            break
        end = max(end, stop)
    return end if end < until else None


def rolling_stop(second: int, *, phase: int = 0) -> int:
    """Return the stop of a model without a planned end; `phase` spreads those of many over the hours."""
    return ((second + phase) // ROLL_SECONDS + 2) * ROLL_SECONDS - phase


class Need(NamedTuple):
    """All that decides when AWS should stop one version by itself.

    `planned` is the stop that the plan of its deployment, or its trial, asks for; None with `is_wanted` where
    nobody may stop it then. `held` is the stop that AWS holds now. `starting_since` is None once it runs.
    """

    runs: bool
    is_wanted: bool
    may_stop: bool
    planned: datetime | None
    held: datetime | None
    starting_since: datetime | None = None


def wanted_stop(need: Need, *, margin: timedelta, at: datetime) -> datetime | None:
    """Return when AWS should stop a version by itself; None when it should not.

    One that runs although nobody wants it is about to be stopped by us: AWS follows after the margin.
    AWS refuses to stop a model that is starting, so it is not asked to before a start is over.
    """
    if not need.runs:
        return None
    if need.planned is not None:
        stop = need.planned
    elif need.is_wanted or not need.may_stop:
        return None
    else:
        stop = at + margin
        if need.held is not None and at - need.held <= LATE_AFTER:
            stop = min(stop, need.held)
    if need.starting_since is not None:
        stop = max(stop, need.starting_since + SLOWEST_START + margin)
    return stop.replace(second=0, microsecond=0)


class SafetyWord(StrEnum):
    """What a page says of a model's safety stop; `domain.reasons` has the sentences."""

    ARMED = "SAFETY_ARMED"
    NOT_MOVED = "SAFETY_NOT_MOVED"
    ARMING = "SAFETY_ARMING"
    AT_START = "SAFETY_AT_START"
    MAY_NOT_STOP = "SAFETY_MAY_NOT_STOP"
    DRY_RUN = "SAFETY_DRY_RUN"
    CANNOT = "SAFETY_CANNOT"
    FIRED = "SAFETY_WAS_FIRED"
    OFF = "SAFETY_OFF"
    NO_SCHEDULER = "SAFETY_NO_SCHEDULER"


class Act(StrEnum):
    """What to do with the schedule of one version."""

    KEEP = "KEEP"
    PUT = "PUT"
    REMOVE = "REMOVE"


def reconcile(wanted: datetime | None, held: datetime | None) -> Act:
    """Return what makes AWS hold the wanted stop."""
    if wanted == held:
        return Act.KEEP
    return Act.REMOVE if wanted is None else Act.PUT


def schedule_name(installation: str, version_arn: str) -> str:
    """Return the name of a version's schedule: the same for the same version of the same portal."""
    digest = hashlib.sha256(version_arn.encode()).hexdigest()
    return f"{PREFIX}{installation[:8]}-{digest[:20]}"


def probe_name(installation: str) -> str:
    """Return the name of the schedule that is made and removed to see whether arming works."""
    return f"{PREFIX}{installation[:8]}-{PROBE}"


def safety_schedule(installation: str, version_arn: str, stops_at: datetime) -> Schedule:
    """Return the schedule that stops a version once. Its description says whose it is."""
    return Schedule(
        name=schedule_name(installation, version_arn),
        expression=f"at({stops_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S})",
        timezone="UTC",
        target=Target.STOP,
        version_arn=version_arn,
        description=f"Kamado safety stop of the portal {installation}. The portal keeps it: do not edit.",
    )


def stop_instant(schedule: Schedule) -> datetime | None:
    """Return when a schedule of ours stops its version; None when its words are not ours."""
    match = _AT.match(schedule.expression)
    if match is None or schedule.timezone != "UTC":
        return None
    return datetime.fromisoformat(match[1]).replace(tzinfo=UTC)


def is_edited(wanted: Schedule, found: Schedule | None) -> bool:
    """Tell whether what AWS holds under our name would not do what we put there."""
    if found is None:
        return True
    facts = (
        "expression", "timezone", "target", "version_arn", "is_enabled", "is_deleted_after", "retry_seconds",
    )  # fmt: skip
    return any(getattr(wanted, name) != getattr(found, name) for name in facts)


class Listing(NamedTuple):
    """The names in a group, sorted out: `rivals` are other portals, by the beginning of their identity."""

    missing: list[str]
    strays: list[str]
    rivals: list[str]


def sort_names(names: Sequence[str], installation: str, held: Collection[str]) -> Listing:
    """Sort a group's names into ours that are missing, ours that nobody holds, and other portals'."""
    found = set(names)
    owners = {name: match["owner"] for name in names if (match := _NAME.match(name))}
    ours = {name for name, owner in owners.items() if owner == installation[:8]}
    return Listing(
        missing=sorted(set(held) - found),
        strays=sorted(ours - set(held)),
        rivals=sorted({owner for owner in owners.values() if owner != installation[:8]}),
    )
