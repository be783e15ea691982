"""Trays answered, for the apps below that divide money by them (`settings.TRAY_COUNTER`)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Sum

from detections.domain.localhours import floor_hour
from detections.models import StoreHour


def trays_of(stores: Iterable[int], *, since: datetime, until: datetime) -> dict[int, int]:
    """Return how many photos of each store were answered in the hours that touch a span; one query.

    Counted hours are read, a minute old at most; imports and batches are left out of them.
    """
    rows = StoreHour.objects.filter(store_id__in=list(stores), hour__gte=floor_hour(since), hour__lt=until)
    sums = rows.order_by().values("store_id").annotate(trays=Sum("answered"))
    return dict(sums.values_list("store_id", "trays"))
