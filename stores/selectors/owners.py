"""People as services ask for them: whose word is bound, and whom to write to. Doors are `stores.access`."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet

from portal.base.models import User
from stores.models import Membership, Role, Store


def is_bound(author: AbstractBaseUser | None) -> bool:
    """Tell whether a person acts within headquarters' bounds; the portal itself and headquarters do not.

    One query, none for a superuser.
    """
    if author is None or getattr(author, "is_superuser", False):
        return False
    everywhere = Membership.objects.filter(area__isnull=True, store__isnull=True, role=Role.HQ)
    return not everywhere.filter(user_id=author.pk).exists()


def owners_of_store(store: Store) -> QuerySet[User]:
    """Return the active people who own a store."""
    mine = Membership.objects.filter(store=store, role=Role.OWNER)
    return User.objects.filter(pk__in=mine.values("user_id"), is_active=True).order_by("pk")
