"""What a month without special days and overrides costs with other hours: for previews and the usage scan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from models_registry.domain.billing import rate_at, usd_for
from models_registry.domain.planning import StoreNeed, ready_windows
from models_registry.models import Deployment
from models_registry.selectors.plans import plans_of_deployments
from models_registry.selectors.spend import inference_rates
from stores.domain.control import ACTING_MODES
from stores.domain.hours import DayHours
from stores.domain.intervals import Span, seconds_in, union
from stores.domain.localtime import to_seconds
from stores.models import Store

WEEKS = 4
MONTHS_A_YEAR, DAYS_A_YEAR = 12, 365
Week = tuple[DayHours, ...]


def cost_of_week(store: Store, *, at: datetime) -> Callable[[Week], Decimal] | None:
    """Return a function from a week of the store to what its model costs a month; None without one.

    Every store that shares the model is counted with its own week: an hour that another needs anyway costs
    nothing more. Planned over the next four weeks and scaled to a twelfth of a year. Nine queries, then none.
    """
    deployment = Deployment.objects.filter(assignments__store=store).select_related("connection").first()
    if deployment is None:
        return None
    bounds = to_seconds(at), to_seconds(at + timedelta(weeks=WEEKS))
    plans = plans_of_deployments([deployment], bounds)[deployment.pk].plans
    needs = [each.need for each in plans if each.need.control in ACTING_MODES]
    others = union(span for need in needs if need.pk != store.pk for span in _spans(need, bounds))
    mine = next((need for need in needs if need.pk == store.pk), None)
    rate = rate_at(inference_rates(), deployment.connection.region, at) or Decimal(0)
    units = deployment.min_inference_units

    def cost(week: Week) -> Decimal:
        own = _spans(mine, bounds, week) if mine is not None else []
        minutes = Decimal(seconds_in(union([*others, *own]))) * units / 60
        return usd_for(minutes * DAYS_A_YEAR / (MONTHS_A_YEAR * WEEKS * 7), rate)

    return cost


def _spans(need: StoreNeed, bounds: Span, week: Week | None = None) -> Sequence[Span]:
    rules = replace(need.rules, weekly=week if week is not None else need.rules.weekly, special={})
    plain = need._replace(rules=rules, overrides=())
    return [window[:2] for window in ready_windows(plain, bounds)]
