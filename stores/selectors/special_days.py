"""Days that differ, as pages list them."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet

from stores.models import SpecialDay, Store

LISTED = 400


def days_ahead(store: Store, *, today: date) -> list[SpecialDay]:
    """Return the days from today that concern a store, whatever their scope; one query, 400 at most."""
    days = SpecialDay.objects.filter(
        Q(store=store) | Q(area_id=store.area_id) | Q(store__isnull=True, area__isnull=True), on__gte=today
    )
    return list(days.select_related("area", "author").order_by("on", "store_id", "id")[:LISTED])


def own_days(store: Store) -> QuerySet[SpecialDay]:
    """Return the days written for this very store."""
    return SpecialDay.objects.filter(store=store).select_related("store")


def wider_days() -> QuerySet[SpecialDay]:
    """Return the days written for an area or for all stores: headquarters' own."""
    return SpecialDay.objects.filter(store__isnull=True).select_related("area")
