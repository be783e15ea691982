"""How the budgets stand, as alerts see it."""

from __future__ import annotations

from datetime import datetime

from alerts.domain.budgets import BudgetFacts
from alerts.domain.wanted import FLEET, Ref, Subject
from models_registry.domain.budgets import BudgetState
from models_registry.selectors.budgets import budget_states
from stores.models import Store


def budget_facts(*, at: datetime) -> list[BudgetFacts]:
    """Return every budget's standing; two milliseconds for each store that has one."""
    states = budget_states(Store.objects.all(), at=at)
    return [BudgetFacts(_ref(each), int(each.limit_usd), each.standing.value) for each in states]


def _ref(state: BudgetState) -> Ref:
    if state.store_id is not None:
        return Ref(Subject.STORE, state.store_id)
    return Ref(Subject.AREA, state.area_id) if state.area_id is not None else FLEET
