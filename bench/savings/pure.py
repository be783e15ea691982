"""A store's year through the portal's own decisions: plan, wish, decide, ledger, bill. No database, no HTTP.

The model is Rekognition Local's arithmetic: its drawn start and stop times by version and start, its meter
over its own run records. Time moves only to instants at which something can change, each on the five-second
raster of the tick.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

from bench.savings.chain import YEAR, ChainStore, always_open
from models_registry.domain.billing import RunFacts, Share, StoreClaim, split_run
from models_registry.domain.lead import WINDOW, learned_lead_minutes
from models_registry.domain.lifecycle import Action, Desired, History, Observed, decide
from models_registry.domain.planning import StoreNeed, StorePlan, Wish, deployment_wish, ready_windows
from models_registry.domain.status import VersionStatus
from rekognition_local.meter import read_run
from rekognition_local.settings import Durations
from rekognition_local.storage.records import Run
from stores.domain.hours import DayHours, StoreRules, open_days
from stores.domain.intervals import Span, clip, intersect, seconds_in, union
from stores.domain.localtime import DAY_SECONDS, EPOCH_ORDINAL, from_seconds

TICK_SECONDS = 5
SEED = 7
DRAWN = Durations()
HORIZON_SECONDS = 8 * DAY_SECONDS
LEAD_HISTORY_SECONDS = int(timedelta(days=90).total_seconds())
USD_PER_HOUR = Decimal(4)
FIRST_ORDINAL = from_seconds(0).replace(year=YEAR).toordinal()
LAST_ORDINAL = from_seconds(0).replace(year=YEAR + 1).toordinal() - 1
FIRST = (FIRST_ORDINAL - 2 - EPOCH_ORDINAL) * DAY_SECONDS
UNTIL = (LAST_ORDINAL + 4 - EPOCH_ORDINAL) * DAY_SECONDS


@dataclass(frozen=True, slots=True)
class Schedule:
    """How a model is scheduled: the opening lead (learned or fixed), the closing buffer, or fixed hours."""

    name: str
    learns: bool = False
    lead: int = 30
    tail: int = 30
    fixed: DayHours = ()


@dataclass(slots=True)
class Model:
    """A model version as Rekognition Local would have it, without the wire."""

    arn: str
    run: Run | None = None
    runs: list[Run] = field(default_factory=list)
    stops_until_ms: int = 0

    def status(self, second: int) -> VersionStatus:
        """Return AWS's word for it at a second."""
        at_ms = second * 1000
        if self.run is not None:
            running = self.run.running_ms is not None and self.run.running_ms <= at_ms
            return VersionStatus.RUNNING if running else VersionStatus.STARTING
        return VersionStatus.STOPPING if at_ms < self.stops_until_ms else VersionStatus.STOPPED

    def start(self, second: int) -> None:
        """Begin a run whose length of starting is drawn as Rekognition Local draws it."""
        lasts = DRAWN.start.draw(seed=SEED, key=f"start:{self.arn}:{len(self.runs) + 1}")
        self.run = Run(self.arn, 1, second * 1000, second * 1000 + lasts, None, None)
        self.runs.append(self.run)

    def stop(self, second: int) -> None:
        """End the run."""
        lasts = DRAWN.stop.draw(seed=SEED, key=f"stop:{self.arn}:{len(self.runs)}")
        assert self.run is not None
        self.runs[-1] = replace(self.run, stop_requested_ms=second * 1000)
        self.run, self.stops_until_ms = None, second * 1000 + lasts

    def next_change(self, second: int) -> int | None:
        """Return the second by which its status will next be another, if it moves by itself."""
        due = self.run.running_ms if self.run is not None else self.stops_until_ms
        return -(-due // 1000) if due is not None and due > second * 1000 else None


@dataclass(slots=True)
class LedgerRun:
    """What the portal writes down of a run, in its own five-second sight."""

    requested_at: int
    running_at: int | None = None
    stopping_at: int | None = None


@dataclass(frozen=True, slots=True)
class StoreYear:
    """What a store's year came to, in minutes, seconds and openings."""

    billed_minutes: int
    metered_minutes: int
    starting_seconds: int
    usd: Decimal
    open_seconds: int
    served_seconds: int
    openings: int
    ready: int
    latest_seconds: int
    runs: int
    ledger: tuple[LedgerRun, ...] = ()


def store_year(store: ChainStore, schedule: Schedule, *, first: int = FIRST, until: int = UNTIL) -> StoreYear:
    """Simulate a year of a store under a schedule, or a part of it; about 0.5 ms an opening."""
    rules = always_open(store.rules, schedule.fixed) if schedule.fixed else store.rules
    model, ledger = Model(store.arn), list[LedgerRun]()
    _drive(model, ledger, rules, schedule, (first, until))
    return _sum_up(store.rules, rules, schedule, model, ledger)


def _drive(
    model: Model, ledger: list[LedgerRun], rules: StoreRules, schedule: Schedule, bounds: Span
) -> None:
    """Tick at every instant within the bounds at which something can change."""
    second, wish = bounds[0], None
    while second < bounds[1]:
        if wish is None or wish.next_change is None or second >= wish.next_change:
            wish = _plan(rules, schedule, ledger, second)
        acted = _tick(model, ledger, wish, second)
        due = [each for each in (wish.next_change, model.next_change(second)) if each is not None]
        due += [second + TICK_SECONDS] if acted else []
        following = min(due, default=second + HORIZON_SECONDS)
        second = max(-(-following // TICK_SECONDS) * TICK_SECONDS, second + TICK_SECONDS)


def _plan(rules: StoreRules, schedule: Schedule, ledger: list[LedgerRun], second: int) -> Wish:
    """Work out the wish as the portal's replanning does, with the lead learned so far."""
    lead = schedule.lead
    if schedule.learns:
        since = second - 1 - LEAD_HISTORY_SECONDS
        starts = [
            float(run.running_at - run.requested_at)
            for run in ledger[-WINDOW - 1 :]
            if run.running_at is not None and run.requested_at >= since
        ]
        lead = learned_lead_minutes(starts, fallback_minutes=schedule.lead)
    need = StoreNeed(1, "S", rules, lead, schedule.tail)
    windows = ready_windows(need, (second - 1, second + HORIZON_SECONDS))
    return deployment_wish([StorePlan(need, windows)], (), second)


def _tick(model: Model, ledger: list[LedgerRun], wish: Wish, second: int) -> bool:
    """Look, settle the ledger, decide, act once; tell whether anything was ordered."""
    at, status = from_seconds(second), model.status(second)
    run = ledger[-1] if ledger and ledger[-1].stopping_at is None else None
    if run is not None and run.running_at is None and status is VersionStatus.RUNNING:
        run.running_at = second
    opens_at = from_seconds(wish.opens_at) if wish.opens_at is not None else None
    decision = decide(
        desired=Desired(wish.is_wanted, wish.may_start, wish.may_stop, wish.is_dry_run, opens_at),
        observed=Observed(status, at, None),
        history=History(from_seconds(run.requested_at) if run and run.running_at is None else None),
        at=at,
    )
    if decision.action is Action.START:
        model.start(second)
        ledger.append(LedgerRun(second))
    elif decision.action is Action.STOP and run is not None:
        model.stop(second)
        run.stopping_at = second
    return decision.action is not Action.WAIT


def _sum_up(
    opens: StoreRules, planned: StoreRules, schedule: Schedule, model: Model, ledger: list[LedgerRun]
) -> StoreYear:
    """Bill the ledger, read the meter, and look at every opening of the year."""
    readings = [read_run(run, at_ms=(run.stop_requested_ms or 0) + 1) for run in model.runs]
    up = [((run.running_ms or 0) / 1000, (run.stop_requested_ms or 0) / 1000) for run in model.runs]
    days = open_days(opens, FIRST_ORDINAL, LAST_ORDINAL)
    waits = [_wait(up, day.start, day.end) for day in days]
    opened = union(day.span for day in days)
    shares = list(_shares(planned, schedule, ledger))
    return StoreYear(
        billed_minutes=int(sum(share.minutes for share in shares)),
        metered_minutes=sum(reading.billable_minutes for reading in readings),
        starting_seconds=sum(reading.starting_ms for reading in readings) // 1000,
        usd=sum((share.usd for share in shares), Decimal(0)),
        open_seconds=seconds_in(opened),
        served_seconds=seconds_in(intersect(opened, [(-int(-low), int(high)) for low, high in up])),
        openings=len(days),
        ready=sum(wait == 0 for wait in waits),
        latest_seconds=max(waits, default=0),
        runs=len(model.runs),
        ledger=tuple(ledger),
    )


def _wait(up: list[tuple[float, float]], opens: int, closes: int) -> int:
    """Return how many seconds after its opening a store has a running model; the whole day if never."""
    index = bisect_right(up, opens, key=lambda run: run[0]) - 1
    if index >= 0 and up[index][1] > opens:
        return 0
    later = [start for start, _ in up[index + 1 : index + 2] if start < closes]
    return int(-(-later[0] // 1) - opens) if later else closes - opens


def _shares(rules: StoreRules, schedule: Schedule, ledger: list[LedgerRun]) -> Iterator[Share]:
    """Yield what the portal bills, run by run, by the store's local days."""
    for run in ledger:
        if run.running_at is None or run.stopping_at is None:
            continue
        span = run.running_at, run.stopping_at
        need = StoreNeed(1, "S", rules, schedule.lead, schedule.tail)
        windows = clip([window[:2] for window in ready_windows(need, span)], span)
        yield from split_run(RunFacts(*span, 1, USD_PER_HOUR), {1: StoreClaim(rules.timezone, windows)})
