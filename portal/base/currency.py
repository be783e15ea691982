"""The currency a reader sees. Everything stored is US dollars; this is the last step before showing.

A rate holds from a date on; one that is older than `stale_days` is shown with a mark, and a currency without
a rate is shown as dollars with a note.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple


class DatedRate(NamedTuple):
    """So many units of a currency for a US dollar, from a date on."""

    currency: str
    per_usd: Decimal
    valid_from: date
    source: str = ""


@dataclass(frozen=True, slots=True)
class Currency:
    """What a reader's amounts are shown in; `wished` names the currency for which no rate is known."""

    code: str = "USD"
    per_usd: Decimal = Decimal(1)
    digits: int = 2
    valid_from: date | None = None
    source: str = ""
    age_days: int = 0
    is_stale: bool = False
    wished: str = ""

    @property
    def is_usd(self) -> bool:
        """Tell whether nothing is converted."""
        return self.code == "USD"

    @property
    def step(self) -> Decimal:
        """The smallest amount shown: a cent, a yen."""
        return Decimal(1).scaleb(-self.digits)

    def of(self, usd: Decimal) -> Decimal:
        """Return dollars in this currency, exact."""
        return usd * self.per_usd

    def rounded(self, usd: Decimal) -> Decimal:
        """Return one amount in this currency as shown, half to even. Columns use `billing.add_up`."""
        return self.of(usd).quantize(self.step, ROUND_HALF_EVEN)


USD = Currency()


def currency_on(
    wished: str, rates: Iterable[DatedRate], *, on: date, today: date, stale_days: int, digits: int
) -> Currency:
    """Return a currency at the rate of a date: the newest that was valid then. None known: dollars, noted."""
    if wished == "USD":
        return USD
    known = [rate for rate in rates if rate.currency == wished and rate.valid_from <= on]
    best = max(known, key=lambda rate: rate.valid_from, default=None)
    if best is None:
        return Currency(wished=wished)
    age = (min(on, today) - best.valid_from).days
    return Currency(
        wished, best.per_usd, digits, best.valid_from, best.source, age_days=age, is_stale=age > stale_days
    )


_in_force: ContextVar[Callable[[], Currency] | None] = ContextVar("currency", default=None)


def currency_in_force() -> Currency:
    """Return what amounts are shown in here and now; dollars unless `showing_in` says otherwise."""
    asked = _in_force.get()
    return asked() if asked is not None else USD


@contextmanager
def showing_in(ask: Callable[[], Currency]) -> Iterator[None]:
    """Show amounts in what `ask` returns; it is asked when the first amount is shown."""
    token = _in_force.set(ask)
    try:
        yield
    finally:
        _in_force.reset(token)
