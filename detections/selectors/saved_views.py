"""Filters with a name."""

from __future__ import annotations

from django.db.models import Q

from detections.models import SavedView
from portal.base.models import User

MOST_SHOWN = 100


def views_for(person: User) -> list[SavedView]:
    """Return a person's views and those that others share, their own first; one query."""
    found = SavedView.objects.filter(Q(owner=person) | Q(is_shared=True)).select_related("owner")
    rows = sorted(found.order_by("name")[:MOST_SHOWN], key=lambda view: view.owner_id != person.pk)
    for row in rows:
        row.is_own = row.owner_id == person.pk  # type: ignore[attr-defined]  # for the page
    return rows
