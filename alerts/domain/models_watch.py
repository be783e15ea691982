"""What is wrong with models: from what the tick knows to the alerts that should stand.

“Not ready at opening” rings before the queue forms. A model that runs is ready. One that is starting is late
when its usual start would end after the opening, or when it has taken longer than nearly all starts do and
the opening is near, or at the latest two minutes before the opening. One that has not begun to start is late
as soon as a usual start from now would end after the opening. An AWS that does not answer changes nothing
here: the last known state holds, and AWS itself is alarmed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from alerts.domain.kinds import Kind
from alerts.domain.wanted import Ref, Subject, Wanted

USUAL_START = timedelta(minutes=9)
SLOW_START = timedelta(minutes=18)
"""What starts take until a deployment has its own: the middle and the end of the 4 to 18 minutes seen."""
NEAR = timedelta(minutes=15)
LATEST = timedelta(minutes=2)
STARTING, RUNNING, STOPPING = "STARTING", "RUNNING", "STOPPING"
FAILURES = ("START_FAILED", "GONE", "UNUSABLE")
BLOCKERS = ("QUOTA", *FAILURES, "ACCESS_DENIED", "STUCK_STARTING", "STUCK_STOPPING")


class ModelFacts(NamedTuple):
    """One deployment as the tick last knew it; `status` is empty without a live version.

    `usual` and `slow` are how long its starts take, half of them and nearly all of them; None while unknown.
    """

    deployment: int
    connection: int
    status: str
    status_since: datetime | None
    is_wanted: bool
    may_start: bool
    may_stop: bool
    is_dry_run: bool
    opens_at: datetime | None
    problems: tuple[str, ...] = ()
    stores: int = 1
    usual: timedelta | None = None
    slow: timedelta | None = None


def wanted_of_models(facts: Iterable[ModelFacts], *, at: datetime) -> set[Wanted]:
    """Return the alerts that should stand for deployments."""
    return {wanted for each in facts for wanted in _wanted_of(each, at)}


def _wanted_of(facts: ModelFacts, at: datetime) -> Iterator[Wanted]:
    found: list[tuple[Kind, str]] = []
    if is_late(facts, at):
        found.append((Kind.NOT_READY, late_because(facts)))
    if not facts.is_wanted and facts.status == RUNNING:
        blocked = facts.is_dry_run or not facts.may_stop
        found.append((Kind.STRAY, "") if blocked else (Kind.STILL_RUNNING, ""))
    for problem in facts.problems:
        if problem in {"STUCK_STARTING", "STUCK_STOPPING"}:
            found.append((Kind.STUCK, problem))
        elif problem in FAILURES:
            found.append((Kind.FAILED, problem))
        elif problem == "QUOTA":
            found.append((Kind.NO_SLOT, ""))
    ref = Ref(Subject.DEPLOYMENT, facts.deployment)
    for kind, cause in dict(found).items():
        params: dict[str, Any] = {"stores": facts.stores}
        if kind is Kind.NOT_READY and facts.opens_at is not None:
            params["opens_at"] = facts.opens_at.isoformat()
        yield Wanted(kind, ref, cause, facts.connection, params=params)


def is_late(facts: ModelFacts, at: datetime) -> bool:
    """Tell whether a model will not be ready, or is not, when customers come."""
    if not facts.is_wanted or facts.opens_at is None or facts.is_dry_run or facts.status == RUNNING:
        return False
    usual, slow = facts.usual or USUAL_START, facts.slow or SLOW_START
    if facts.status != STARTING or facts.status_since is None:
        return at + usual > facts.opens_at
    begun = facts.status_since
    is_overdue = at > begun + slow and at > facts.opens_at - NEAR
    return begun + usual > facts.opens_at or is_overdue or at > facts.opens_at - LATEST


def late_because(facts: ModelFacts) -> str:
    """Return the first thing that keeps a model from being ready."""
    if not facts.status:
        return "NO_VERSION"
    for blocker in BLOCKERS:
        if blocker in facts.problems:
            return blocker
    if facts.status == STARTING:
        return "SLOW_START"
    return "LATE_START" if facts.may_start else "MAY_NOT_START"


class ConnectionFacts(NamedTuple):
    """An AWS account that fails, and since when."""

    pk: int
    error_code: str = ""
    failing_since: datetime | None = None


def wanted_of_connections(facts: Iterable[ConnectionFacts]) -> set[Wanted]:
    """Return the alerts that should stand for accounts that do not answer or deny."""
    return {
        Wanted(
            Kind.AWS_UNREACHABLE,
            Ref(Subject.CONNECTION, each.pk),
            each.error_code,
            each.pk,
            since=each.failing_since,
        )
        for each in facts
        if each.error_code
    }


def wanted_of_orphans(versions: Iterable[tuple[int, int, datetime]]) -> set[Wanted]:
    """Return the alerts for models that run and belong to nobody: (version, connection, since)."""
    return {
        Wanted(Kind.ORPHAN, Ref(Subject.VERSION, version), "", connection, since=since)
        for version, connection, since in versions
    }
