"""The whole fleet in numbers, for a machine that watches it: no person's scope, a query each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Count, Sum

from models_registry.models import Run, StoreSpend, Trouble
from models_registry.selectors.fleet import ModelState, with_state
from models_registry.selectors.spend import zone_of
from stores.models import Store


@dataclass(frozen=True, slots=True)
class FleetNumbers:
    """Stores by the state of their model, what runs and is billed now, open troubles, the month's cost."""

    stores: dict[str, int]
    running_models: int
    running_units: int
    troubles: dict[str, int]
    month_usd: Decimal
    month_unit_minutes: Decimal


def chain_zone() -> str:
    """Return the zone that most stores live by; one query."""
    return zone_of(Store.objects.all())


def fleet_numbers(*, at: datetime, month: date) -> FleetNumbers:
    """Return the numbers of now and of the month that begins on a day; four queries."""
    stores = with_state(Store.objects.all(), at=at).order_by().values("model_state")  # type: ignore[misc]  # annotated
    states = dict(stores.annotate(count=Count("pk")).values_list("model_state", "count"))
    running = Run.objects.filter(ended_at__isnull=True, running_at__isnull=False, stopping_at__isnull=True)
    runs = running.aggregate(models=Count("pk"), units=Sum("inference_units"))
    troubles = Trouble.objects.filter(closed_at__isnull=True).order_by().values("code")
    spend = StoreSpend.objects.filter(on__gte=month).aggregate(usd=Sum("usd"), minutes=Sum("billed_minutes"))
    return FleetNumbers(
        stores={state.value: states.get(state.value, 0) for state in ModelState},
        running_models=runs["models"],
        running_units=runs["units"] or 0,
        troubles=dict(troubles.annotate(count=Count("pk")).values_list("code", "count")),
        month_usd=spend["usd"] or Decimal(0),
        month_unit_minutes=spend["minutes"] or Decimal(0),
    )
