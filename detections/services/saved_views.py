"""Views saved and removed by whoever they belong to."""

from __future__ import annotations

from django.db import transaction

from detections.models import SavedView
from portal.base.errors import InvalidInput
from portal.base.models import User

MOST_OWN = 50


def save_view(*, owner: User, name: str, query: str, is_shared: bool) -> SavedView:
    """Keep filters under a name; a name used before gets the new filters. Raises InvalidInput when full."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=owner.pk)
        own = SavedView.objects.filter(owner=owner)
        if not own.filter(name=name).exists() and own.count() >= MOST_OWN:
            raise InvalidInput("You have 50 views. Remove one that you no longer need.")
        view, _ = SavedView.objects.update_or_create(
            owner=owner, name=name, defaults={"query": query, "is_shared": is_shared}
        )
    return view


def remove_view(*, owner: User, pk: int) -> bool:
    """Remove one's own view; tell whether there was one."""
    return SavedView.objects.filter(owner=owner, pk=pk).delete()[0] > 0
