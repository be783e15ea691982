"""Keep what a person wishes to be told."""

from __future__ import annotations

from typing import Any

from alerts.models import NotificationWishes
from portal.base.models import User


def keep_wishes(*, user: User, row: dict[str, Any]) -> None:
    """Write a person's wishes, the first time or again."""
    NotificationWishes.objects.update_or_create(user=user, defaults=row)


def end_digest(*, user: User) -> None:
    """Send a person no weekly mail any more."""
    NotificationWishes.objects.update_or_create(user=user, defaults={"wants_digest": False})
