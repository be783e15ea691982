"""Runs to minutes, minutes to money, money to stores. The prose and the worked figures are docs/billing.md.

Source of the rule: the article, "billed by the minute, at least one minute"; AWS's developer guide, "charged
for the amount of time, in minutes, that the model is running", times inference units. STARTING and STOPPING
are not counted; whether AWS bills them is not documented.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import accumulate, pairwise
from math import lcm
from operator import itemgetter
from typing import NamedTuple

from models_registry.domain.rounding import CENT, apportion
from stores.domain.intervals import Span, clip, seconds_in, union
from stores.domain.localtime import day_start, from_seconds, local_date, to_seconds

MICRO = Decimal("0.000001")
ARTICLE_HOURS = 13
"""The article's fixed day: 06:30 to 19:30 for a shop that is open from 07:00 to 19:00."""
MINUTES_A_DAY = 1_440


class Rate(NamedTuple):
    """A price from an instant on; an empty region stands for every region without its own."""

    region: str
    valid_from: datetime
    usd_per_hour: Decimal


class RunFacts(NamedTuple):
    """What of a run is billed: `[start, end)` in UTC seconds while RUNNING, its units and its hourly rate."""

    start: int
    end: int
    units: int
    usd_per_hour: Decimal


class StoreClaim(NamedTuple):
    """A store's claim on a run: its zone, and the spans in which it needed the model."""

    timezone: str
    spans: Sequence[Span]


class Share(NamedTuple):
    """One store's part of a run on one local day. Minutes are unit minutes, `overhead` part of `minutes`."""

    store: int
    on: date
    minutes: Decimal
    overhead: Decimal
    usd: Decimal


def billed_minutes(seconds: int) -> int:
    """Return the minutes charged for `seconds` of running: begun minutes count, at least one."""
    return max(1, -(-seconds // 60))


def run_minutes(run: RunFacts) -> int:
    """Return the unit minutes of a run."""
    return billed_minutes(run.end - run.start) * run.units


def run_usd(run: RunFacts) -> Decimal:
    """Return what a run costs, to a millionth of a dollar."""
    return usd_for(run_minutes(run), run.usd_per_hour)


def usd_for(unit_minutes: int | Decimal, usd_per_hour: Decimal) -> Decimal:
    """Return the price of unit minutes at an hourly rate, to a millionth of a dollar."""
    return (unit_minutes * usd_per_hour / 60).quantize(MICRO, ROUND_HALF_EVEN)


def cents(usd: Decimal) -> Decimal:
    """Round money once, at the end, for showing: half to even, two places."""
    return usd.quantize(CENT, ROUND_HALF_EVEN)


def rate_at(rates: Iterable[Rate], region: str, at: datetime) -> Decimal | None:
    """Return the hourly price in `region` at `at`: the newest of the region, else of every region."""
    known = [rate for rate in rates if rate.valid_from <= at and rate.region in {region, ""}]
    best = max(known, key=lambda rate: (rate.region == region, rate.valid_from), default=None)
    return best.usd_per_hour if best else None


def split_run(
    run: RunFacts, claims: Mapping[int, StoreClaim], store_weights: Mapping[int, int] | None = None
) -> list[Share]:
    """Split a run over its stores and their local days; the shares add up to the run, to the last digit.

    With `store_weights` (of stores among the claims) each store pays in proportion to its weight, whoever
    needed what; its part lies on its local days as the run does. Without them:

    Every second is shared evenly by the stores that needed it then. Seconds that nobody needed are overhead
    and are shared evenly by the stores that needed any of the run, or by all `claims` when none did. No
    claims, no shares. Cost: 15 µs for one store's run within a day, else 50 µs and 5 µs a store and day.
    """
    if len(claims) < 2 and (short := _short_cut(run, claims)) is not None:
        return short
    weighed = {store: weight for store, weight in (store_weights or {}).items() if weight and store in claims}
    needed, overhead = _weigh_fixed(run, claims, weighed) if weighed else _weigh(run, claims)
    keys = sorted(set(needed) | set(overhead))
    weights = {key: needed[key] + overhead[key] for key in keys}
    total, minutes = sum(weights.values()), run_minutes(run)
    usd = apportion(run_usd(run), weights, MICRO)
    return [
        Share(
            store, on,
            _rounded(minutes * weights[store, on], total),
            _rounded(minutes * overhead[store, on], total),
            usd[store, on],
        )
        for store, on in keys
    ]  # fmt: skip


def _short_cut(run: RunFacts, claims: Mapping[int, StoreClaim]) -> list[Share] | None:
    """Return the shares where there is nothing to split: no claim, or one and a run within one local day."""
    for store, claim in claims.items():
        bounds = run.start, max(run.end, run.start + 1)
        on, last_on = (
            local_date(claim.timezone, from_seconds(second)) for second in (bounds[0], bounds[1] - 1)
        )
        if on != last_on:
            return None
        minutes, length = run_minutes(run), bounds[1] - bounds[0]
        idle = length - seconds_in(union(clip(claim.spans, bounds)))
        return [Share(store, on, Decimal(minutes), _rounded(minutes * idle, length), run_usd(run))]
    return []


Weights = defaultdict[tuple[int, date], int]
"""Shares of a run by store and local day, as whole numbers on one scale."""


def _weigh(run: RunFacts, claims: Mapping[int, StoreClaim]) -> tuple[Weights, Weights]:
    """Give each stretch of the run to the stores that needed it, or to all: needed and overhead weights.

    A run without length is weighed as its first second.
    """
    needed: Weights = defaultdict(int)
    overhead: Weights = defaultdict(int)
    bounds = run.start, max(run.end, run.start + 1)
    spans = {store: union(clip(claim.spans, bounds)) for store, claim in claims.items()}
    spans = {store: own for store, own in spans.items() if own} or spans
    zones = {name: _local_days(name, bounds) for name in {claims[store].timezone for store in spans}}
    sums = _running_sums(bounds, spans, {second for days in zones.values() for second, _ in days})
    idle_by_zone = {name: _idle_by_day(days, bounds[1], sums) for name, days in zones.items()}
    for store, own in spans.items():
        zone = claims[store].timezone
        for span in own:
            for start, end, on in _pieces(span, zones[zone]):
                needed[store, on] += sums[end][0] - sums[start][0]
        for on, weight in idle_by_zone[zone].items():
            overhead[store, on] += weight
    return needed, overhead


def _weigh_fixed(
    run: RunFacts, claims: Mapping[int, StoreClaim], weighed: Mapping[int, int]
) -> tuple[Weights, Weights]:
    """Give each store its weight for every second of the run; overhead is what nobody needed of it."""
    needed: Weights = defaultdict(int)
    overhead: Weights = defaultdict(int)
    bounds = run.start, max(run.end, run.start + 1)
    busy = union(clip([span for claim in claims.values() for span in claim.spans], bounds))
    for zone in {claims[store].timezone for store in weighed}:
        days = _local_days(zone, bounds)
        ends = [second for second, _ in days[1:]] + [bounds[1]]
        for (start, on), end in zip(days, ends, strict=True):
            used = seconds_in(clip(busy, (start, end)))
            for store, weight in weighed.items():
                if claims[store].timezone == zone:
                    needed[store, on] += weight * used
                    overhead[store, on] += weight * (end - start - used)
    return needed, overhead


def _running_sums(
    bounds: Span, spans: Mapping[int, Sequence[Span]], cuts: Iterable[int]
) -> dict[int, tuple[int, int]]:
    """Return, at every cut, what one store has gathered since the start: of needed and of idle time.

    A stretch that n stores need gives each a n-th of its seconds. All is scaled by the least common
    multiple of these n, so that the sums are exact whole numbers.
    """
    changes: dict[int, int] = defaultdict(int, {bounds[0]: 0, bounds[1]: 0} | dict.fromkeys(cuts, 0))
    for own in spans.values():
        for start, end in own:
            changes[start] += 1
            changes[end] -= 1
    ordered = sorted(changes)
    counts = list(accumulate(changes[cut] for cut in ordered))
    scale = lcm(len(spans), *(count for count in counts if count))
    needed = idle = 0
    sums = {ordered[0]: (0, 0)}
    for count, (start, end) in zip(counts, pairwise(ordered), strict=False):
        if count:
            needed += (end - start) * scale // count
        else:
            idle += (end - start) * scale // len(spans)
        sums[end] = needed, idle
    return sums


LocalDays = list[tuple[int, date]]
"""The local days that a run touches, each with the second it begins in the run."""


def _local_days(zone: str, bounds: Span) -> LocalDays:
    on = local_date(zone, from_seconds(bounds[0]))
    days = [(bounds[0], on)]
    while (second := to_seconds(day_start(zone, on + timedelta(days=1)))) < bounds[1]:
        on += timedelta(days=1)
        days.append((second, on))
    return days


def _pieces(span: Span, days: LocalDays) -> Iterator[tuple[int, int, date]]:
    """Yield a span cut at local midnights, each piece with its day."""
    index = bisect_right(days, span[0], key=itemgetter(0)) - 1
    start = span[0]
    while start < span[1]:
        until = days[index + 1][0] if index + 1 < len(days) else span[1]
        yield start, min(until, span[1]), days[index][1]
        start, index = min(until, span[1]), index + 1


def _idle_by_day(days: LocalDays, end: int, sums: Mapping[int, tuple[int, int]]) -> dict[date, int]:
    """Return each store's share of what nobody needed, by local day."""
    ends = [second for second, _ in days[1:]] + [end]
    found = {on: sums[until][1] - sums[start][1] for (start, on), until in zip(days, ends, strict=True)}
    return {on: weight for on, weight in found.items() if weight}


def _rounded(numerator: int, denominator: int) -> Decimal:
    """Return a fraction to four places, half to even."""
    whole, rest = divmod(numerator * 10_000, denominator)
    whole += 2 * rest > denominator or (2 * rest == denominator and whole % 2)
    return Decimal(whole).scaleb(-4)


def from_running(windows: Iterable[Span], usual_start_seconds: float | None) -> list[Span]:
    """Return what planned windows will bill: from RUNNING, about a usual start after each begins."""
    head = int(usual_start_seconds or 0)
    return [(start + head, end) for start, end in windows if end - start > head]


def planned_minutes(windows: Iterable[Span], units: int, usual_start_seconds: float | None) -> int:
    """Return the unit minutes that planned windows will bill: from RUNNING, about a usual start later."""
    spans = from_running(windows, usual_start_seconds)
    return sum(billed_minutes(end - start) * units for start, end in spans)


def always_on_minutes(days: int, units: int) -> int:
    """Return the unit minutes of a model that nobody ever stops."""
    return days * MINUTES_A_DAY * units


def article_minutes(days: int, units: int) -> int:
    """Return the unit minutes of the article's fixed 13-hour day, every day of the week."""
    return days * ARTICLE_HOURS * 60 * units
