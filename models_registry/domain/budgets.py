"""What a month may cost, how it stands, and what becomes of an override that would go beyond it.

A budget never touches opening hours: it can warn, ask headquarters, or hold back what a person adds to the
plan. The prose is docs/billing.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from models_registry.domain.billing import cents
from portal.base.errors import InvalidInput

ASKED_FOR = timedelta(hours=1)
"""A request for something that begins at once waits at least so long for its answer."""


class InvalidBudget(InvalidInput):
    """A budget without a scope of its own, or from a day that begins no month."""

    code = "invalid_budget"


class BudgetScope(StrEnum):
    """Whose money a budget bounds."""

    FLEET = "FLEET"
    AREA = "AREA"
    STORE = "STORE"


class BudgetAction(StrEnum):
    """What happens to an override that would exceed a budget."""

    WARN = "WARN"
    ASK = "ASK"
    HOLD_BACK = "HOLD_BACK"


class Standing(StrEnum):
    """How a month stands against its budget."""

    WITHIN = "WITHIN"
    WILL_EXCEED = "WILL_EXCEED"
    EXCEEDED = "EXCEEDED"


STRICTNESS = (BudgetAction.WARN, BudgetAction.ASK, BudgetAction.HOLD_BACK)


@dataclass(frozen=True, slots=True)
class BudgetState:
    """One budget in one month: the limit, what has been billed, and what the month will come to.

    `name` is the area's or the store's, empty for the fleet; amounts are exact, not rounded.
    """

    budget_id: int
    scope: BudgetScope
    name: str
    area_id: int | None
    store_id: int | None
    month: date
    limit_usd: Decimal
    actual_usd: Decimal
    forecast_usd: Decimal
    action: BudgetAction

    @property
    def standing(self) -> Standing:
        """Compare what is shown: cents with the limit."""
        if cents(self.actual_usd) > self.limit_usd:
            return Standing.EXCEEDED
        return Standing.WILL_EXCEED if cents(self.forecast_usd) > self.limit_usd else Standing.WITHIN

    @property
    def left_usd(self) -> Decimal:
        """What the forecast leaves of the limit; below zero where it exceeds it."""
        return self.limit_usd - cents(self.forecast_usd)

    @property
    def actual_percent(self) -> float:
        """Where the bar of what has been billed ends."""
        return self._percent(self.actual_usd)

    @property
    def forecast_percent(self) -> float:
        """Where the bar of the forecast ends."""
        return self._percent(self.forecast_usd)

    @property
    def limit_percent(self) -> float:
        """Where the mark of the limit stands."""
        return self._percent(self.limit_usd)

    def _percent(self, usd: Decimal) -> float:
        """Return a length on a bar that holds the largest of the three."""
        whole = max(self.limit_usd, self.forecast_usd, self.actual_usd)
        return round(float(100 * usd / whole), 2) if whole else 0.0

    def would_exceed(self, more_usd: Decimal) -> bool:
        """Tell whether spending more, beyond the forecast, goes beyond the limit."""
        return more_usd > 0 and cents(self.forecast_usd + more_usd) > self.limit_usd


def strictest(states: Iterable[BudgetState], more_usd: Decimal) -> BudgetState | None:
    """Return the budget that decides about spending more: the strictest of those it would exceed."""
    exceeded = [state for state in states if state.would_exceed(more_usd)]
    return max(
        exceeded,
        key=lambda each: (STRICTNESS.index(each.action), -each.left_usd, each.budget_id),
        default=None,
    )


def lapses_at(starts_at: datetime, ends_at: datetime, *, at: datetime) -> datetime:
    """Return until when a request can be granted: its beginning, or an hour from now, never past its end."""
    return min(max(starts_at, at + ASKED_FOR), ends_at)


def check_month(valid_from: date) -> date:
    """Return the date if it begins a month; raise InvalidBudget if not."""
    if valid_from.day != 1:
        raise InvalidBudget("A budget begins with a month. Choose the first day of one.")
    return valid_from
