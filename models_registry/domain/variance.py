"""Why runs cost more or less than planned, in money, second by second; docs/billing.md, *Why it differs*.

The plan is what the opening hours alone ask for: no override, one usual start after each window begins. Each
stretch in which plan and run differ has one cause; what is left, begun minutes and digits, is ROUNDING, so
that the causes of a store's day add up to its difference exactly.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from models_registry.domain.billing import MICRO, RunFacts, Share, StoreClaim
from models_registry.domain.overrides import OverrideKind, OverrideSpan
from stores.domain.localtime import day_start, from_seconds, local_date, to_seconds

BEFORE_WINDOW = 2 * 3600
"""A start that failed so long before a window was meant for it."""


class Cause(StrEnum):
    """What made a stretch cost more or less than planned."""

    OVERRIDE = "OVERRIDE"
    EARLY_START = "EARLY_START"
    LATE_START = "LATE_START"
    FAILED_START = "FAILED_START"
    NOT_STARTED = "NOT_STARTED"
    LATE_STOP = "LATE_STOP"
    EARLY_STOP = "EARLY_STOP"
    UNITS = "UNITS"
    SWITCH = "SWITCH"
    PRICE = "PRICE"
    SHARING = "SHARING"
    OUTSIDE = "OUTSIDE"
    HOURS = "HOURS"
    ROUNDING = "ROUNDING"


class Named(NamedTuple):
    """A cause, and the person behind it where there is one."""

    cause: Cause
    who: str = ""


class Divided(NamedTuple):
    """Runs of one kind with what divides them: whose needs, and which weights (`billing.split_run`)."""

    facts: RunFacts
    claims: Mapping[int, StoreClaim]
    weights: Mapping[int, int] = {}
    is_outside: bool = False


@dataclass(frozen=True, slots=True)
class Story:
    """All that happened to one deployment. `plan` is by its hours alone; seconds are UTC.

    `overrides` are the stores' and the deployment's; `failed_at` when starts were ordered that came to
    nothing, `starting_at` when the one under way was.
    """

    timezones: Mapping[int, str]
    plan: Sequence[Divided] = ()
    runs: Sequence[Divided] = ()
    overrides: Sequence[OverrideSpan] = ()
    failed_at: Sequence[int] = ()
    starting_at: int | None = None


StoreDay = tuple[int, date]
Causes = dict[StoreDay, dict[Named, Decimal]]


def causes_of(story: Story, actual: Iterable[Share], planned: Iterable[Share]) -> Causes:
    """Return why each store's day differs from its plan; a day's causes add up to actual − planned.

    `actual` and `planned` are the shares of the story's runs and plan. Cost: 20 µs a stretch and 5 µs a store
    in one that differs.
    """
    rest: dict[StoreDay, Decimal] = defaultdict(Decimal)
    for share in actual:
        rest[share.store, share.on] += share.usd
    for share in planned:
        rest[share.store, share.on] -= share.usd
    exact: dict[StoreDay, dict[Named, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for start, end, moment in _moments(story):
        for store, named, per_second in moment.differences():
            day = store, local_date(story.timezones[store], from_seconds(start))
            exact[day][named] += per_second * (end - start)
    return {day: found for day in rest | exact if (found := _settled(exact.get(day, {}), rest[day]))}


def _settled(exact: Mapping[Named, Decimal], difference: Decimal) -> dict[Named, Decimal]:
    """Round causes to millionths; what the whole minutes add or take is a cause of its own."""
    found = {named: usd.quantize(MICRO, ROUND_HALF_EVEN) for named, usd in exact.items()}
    found[Named(Cause.ROUNDING)] = difference - sum(found.values(), Decimal(0))
    return {named: usd for named, usd in found.items() if usd}


def _moments(story: Story) -> Iterator[tuple[int, int, _Moment]]:
    """Yield the stretches in which anything runs or is planned, each with what holds in it."""
    everything = [*story.plan, *story.runs]
    cuts = {edge for each in everything for edge in each.facts[:2]}
    low, high = (min(cuts), max(cuts)) if cuts else (0, 0)
    cuts |= {edge for each in story.overrides for edge in (each.start, each.end) if low < edge < high}
    for claims in {id(each.claims): each.claims for each in everything}.values():
        cuts |= {e for claim in claims.values() for span in claim.spans for e in span if low < e < high}
    cuts |= _midnights(set(story.timezones.values()), low, high)
    needs = {id(each.claims): _Needs(each.claims) for each in everything}
    for start, end in pairwise(sorted(cuts)):
        plan = [each for each in story.plan if each.facts.start <= start < each.facts.end]
        runs = [each for each in story.runs if each.facts.start <= start < each.facts.end]
        if plan or runs:
            who = {key: each.at(start) for key, each in needs.items()}
            yield start, end, _Moment(story, start, plan, runs, who)


def _midnights(zones: Iterable[str], low: int, high: int) -> set[int]:
    """Return the local midnights between two instants."""
    found = set()
    for zone in zones:
        on = local_date(zone, from_seconds(low)) + timedelta(days=1)
        while (second := to_seconds(day_start(zone, on))) < high:
            found.add(second)
            on += timedelta(days=1)
    return found


class _Needs:
    """Who needs the model, asked in order of time."""

    def __init__(self, claims: Mapping[int, StoreClaim]) -> None:
        self._events = sorted(
            (edge, is_start, store)
            for store, claim in claims.items()
            for span in claim.spans
            for is_start, edge in ((0, span[1]), (1, span[0]))
        )
        self._next = 0
        self._open: dict[int, int] = defaultdict(int)

    def at(self, second: int) -> frozenset[int]:
        """Return the stores that need the model from `second` on."""
        while self._next < len(self._events) and self._events[self._next][0] <= second:
            _, is_start, store = self._events[self._next]
            self._open[store] += 1 if is_start else -1
            self._next += 1
        return frozenset(store for store, count in self._open.items() if count > 0)


@dataclass(slots=True)
class _Moment:
    """A stretch in which nothing changes: what is planned and running, and who needs it."""

    story: Story
    second: int
    plan: list[Divided]
    runs: list[Divided]
    needs: Mapping[int, frozenset[int]]
    _fractions: dict[int, dict[int, Decimal]] = field(default_factory=dict)

    def differences(self) -> Iterator[tuple[int, Named, Decimal]]:
        """Yield what each store pays more a second than planned, and why."""
        if not self.runs:
            for plan in self.plan:
                yield from self._spread(plan, self._why_off(plan), -_per_second(plan.facts))
            return
        first, *others = sorted(self.runs, key=lambda each: each.facts.start)
        for other in others:
            yield from self._spread(other, Named(Cause.SWITCH), _per_second(other.facts))
        if not self.plan:
            yield from self._spread(first, self._why_on(first), _per_second(first.facts))
            return
        yield from self._both(self.plan[0], first)

    def _both(self, plan: Divided, run: Divided) -> Iterator[tuple[int, Named, Decimal]]:
        units = Decimal(run.facts.units - plan.facts.units) * plan.facts.usd_per_hour / 3600
        price = run.facts.units * (run.facts.usd_per_hour - plan.facts.usd_per_hour) / 3600
        if units:
            yield from self._spread(run, Named(Cause.UNITS), units)
        if price:
            yield from self._spread(run, Named(Cause.PRICE), price)
        paid, due = self._fraction(run), self._fraction(plan)
        if paid != due:
            for store in paid.keys() | due.keys():
                more = paid.get(store, Decimal(0)) - due.get(store, Decimal(0))
                yield store, Named(Cause.SHARING), more * _per_second(plan.facts)

    def _spread(
        self, divided: Divided, named: Named, per_second: Decimal
    ) -> Iterator[tuple[int, Named, Decimal]]:
        for store, fraction in self._fraction(divided).items():
            yield store, named, per_second * fraction

    def _fraction(self, divided: Divided) -> dict[int, Decimal]:
        """Return each store's part of this stretch, as `billing.split_run` divides it."""
        weights = {store: weight for store, weight in divided.weights.items() if weight}
        if not weights:
            needing = self.needs[id(divided.claims)] or _sharers(divided)
            weights = dict.fromkeys(needing, 1)
        total = sum(weights.values())
        return {store: Decimal(weight) / total for store, weight in weights.items()}

    def _why_on(self, run: Divided) -> Named:
        """Name why the model runs though the hours do not ask for it."""
        override = self._override(OverrideKind.RUN)
        if override is not None:
            return Named(Cause.OVERRIDE, override.author)
        if self.story.plan and self.needs[id(self.story.plan[0].claims)]:
            return Named(Cause.EARLY_START)
        if run.is_outside:
            return Named(Cause.OUTSIDE)
        if self.needs[id(run.claims)]:
            return Named(Cause.HOURS)
        touched = [each.facts for each in self.story.plan if _touch(each.facts, run.facts)]
        if any(plan.end <= self.second for plan in touched) or self._follows_override(run):
            return Named(Cause.LATE_STOP)
        return Named(Cause.EARLY_START if touched else Cause.OUTSIDE)

    def _why_off(self, plan: Divided) -> Named:
        """Name why the model does not run though the hours ask for it."""
        override = self._override(OverrideKind.STOP)
        if override is not None:
            return Named(Cause.OVERRIDE, override.author)
        start, end = plan.facts[:2]
        runs = [each.facts for each in self.story.runs]
        if any(start < run.end <= self.second for run in runs):
            return Named(Cause.EARLY_STOP)
        ready = min((run.start for run in runs if self.second < run.start < end), default=None)
        if any(start - BEFORE_WINDOW <= failed < (ready or end) for failed in self.story.failed_at):
            return Named(Cause.FAILED_START)
        under_way = self.story.starting_at is not None and self.story.starting_at >= start - BEFORE_WINDOW
        return Named(Cause.LATE_START if ready is not None or under_way else Cause.NOT_STARTED)

    def _override(self, kind: OverrideKind) -> OverrideSpan | None:
        live = [each for each in self.story.overrides if each.start <= self.second < each.end]
        return max((each for each in live if each.kind is kind), key=lambda each: each.pk, default=None)

    def _follows_override(self, run: Divided) -> bool:
        return any(
            each.kind is OverrideKind.RUN and run.facts.start < each.end <= self.second
            for each in self.story.overrides
        )


def _per_second(facts: RunFacts) -> Decimal:
    return facts.units * facts.usd_per_hour / 3600


def _sharers(divided: Divided) -> set[int]:
    """Return who shares what nobody needs of a run: the stores that needed any of it, or all."""
    start, end = divided.facts[:2]
    some = {
        store
        for store, claim in divided.claims.items()
        if any(span[0] < max(end, start + 1) and span[1] > start for span in claim.spans)
    }
    return some or set(divided.claims)


def _touch(one: RunFacts, other: RunFacts) -> bool:
    return one.start < other.end and other.start < one.end
