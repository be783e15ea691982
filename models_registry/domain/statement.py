"""A store's month on one page: what was billed, for which days and runs, at which prices, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from models_registry.domain.billing import Rate
from models_registry.domain.rounding import add_up

MINUTE = Decimal(1)
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Amounts:
    """Unit minutes, how many of them nobody needed, and their price; exact."""

    minutes: Decimal = ZERO
    overhead: Decimal = ZERO
    usd: Decimal = ZERO

    def __add__(self, other: Amounts) -> Amounts:
        return Amounts(self.minutes + other.minutes, self.overhead + other.overhead, self.usd + other.usd)


@dataclass(frozen=True, slots=True)
class Allocation:
    """A deployment that served the store: how many stores shared it, and the store's part of its money."""

    deployment: str
    stores: int
    share: Decimal | None
    amounts: Amounts


@dataclass(frozen=True, slots=True)
class StartCause:
    """Why runs were started: the code of the reason, who asked if a person did, and how many runs."""

    code: str
    author: str
    runs: int


@dataclass(frozen=True, slots=True)
class Deviation:
    """Why the month cost more or less than its opening hours alone, in money."""

    cause: str
    who: str
    usd: Decimal


@dataclass(frozen=True, slots=True)
class Statement:
    """Everything a monthly statement says; days and allocations add up to the same total."""

    code: str
    name: str
    area: str
    timezone: str
    month: date
    made_at: datetime
    is_final: bool
    days: Mapping[date, Amounts]
    allocations: tuple[Allocation, ...]
    prices: tuple[Rate, ...]
    causes: tuple[StartCause, ...]
    deviations: tuple[Deviation, ...]
    runs: int
    starting: timedelta

    @property
    def total(self) -> Amounts:
        """The sum of the days."""
        return sum(self.days.values(), Amounts())

    def shown_days(self) -> dict[date, tuple[Decimal, Decimal, Decimal]]:
        """Return minutes, overhead and money of each day, rounded so that the columns add up."""
        columns = [
            add_up({on: getattr(day, name) for on, day in self.days.items()}, step)
            for name, step in (("minutes", MINUTE), ("overhead", MINUTE), ("usd", Decimal("0.01")))
        ]
        return {on: (columns[0][on], columns[1][on], columns[2][on]) for on in sorted(self.days)}

    def shown_total(self) -> tuple[Decimal, Decimal, Decimal]:
        """Return what the shown days add up to."""
        rows = self.shown_days().values()
        minutes, overhead, usd = (sum((row[index] for row in rows), ZERO) for index in range(3))
        return minutes, overhead, usd

    def shown_allocations(self) -> list[tuple[Allocation, Decimal, Decimal]]:
        """Return each deployment with minutes and money, rounded so that they add up to the same total."""
        minutes = add_up({n: each.amounts.minutes for n, each in enumerate(self.allocations)}, MINUTE)
        usd = add_up({n: each.amounts.usd for n, each in enumerate(self.allocations)})
        return [(each, minutes[n], usd[n]) for n, each in enumerate(self.allocations)]
