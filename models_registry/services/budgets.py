"""Budgets: set, taken away, and asked before a person adds to the plan. Opening hours are never cut."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext

from models_registry.domain.budgets import BudgetAction, BudgetScope, BudgetState, check_month, strictest
from models_registry.domain.overrides import OverrideKind
from models_registry.models import Budget
from models_registry.selectors.budgets import budgets_above, more_usd
from portal.base.errors import PortalError
from portal.base.models import User
from portal.base.showing import show_usd
from stores.access import is_headquarters
from stores.domain.intervals import Span
from stores.domain.localtime import from_seconds, to_seconds
from stores.models import Area, Store

if TYPE_CHECKING:
    from models_registry.services.overrides import OverrideOrder


class HeldBack(PortalError):
    """A budget does not let this override be; the message says whose budget and whom to ask."""

    code = "held_back"


@dataclass(frozen=True, slots=True)
class Question:
    """What headquarters is to be asked: an override, what it costs more, and the budget it exceeds."""

    store: Store
    starts_at: datetime
    ends_at: datetime
    why: str
    usd: Decimal
    budget_id: int


class NeedsApproval(PortalError):
    """A budget lets this override be only with headquarters' yes; `question` is what to ask."""

    code = "needs_approval"

    def __init__(self, message: str, question: Question) -> None:
        super().__init__(message)
        self.question = question


@dataclass(frozen=True, slots=True)
class BudgetOrder:
    """A budget to set: for an area, a store, or (neither) the fleet; `valid_from` begins a month."""

    usd_per_month: Decimal
    valid_from: date
    action: BudgetAction
    area: Area | None = None
    store: Store | None = None


def set_budget(*, order: BudgetOrder, author: User) -> Budget:
    """Write a budget down, in place of one for the same scope and month. Raises InvalidBudget."""
    budget, _ = Budget.objects.update_or_create(
        area=order.area,
        store=order.store,
        valid_from=check_month(order.valid_from),
        defaults={
            "usd_per_month": order.usd_per_month,
            "action": order.action.value,
            "author": author,
        },
    )
    return budget


def remove_budget(*, budget: Budget) -> None:
    """Take a budget away; the one before it holds again, if any."""
    budget.delete()


def check_budget(*, order: OverrideOrder, author: User | None, at: datetime) -> None:
    """Raise HeldBack or NeedsApproval if an override would take a month beyond a budget.

    Asked of a store's people who want a model to run longer than planned. Headquarters, and the portal
    itself, decide for themselves; stopping costs nothing; what the plan runs anyway costs nothing more.
    """
    if order.store is None or order.kind is not OverrideKind.RUN or author is None or is_headquarters(author):
        return
    if order.starts_at is None or order.ends_at is None:
        return
    states = budgets_above(order.store, at=at)
    if not states:
        return
    span: Span = (to_seconds(max(order.starts_at, at)), to_seconds(order.ends_at))
    more = more_usd(order.store, span, at=at)
    state = strictest(states, more)
    if state is None:
        return
    if state.action is BudgetAction.HOLD_BACK:
        raise HeldBack(_sentence(state, more) + " " + gettext("It is held back. Ask headquarters."))
    question = Question(
        order.store, from_seconds(span[0]), order.ends_at, order.why[:200], more, state.budget_id
    )
    raise NeedsApproval(_sentence(state, more) + " " + gettext("It needs headquarters’ yes."), question)


def _sentence(state: BudgetState, more: Decimal) -> str:
    """Say which budget it would exceed; figures of the store's own only: others' are not its people's."""
    said = {
        "more": show_usd(more),
        "limit": show_usd(state.limit_usd),
        "forecast": show_usd(state.forecast_usd),
        "name": state.name,
    }
    if state.scope is BudgetScope.STORE:
        return (
            gettext(
                "This would cost %(more)s more, and the store’s budget is %(limit)s a month; "
                "the month comes to %(forecast)s as it is."
            )
            % said
        )
    if state.scope is BudgetScope.AREA:
        return gettext("This would cost %(more)s more, beyond this month’s budget of %(name)s.") % said
    return gettext("This would cost %(more)s more, beyond this month’s budget of the whole fleet.") % said
