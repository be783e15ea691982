"""AWS's own counts beside our ledger: the port to them, and the difference explained in minutes.

`InServiceInferenceUnits` is CloudWatch's metric of the units in service, a data point a minute for each
project and version. CloudWatch keeps data points of a minute for 15 days. The prose is docs/billing.md.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple, Protocol

from models_registry.domain.billing import RunFacts, run_minutes
from portal.base.errors import PortalError
from stores.domain.intervals import Span

MINUTE = 60
KEPT = timedelta(days=15)
"""CloudWatch keeps data points of one minute so long."""
GRACE_SECONDS = 5 * MINUTE
"""Units may still be counted for so long after a stop was accepted."""


TOLERANCE = 2
"""Minutes of a run and unit that may differ unsaid: one at each of its rims."""
DIFFERS = "METER_DIFFERS"
"""The code of the trouble of a version that CloudWatch counts otherwise."""


class MeteringError(PortalError):
    """CloudWatch or Cost Explorer gave no usable answer."""

    code = "metering_error"


class MeteringDenied(MeteringError):
    """The role may not read it; `permission` is what it lacks."""

    code = "metering_denied"

    def __init__(self, message: str, permission: str) -> None:
        super().__init__(message)
        self.permission = permission


class VersionName(NamedTuple):
    """How CloudWatch names a model version."""

    project: str
    version: str


class Cost(NamedTuple):
    """A line of Cost Explorer: what was used, how much of it, and its cost."""

    usage_type: str
    quantity: Decimal
    usd: Decimal


Points = Mapping[int, Decimal]
"""Units in service by the UTC second at which a minute begins."""


class Metering(Protocol):
    """CloudWatch and Cost Explorer of one account and region."""

    def units_in_service(
        self, versions: Sequence[VersionName], bounds: Span
    ) -> dict[VersionName, dict[int, Decimal]]:
        """Return the data points of versions. Raises MeteringError."""
        ...

    def costs(self, first: date, after: date) -> list[Cost]:
        """Return what Amazon Rekognition cost from a day to before another. Raises MeteringError."""
        ...


class LedgerRun(NamedTuple):
    """A run of the ledger: when it was requested, and what of it is billed."""

    pk: int
    version: VersionName
    requested: int
    facts: RunFacts


class RimRun(NamedTuple):
    """A run across a rim of the stretch that is compared, from its request to its end: left out."""

    version: VersionName
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class RunDifference:
    """What the metric says of a run beyond what we bill, in unit minutes; the parts add up to `difference`.

    `starting` was counted before the run was RUNNING, `stopping` after its stop; `missing` minutes have no
    data point (negative); `units` is other units than ordered; `rounding` is the minutes at its rims.
    """

    run: LedgerRun
    billed: int
    metered: Decimal
    starting: Decimal
    stopping: Decimal
    missing: Decimal
    units: Decimal

    @property
    def difference(self) -> Decimal:
        """Metered minus billed."""
        return self.metered - self.billed

    @property
    def rounding(self) -> Decimal:
        """What the other parts leave: a minute begun or ended inside one of the metric's."""
        return self.difference - self.starting - self.stopping - self.missing - self.units


PARTS = ("starting", "stopping", "missing", "units", "rounding")


class Outside(NamedTuple):
    """Units in service that no run of the ledger stands for: from, to, unit minutes."""

    version: VersionName
    start: int
    end: int
    metered: Decimal


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """A stretch of a connection: every run with its difference, and what belongs to none."""

    bounds: Span
    runs: tuple[RunDifference, ...] = ()
    outside: tuple[Outside, ...] = ()
    without_data: tuple[VersionName, ...] = field(default=())

    @property
    def billed(self) -> int:
        """What the ledger bills."""
        return sum(each.billed for each in self.runs)

    @property
    def metered(self) -> Decimal:
        """All that CloudWatch counted."""
        return _sum(each.metered for each in self.runs) + self.outside_minutes

    def part(self, name: str) -> Decimal:
        """Return the sum of one part of the differences."""
        return _sum(getattr(each, name) for each in self.runs)

    @property
    def outside_minutes(self) -> Decimal:
        """What belongs to no run."""
        return _sum(each.metered for each in self.outside)

    @property
    def explained(self) -> dict[str, Decimal]:
        """Every part of the difference between metered and billed; they add up to it."""
        return {name: self.part(name) for name in PARTS} | {"outside": self.outside_minutes}


class Differing(NamedTuple):
    """A version that CloudWatch counts otherwise, in unit minutes; OUTSIDE for what is no run's."""

    version: VersionName
    cause: str
    billed: int
    metered: int


def differing(found: Reconciliation) -> list[Differing]:
    """Return the versions whose runs differ by more than rims explain; those without any data are left out.

    CloudWatch knows only models that were trained and started after August 2022.
    """
    told: dict[VersionName, Differing] = {}
    for each in found.outside:
        if each.metered > TOLERANCE:
            before = told.get(each.version, Differing(each.version, "OUTSIDE", 0, 0))
            told[each.version] = before._replace(metered=before.metered + int(each.metered))
    sums: dict[VersionName, list[RunDifference]] = defaultdict(list)
    for run in found.runs:
        name = run.run.version
        if name not in found.without_data and abs(run.difference) > TOLERANCE * run.run.facts.units:
            sums[name].append(run)
    for name, runs in sums.items():
        metered = int(_sum(run.metered for run in runs))
        told[name] = Differing(name, "RUNS", sum(run.billed for run in runs), metered)
    return [told[name] for name in sorted(told)]


def without_rims(
    metric: Mapping[VersionName, Points], rims: Iterable[RimRun]
) -> dict[VersionName, dict[int, Decimal]]:
    """Return the data points that belong to no run across a rim."""
    taken: dict[VersionName, list[Span]] = defaultdict(list)
    for version, start, end in rims:
        taken[version].append((start // MINUTE * MINUTE, end + GRACE_SECONDS))
    return {
        version: {
            second: units
            for second, units in points.items()
            if not any(start <= second < end for start, end in taken[version])
        }
        for version, points in metric.items()
    }


def reconcile(
    runs: Iterable[LedgerRun], metric: Mapping[VersionName, Points], bounds: Span
) -> Reconciliation:
    """Lay data points beside the runs of their versions. Points go to the newest run that may own them."""
    by_version: dict[VersionName, list[LedgerRun]] = defaultdict(list)
    for run in sorted(runs, key=lambda each: (each.requested, each.pk)):
        by_version[run.version].append(run)
    differences: list[RunDifference] = []
    outside: list[Outside] = []
    without = []
    for version in sorted(by_version.keys() | metric.keys()):
        points, mine = metric.get(version, {}), by_version[version]
        owned, alone = _owned(mine, points)
        differences += [_difference(run, owned[run.pk]) for run in mine]
        outside += _stretches(version, alone)
        if mine and not points:
            without.append(version)
    differences.sort(key=lambda each: (each.run.facts.start, each.run.pk))
    return Reconciliation(bounds, tuple(differences), tuple(outside), tuple(without))


def _owned(
    runs: Sequence[LedgerRun], points: Points
) -> tuple[dict[int, dict[int, Decimal]], dict[int, Decimal]]:
    """Split points into those of each run and those of none."""
    begins = [run.requested // MINUTE * MINUTE for run in runs]
    owned: dict[int, dict[int, Decimal]] = {run.pk: {} for run in runs}
    alone: dict[int, Decimal] = {}
    for second, units in points.items():
        index = bisect_right(begins, second) - 1
        if not units:
            continue
        if index >= 0 and second < runs[index].facts.end + GRACE_SECONDS:
            owned[runs[index].pk][second] = units
        else:
            alone[second] = units
    return owned, alone


def _difference(run: LedgerRun, points: Points) -> RunDifference:
    start, end = run.facts.start, run.facts.end
    first, last = -(-start // MINUTE) * MINUTE, end // MINUTE * MINUTE
    whole = range(first, last, MINUTE)
    units = run.facts.units
    return RunDifference(
        run=run,
        billed=run_minutes(run.facts),
        metered=sum(points.values(), Decimal(0)),
        starting=_sum(value for second, value in points.items() if second + MINUTE <= start),
        stopping=_sum(value for second, value in points.items() if second >= end),
        missing=Decimal(-units * sum(second not in points for second in whole)),
        units=_sum(points[second] - units for second in whole if second in points),
    )


def _sum(values: Iterable[Decimal]) -> Decimal:
    return sum(values, Decimal(0))


def _stretches(version: VersionName, points: Points) -> list[Outside]:
    found: list[Outside] = []
    for second in sorted(points):
        if found and found[-1].end == second:
            last = found[-1]
            found[-1] = last._replace(end=second + MINUTE, metered=last.metered + points[second])
        else:
            found.append(Outside(version, second, second + MINUTE, points[second]))
    return found
