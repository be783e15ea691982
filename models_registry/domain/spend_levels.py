"""Spend from the fleet down to a deployment of a store: figures that add up, and as shown in a currency."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

from models_registry.domain.forecast import StoreForecast
from models_registry.domain.rounding import CENT, add_up, fit, fit_within
from portal.base.currency import Currency

ZERO = Decimal(0)
FEWEST_DAYS = 5
"""A spread of fewer days says nothing."""
EIGHT_OF_TEN = Decimal("1.2816")
"""So many standard deviations to either side hold eight of ten normal months."""


@dataclass(frozen=True, slots=True)
class Figures:
    """A month of some stores, exact, in US dollars; figures of parts add up to those of the whole.

    `planned_usd` is what the hours alone would have cost up to now; `rest_usd` is still to come.
    """

    actual_usd: Decimal = ZERO
    planned_usd: Decimal = ZERO
    yesterday_usd: Decimal = ZERO
    rest_usd: Decimal = ZERO
    always_on_usd: Decimal = ZERO
    article_usd: Decimal = ZERO
    minutes: Decimal = ZERO
    overhead_minutes: Decimal = ZERO
    open_minutes: int = 0
    trays: int = 0

    def __add__(self, other: Figures) -> Figures:
        return Figures(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))

    @property
    def usd_a_tray(self) -> Decimal | None:
        """What a tray has cost so far."""
        return self.actual_usd / self.trays if self.trays else None

    @property
    def open_hours(self) -> Decimal:
        """How long shops were open."""
        return Decimal(self.open_minutes) / 60

    @property
    def usd_an_open_hour(self) -> Decimal | None:
        """What an hour that a shop was open has cost so far."""
        return self.actual_usd * 60 / self.open_minutes if self.open_minutes else None


@dataclass(frozen=True, slots=True)
class StoreLine:
    """A store's month: its facts and figures, and those of each deployment that has served it."""

    store: StoreForecast
    figures: Figures
    deployments: Mapping[int, Figures]


def sum_of(figures: Iterable[Figures]) -> Figures:
    """Return the figures of the whole."""
    return sum(figures, Figures())


@dataclass(frozen=True, slots=True)
class Shown:
    """Figures as shown in one currency. Differences are those of what is shown, so that they add up, too."""

    actual: Decimal = ZERO
    planned: Decimal = ZERO
    yesterday: Decimal = ZERO
    rest: Decimal = ZERO
    always_on: Decimal = ZERO
    article: Decimal = ZERO
    minutes: Decimal = ZERO
    overhead: Decimal = ZERO

    def __add__(self, other: Shown) -> Shown:
        return Shown(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))

    @property
    def forecast(self) -> Decimal:
        """Billed, and still to come by the plan."""
        return self.actual + self.rest

    @property
    def difference(self) -> Decimal:
        """Billed beyond the plan up to now; negative where less was billed."""
        return self.actual - self.planned

    @property
    def saved(self) -> Decimal:
        """The forecast below a model that is never stopped."""
        return self.always_on - self.forecast

    @property
    def saved_article(self) -> Decimal:
        """The forecast below the article's fixed 13 hours of every day."""
        return self.article - self.forecast

    @property
    def share(self) -> Decimal | None:
        """The forecast as a part of a model that is never stopped."""
        return self.forecast / self.always_on if self.always_on else None


class Leaf(NamedTuple):
    """One store's money of one deployment in a month: the finest grain of what is billed."""

    area: int
    store: int
    deployment: int


@dataclass(frozen=True, slots=True)
class Billed:
    """What was billed, rounded once for the whole fleet: a figure is the same on every page that shows it."""

    money: Mapping[Leaf, Decimal]
    minutes: Mapping[Leaf, Decimal]

    def of_stores(self) -> dict[int, tuple[Decimal, Decimal]]:
        """Return money and minutes by store."""
        found: dict[int, tuple[Decimal, Decimal]] = defaultdict(lambda: (ZERO, ZERO))
        for leaf, usd in self.money.items():
            money, minutes = found[leaf.store]
            found[leaf.store] = money + usd, minutes + self.minutes[leaf]
        return found


def billed_shown(
    leaves: Mapping[Leaf, Decimal], minutes: Mapping[Leaf, Decimal], currency: Currency
) -> Billed:
    """Round the fleet's total, its areas to add up to it, each one's stores, and their deployments."""
    money = {leaf: currency.of(usd) for leaf, usd in leaves.items()}
    return Billed(_fitted(money, currency.step), _fitted(minutes, Decimal(1)))


def _fitted(amounts: Mapping[Leaf, Decimal], step: Decimal) -> dict[Leaf, Decimal]:
    areas: dict[int, dict[int, dict[Leaf, Decimal]]] = defaultdict(lambda: defaultdict(dict))
    for leaf, amount in amounts.items():
        areas[leaf.area][leaf.store][leaf] = amount
    sums = {
        area: {store: sum(own.values(), ZERO) for store, own in stores.items()}
        for area, stores in areas.items()
    }
    shown = fit_within(sums, step)
    return {
        leaf: amount
        for area, stores in areas.items()
        for store, own in stores.items()
        for leaf, amount in fit(own, shown[area][store], step).items()
    }


def lines_shown(
    lines: Mapping[int, Figures], billed: Mapping[int, tuple[Decimal, Decimal]], currency: Currency
) -> dict[int, Shown]:
    """Return each line as shown; columns add up to `sum` of the lines. `billed` holds money and minutes."""

    def column(name: str) -> dict[int, Decimal]:
        exact = {key: currency.of(getattr(line, name)) for key, line in lines.items()}
        return add_up(exact, currency.step)

    planned, yesterday, rest = column("planned_usd"), column("yesterday_usd"), column("rest_usd")
    always_on, article = column("always_on_usd"), column("article_usd")
    overhead = add_up({key: line.overhead_minutes for key, line in lines.items()}, Decimal(1))
    nothing = (ZERO.quantize(currency.step), ZERO)
    return {
        key: Shown(
            actual=billed.get(key, nothing)[0], planned=planned[key], yesterday=yesterday[key],
            rest=rest[key], always_on=always_on[key], article=article[key],
            minutes=billed.get(key, nothing)[1], overhead=overhead[key],
        )
        for key in lines
    }  # fmt: skip


class Range(NamedTuple):
    """Eight of ten months end between these, in US dollars."""

    low: Decimal
    high: Decimal


def forecast_range(figures: Figures, differences: Sequence[Decimal], days_left: int) -> Range | None:
    """Return how far a forecast may be off, from how days differed from their plan; None of too few days.

    The days to come differ as the past ones did: their mean a day, and their spread, which evens out with
    the square root of the days. What has been billed cannot be taken back.
    """
    forecast = figures.actual_usd + figures.rest_usd
    if days_left <= 0:
        return Range(forecast, forecast)
    if len(differences) < FEWEST_DAYS:
        return None
    count = len(differences)
    mean = sum(differences, ZERO) / count
    variance = sum(((each - mean) ** 2 for each in differences), ZERO) / (count - 1)
    centre = forecast + mean * days_left
    spread = EIGHT_OF_TEN * (variance * days_left).sqrt()
    low, high = min(forecast, centre - spread), max(forecast, centre + spread)
    return Range(max(figures.actual_usd, low).quantize(CENT, ROUND_HALF_EVEN), high.quantize(CENT))
