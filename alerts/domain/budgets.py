"""Budgets that are spent, or will be by the forecast."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from alerts.domain.kinds import Kind
from alerts.domain.wanted import Ref, Wanted

SPENT, FORECAST = "SPENT", "FORECAST"


class BudgetFacts(NamedTuple):
    """A budget of the fleet, an area or a store. Amounts are whole US dollars, so that cents are no news."""

    ref: Ref
    limit_usd: int
    spent_usd: int
    forecast_usd: int


def wanted_of_budgets(facts: Iterable[BudgetFacts]) -> set[Wanted]:
    """Return the alerts of budgets that are used up, or will be."""
    found = set()
    for each in facts:
        if each.spent_usd > each.limit_usd:
            cause = SPENT
        elif each.forecast_usd > each.limit_usd:
            cause = FORECAST
        else:
            continue
        found.add(Wanted(Kind.OVER_BUDGET, each.ref, cause, params={"limit_usd": each.limit_usd}))
    return found
