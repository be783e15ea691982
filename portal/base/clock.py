"""The one place that reads the wall clock. Only the edge (views, tasks, commands) imports it."""

from datetime import datetime

from django.utils import timezone


def now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return timezone.now()
