"""A deployment's plan as schedules of AWS: recurring ones for the usual week, one-time ones for what differs.

Cron cannot except a date. So the usual week's orders are compared with the plan instant by instant: where
AWS would act and the plan does not, the recurring schedule ends before and begins again after (EndDate,
StartDate); where the plan acts and AWS would not, a one-time schedule does. Inside the horizon the schedules
therefore order exactly what the plan orders, clock changes, special days and overrides included.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from models_registry.domain.cron import HALF_A_DAY, Weekly, between, by_hour, once, wall_of
from models_registry.domain.overrides import OverrideSpan
from models_registry.domain.planning import StorePlan
from models_registry.domain.schedules import NAME, RETRY_SECONDS, Schedule, Target
from models_registry.domain.week_edges import Edge, UsualWeek, planned_edges, usual_plans, usual_week
from stores.domain.hours import clock_text
from stores.domain.intervals import Span
from stores.domain.localtime import DAY_SECONDS, from_seconds
from stores.domain.sentences import Refusal

MOST_SCHEDULES = 500
"""As many resources as one CloudFormation template takes."""
LONGEST_PREFIX = 40
START_RETRY_SECONDS = 900
SHORTEST_RETRY_SECONDS = 60
ENOUGH_DAYS = 3
"""So many days in a row at the same time are one bounded daily schedule instead of one-time ones."""
TWO_WEEKS = 14 * DAY_SECONDS


class NoSchedules(Refusal):
    """The deployment cannot be said in schedules; the sentence says why."""

    code = "no_schedules"


@dataclass(frozen=True, slots=True)
class Order:
    """What each schedule does, and under which names: of the version, its units, whose it is."""

    prefix: str
    version_arn: str
    min_units: int = 1
    max_units: int | None = None
    description: str = "kamado"


@dataclass(frozen=True, slots=True)
class WeekPlan:
    """What a deployment wants: its stores with their windows, its overrides, its clock, within bounds."""

    plans: Sequence[StorePlan]
    overrides: Sequence[OverrideSpan]
    timezone: str
    bounds: Span


@dataclass(frozen=True, slots=True)
class Exported:
    """The schedules of a deployment, the usual week behind them, and the orders they stand for."""

    schedules: list[Schedule]
    week: UsualWeek
    edges: frozenset[Edge]
    recurring: int
    first_dated: int | None = None
    """The first second that a schedule names: before it, they have to be in place."""

    @property
    def once(self) -> int:
        """How many of them belong to certain dates only."""
        return len(self.schedules) - self.recurring


@dataclass(frozen=True, slots=True)
class _Part:
    """A recurring order from one instant to another, or a one-time order (`second`)."""

    weekly: Weekly
    begin: int | None = None
    end: int | None = None
    second: int | None = None
    is_usual: bool = True

    @property
    def dates(self) -> list[int]:
        """The instants it names."""
        return [each for each in (self.begin, self.end, self.second) if each is not None]


def export(plan: WeekPlan, order: Order) -> Exported:
    """Return the schedules that order what the plan orders; raise NoSchedules when none can."""
    check_prefix(order.prefix)
    edges = planned_edges(plan.plans, plan.overrides, plan.bounds)
    week = usual_week(plan.plans, plan.timezone, plan.bounds[0])
    orders = [*by_hour(Target.START, week.starts), *by_hour(Target.STOP, week.stops)]
    parts = [part for weekly in orders for part in _segments(weekly, edges, plan.bounds)]
    covered = {Edge(each.target, second) for each in orders for second in each.instants(plan.bounds)}
    parts += [part for target in Target for part in _exceptions(target, edges - covered, plan.timezone)]
    if len(parts) > MOST_SCHEDULES:
        raise NoSchedules(
            "These hours need %(count)s schedules; one template takes %(most)s. Choose fewer days ahead.",
            count=len(parts),
            most=MOST_SCHEDULES,
        )
    schedules = list(_named(parts, order, _Gaps(edges)))
    dated = min((each for part in parts for each in part.dates), default=None)
    return Exported(schedules, week, edges, sum(part.is_usual for part in parts), dated)


def check_prefix(prefix: str) -> None:
    """Raise NoSchedules unless names that begin so are names for AWS."""
    if not NAME.match(prefix) or len(prefix) > LONGEST_PREFIX:
        raise NoSchedules(
            "“%(prefix)s” cannot begin the names of schedules: AWS takes letters, digits, - _ and ., at most "
            "64 of them, and %(rest)s are needed for the rest. Choose at most %(most)s.",
            prefix=prefix,
            rest=64 - LONGEST_PREFIX,
            most=LONGEST_PREFIX,
        )


def _segments(weekly: Weekly, edges: frozenset[Edge], bounds: Span) -> Iterator[_Part]:
    """Yield a recurring order without the instants at which the plan does not act."""
    low, high = bounds
    instants = weekly.instants((low, high + TWO_WEEKS))
    begin, kept = None, 0
    for index, second in enumerate(instants):
        if second >= high or Edge(weekly.target, second) in edges:
            kept += 1
            continue
        if kept:
            yield _Part(weekly, begin, between(instants[index - 1], second))
        begin, kept = between(second, instants[index + 1]), 0
    yield _Part(weekly, begin)


def _exceptions(target: Target, edges: Iterable[Edge], timezone: str) -> Iterator[_Part]:
    """Yield what acts on single dates; the same time on many days in a row is one bounded order."""
    days: dict[tuple[str, int, int], list[tuple[int, int]]] = {}
    for edge in sorted(edges):
        if edge.target is target:
            name = once(timezone, edge.second)[1]
            ordinal, minute = wall_of(name, edge.second)
            days.setdefault((name, minute, edge.second % 60), []).append((ordinal, edge.second))
    for (name, minute, odd), found in sorted(days.items()):
        weekly = Weekly(target, name, (minute,))
        for _, group in itertools.groupby(enumerate(found), key=lambda pair: pair[1][0] - pair[0]):
            seconds = [second for _, (_, second) in group]
            if len(seconds) >= ENOUGH_DAYS and not odd:
                rims = seconds[0] - HALF_A_DAY, seconds[-1] + HALF_A_DAY
                yield _Part(weekly, *rims, second=seconds[0], is_usual=False)
            else:
                yield from (_Part(weekly, second=second, is_usual=False) for second in seconds)


class _Gaps:
    """How long after an order the opposite one falls due."""

    def __init__(self, edges: Iterable[Edge]) -> None:
        self._seconds = {target: sorted(e.second for e in edges if e.target is target) for target in Target}
        every = sorted(itertools.chain.from_iterable(self._seconds.values()))
        self.reach = (every[0], every[-1]) if every else None

    def retry_seconds(self, target: Target, instants: Sequence[int]) -> int:
        """Return how long AWS may try again, so that no late order undoes the next one."""
        opposite = Target.STOP if target is Target.START else Target.START
        longest = START_RETRY_SECONDS if target is Target.START else RETRY_SECONDS
        following, place = self._seconds[opposite], 0
        for second in instants:
            while place < len(following) and following[place] <= second:
                place += 1
            if place < len(following):
                longest = min(longest, following[place] - second - 60)
        return max(longest, SHORTEST_RETRY_SECONDS)


def _named(parts: Iterable[_Part], order: Order, gaps: _Gaps) -> Iterator[Schedule]:
    taken: set[str] = set()
    for part in parts:
        base = f"{order.prefix}-{_name(part)}"
        name = next(each for each in (base, *(f"{base}-{n}" for n in range(2, 100))) if each not in taken)
        taken.add(name)
        yield _schedule(part, name, order, gaps)


def _name(part: _Part) -> str:
    target = "start" if part.weekly.target is Target.START else "stop"
    time = clock_text(part.weekly.minutes[0]).replace(":", "")
    if part.is_usual:
        return f"{target}-{time}" + (f"-{_day(part.weekly.timezone, part.begin)}" if part.begin else "")
    zulu = "Z" if part.weekly.timezone == "UTC" else ""
    return f"{target}-{_day(part.weekly.timezone, part.second or 0)}-{time}{zulu}"


def _day(timezone: str, second: int) -> str:
    return f"{date.fromordinal(wall_of(timezone, second)[0]):%Y%m%d}"


def _schedule(part: _Part, name: str, order: Order, gaps: _Gaps) -> Schedule:
    weekly, is_start = part.weekly, part.weekly.target is Target.START
    if part.second is not None and part.begin is None:
        expression, timezone = once(weekly.timezone, part.second)
        instants = [part.second]
    else:
        expression, timezone = weekly.expression, weekly.timezone
        instants = _instants(part, gaps)
    return Schedule(
        name=name, expression=expression, timezone=timezone, target=weekly.target,
        version_arn=order.version_arn, min_units=order.min_units if is_start else None,
        max_units=order.max_units if is_start else None, description=order.description,
        is_deleted_after=part.end is not None or (part.begin is None and part.second is not None),
        starts_at=_at(part.begin), ends_at=_at(part.end),
        retry_seconds=gaps.retry_seconds(weekly.target, instants),
    )  # fmt: skip


def _instants(part: _Part, gaps: _Gaps) -> list[int]:
    reach = gaps.reach
    if reach is None:
        return []
    return part.weekly.instants((part.begin or reach[0] - 1, part.end or reach[1] + 1))


def _at(second: int | None) -> datetime | None:
    return from_seconds(second) if second is not None else None


def clock_surprises(plan: WeekPlan, exported: Exported, days: int = 365) -> list[int]:
    """Return when, in the year after the horizon, clock changes make AWS act apart from the usual week."""
    after = plan.bounds[1], plan.bounds[1] + days * DAY_SECONDS
    wanted = planned_edges(usual_plans(plan.plans, after), (), after)
    orders = [*by_hour(Target.START, exported.week.starts), *by_hour(Target.STOP, exported.week.stops)]
    ordered = {Edge(each.target, second) for each in orders for second in each.instants(after)}
    return sorted(edge.second for edge in wanted ^ ordered)
