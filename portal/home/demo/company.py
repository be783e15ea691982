"""The people of the demonstration beside headquarters, and what headquarters has set: money and bounds."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from models_registry.domain.budgets import BudgetAction
from models_registry.services.budgets import BudgetOrder, set_budget
from models_registry.services.currencies import save_rates
from portal.base.currency import DatedRate
from portal.base.models import User
from portal.home.demo import cast
from stores.domain.bounds import Limits
from stores.models import Area, Store
from stores.services.bounds import set_bounds
from stores.services.people import add_membership


def hire_people() -> None:
    """Give everybody of the cast a sign-in and a role; who is there stays as they are."""
    for part in cast.PEOPLE:
        person, is_new = User.objects.get_or_create(
            username=part.sign_in,
            defaults={
                "last_name": part.family_name,
                "first_name": part.given_name,
                "email": f"{part.sign_in}@kamado.example",
            },
        )
        if is_new:
            person.set_password(cast.PASSWORD)
            person.save(update_fields=["password"])
            area = Area.objects.get(name=part.area) if part.area else None
            store = Store.objects.get(code=part.store) if part.store else None
            add_membership(person=person, role=part.role, area=area, store=store)


def set_money_and_bounds(author: User, *, at: datetime) -> None:
    """Set a budget that warns and one that holds back, a latest closing, and yen."""
    month = at.date().replace(day=1)
    tokyo = Area.objects.get(name=cast.POP_UP_AREA)
    fleet = BudgetOrder(Decimal(cast.FLEET_BUDGET_USD), month, BudgetAction.WARN)
    held = BudgetOrder(Decimal(cast.AREA_BUDGET_USD), month, BudgetAction.HOLD_BACK, area=tokyo)
    for order in (fleet, held):
        set_budget(order=order, author=author)
    limits = Limits(latest_closing_minute=cast.LATEST_CLOSING_MINUTE)
    set_bounds(area=None, store=None, limits=limits, author=author, at=at)
    save_rates([DatedRate("JPY", Decimal(cast.YEN_PER_USD), at.date(), "デモ / demonstration")])
