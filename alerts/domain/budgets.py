"""Budgets that are spent, or will be by the forecast."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from alerts.domain.kinds import Kind
from alerts.domain.wanted import Ref, Wanted

CAUSES = {"EXCEEDED": "SPENT", "WILL_EXCEED": "FORECAST"}


class BudgetFacts(NamedTuple):
    """A budget of the fleet, an area or a store: its limit in whole dollars, and how its month stands."""

    ref: Ref
    limit_usd: int
    standing: str


def wanted_of_budgets(facts: Iterable[BudgetFacts]) -> set[Wanted]:
    """Return the alerts of budgets that are used up, or will be."""
    return {
        Wanted(Kind.OVER_BUDGET, each.ref, CAUSES[each.standing], params={"limit_usd": each.limit_usd})
        for each in facts
        if each.standing in CAUSES
    }
