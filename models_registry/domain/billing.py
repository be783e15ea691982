"""Runs to minutes, minutes to money, money to stores. The prose and the worked figures are docs/billing.md.

Source of the rule: the article, "billed by the minute, at least one minute"; AWS's developer guide, "charged
for the amount of time, in minutes, that the model is running", times inference units. STARTING and STOPPING
are not counted; whether AWS bills them is not documented.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import NamedTuple

from stores.domain.intervals import Span, boundaries, clip, contains
from stores.domain.localtime import day_start, from_seconds, local_date, to_seconds

MICRO = Decimal("0.000001")
CENT = Decimal("0.01")
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


def usd_for(unit_minutes: int | Decimal | Fraction, usd_per_hour: Decimal) -> Decimal:
    """Return the price of unit minutes at an hourly rate, to a millionth of a dollar."""
    exact = Fraction(unit_minutes) * Fraction(usd_per_hour) / 60
    return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(MICRO, ROUND_HALF_EVEN)


def cents(usd: Decimal) -> Decimal:
    """Round money once, at the end, for showing: half to even, two places."""
    return usd.quantize(CENT, ROUND_HALF_EVEN)


def rate_at(rates: Iterable[Rate], region: str, at: datetime) -> Decimal | None:
    """Return the hourly price in `region` at `at`: the newest of the region, else of every region."""
    known = [rate for rate in rates if rate.valid_from <= at and rate.region in {region, ""}]
    best = max(known, key=lambda rate: (rate.region == region, rate.valid_from), default=None)
    return best.usd_per_hour if best else None


def split_run(run: RunFacts, claims: Mapping[int, StoreClaim]) -> list[Share]:
    """Split a run over its stores and their local days; the shares add up to the run, to the last digit.

    Every second is shared evenly by the stores that needed it then. Seconds that nobody needed are overhead
    and are shared evenly by all `claims`. No claims, no shares.
    """
    if not claims:
        return []
    needed, overhead = _weigh(run, claims)
    keys = sorted(set(needed) | set(overhead))
    total = Fraction(run.end - run.start) or Fraction(len(keys))
    minutes = Fraction(run_minutes(run))
    usd = _apportion(run_usd(run), {key: needed[key] + overhead[key] for key in keys})
    return [
        Share(
            store, on,
            _decimal(minutes * (needed[store, on] + overhead[store, on]) / total),
            _decimal(minutes * overhead[store, on] / total),
            usd[store, on],
        )
        for store, on in keys
    ]  # fmt: skip


Weights = defaultdict[tuple[int, date], Fraction]


def _weigh(run: RunFacts, claims: Mapping[int, StoreClaim]) -> tuple[Weights, Weights]:
    """Walk the run from cut to cut and give each stretch to the stores that needed it, or to all."""
    needed: Weights = defaultdict(Fraction)
    overhead: Weights = defaultdict(Fraction)
    bounds = (run.start, run.end)
    spans = {store: clip(claim.spans, bounds) for store, claim in claims.items()}
    midnights = _midnights({claim.timezone for claim in claims.values()}, bounds)
    cuts = list(boundaries([bounds], *spans.values(), midnights)) if run.end > run.start else []
    for start, end in zip(cuts, cuts[1:], strict=False):
        takers = [store for store, own in spans.items() if contains(own, start)]
        weights, stores = (needed, takers) if takers else (overhead, list(claims))
        for store in stores:
            weights[store, local_date(claims[store].timezone, from_seconds(start))] += Fraction(
                end - start, len(stores)
            )
    if not cuts:
        for store, claim in claims.items():
            overhead[store, local_date(claim.timezone, from_seconds(run.start))] = Fraction(1)
    return needed, overhead


def _midnights(zones: Iterable[str], bounds: Span) -> list[Span]:
    """Return every local midnight inside the bounds as a cut; the length of the spans does not matter."""
    cuts: list[Span] = []
    for name in zones:
        on = local_date(name, from_seconds(bounds[0])) + timedelta(days=1)
        while (second := to_seconds(day_start(name, on))) < bounds[1]:
            cuts.append((second, bounds[1]))
            on += timedelta(days=1)
    return cuts


def _apportion(
    total: Decimal, weights: Mapping[tuple[int, date], Fraction]
) -> dict[tuple[int, date], Decimal]:
    """Split a total by weights into millionths that add up: largest remainder (Hamilton's method)."""
    whole = int(total / MICRO)
    sum_of_weights = sum(weights.values(), Fraction(0))
    exact = {key: whole * weight / sum_of_weights for key, weight in weights.items()}
    parts = {key: int(value) for key, value in exact.items()}
    missing = whole - sum(parts.values())
    for key in sorted(exact, key=lambda each: (parts[each] - exact[each], each))[:missing]:
        parts[key] += 1
    return {key: part * MICRO for key, part in parts.items()}


def _decimal(exact: Fraction) -> Decimal:
    return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(
        Decimal("0.0001"), ROUND_HALF_EVEN
    )


def planned_minutes(windows: Iterable[Span], units: int, usual_start_seconds: float | None) -> int:
    """Return the unit minutes that planned windows will bill: from RUNNING, about a usual start later."""
    head = int(usual_start_seconds or 0)
    return sum(billed_minutes(end - start - head) * units for start, end in windows if end - start > head)


def always_on_minutes(days: int, units: int) -> int:
    """Return the unit minutes of a model that nobody ever stops."""
    return days * MINUTES_A_DAY * units


def article_minutes(days: int, units: int) -> int:
    """Return the unit minutes of the article's fixed 13-hour day, every day of the week."""
    return days * ARTICLE_HOURS * 60 * units
