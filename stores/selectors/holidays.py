"""Holidays of one store: proposals, never closures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q

from stores.models import SpecialDay, Store
from stores.selectors.holiday_calendar import Region, holidays_of

PROPOSED_DAYS = 120


@dataclass(frozen=True, slots=True)
class Proposal:
    """One holiday of one store."""

    on: date
    name: str


def proposals_for(store: Store, *, today: date, language: str) -> list[Proposal]:
    """Return the store's holidays of the next 120 days without an answer, soonest first; one query."""
    known = holidays_ahead(store, today=today, language=language)
    days = SpecialDay.objects.filter(
        Q(store=store) | Q(area_id=store.area_id) | Q(store__isnull=True, area__isnull=True),
        on__in=[each.on for each in known],
    )
    answered = set(days.values_list("on", flat=True))
    return [each for each in known if each.on not in answered]


def holidays_ahead(store: Store, *, today: date, language: str) -> list[Proposal]:
    """Return the store's holidays of the next 120 days, answered or not, soonest first."""
    region, last_on = Region(store.country, store.subdivision), today + timedelta(days=PROPOSED_DAYS)
    known = holidays_of(region, first_on=today, last_on=last_on, language=language)
    return [Proposal(on, name) for on, name in known.items()]
