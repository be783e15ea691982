"""What one person has chosen."""

from __future__ import annotations

from alerts.models import NotificationWishes
from portal.base.models import User


def wants_digest(user: User) -> bool:
    """Tell whether a person gets the weekly mail; everybody does who did not say no."""
    row = NotificationWishes.objects.filter(user=user).first()
    return row is None or row.wants_digest
