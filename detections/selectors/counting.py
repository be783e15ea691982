"""How many photos match, without ever counting the whole log."""

from __future__ import annotations

import json

from django.db.models import QuerySet

from detections.domain.counts import MOST_COUNTED, Amount, amount_of
from detections.models import Detection
from detections.selectors.limits import TooSlow, time_limit
from detections.selectors.photos import HistoryFilter, photos
from stores.models import Store

COUNT_MS = 300
"""A count that takes longer is not worth waiting for: the planner's estimate is said instead."""


def amount(stores: QuerySet[Store], chosen: HistoryFilter) -> Amount:
    """Return how many photos match: exactly up to MOST_COUNTED, about above or where counting is slow.

    At most seven statements, of which one reads, at most MOST_COUNTED + 1 photos and COUNT_MS long.
    """
    found = photos(stores, chosen).order_by()
    try:
        with time_limit(COUNT_MS):
            counted = found.values("pk")[: MOST_COUNTED + 1].count()
    except TooSlow:
        return amount_of(None, _planned(found))
    if counted <= MOST_COUNTED:
        return amount_of(counted, 0)
    return amount_of(counted, _planned(found))


def _planned(found: QuerySet[Detection]) -> float:
    """Return how many rows PostgreSQL's planner expects; it reads statistics only."""
    (plan,) = json.loads(found.explain(format="json"))
    return float(plan["Plan"]["Plan Rows"])
