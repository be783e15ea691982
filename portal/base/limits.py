"""How often something may be tried from outside before it has to wait."""

from __future__ import annotations

from django.core.cache import cache


def is_over(name: str, *, limit: int, seconds: int) -> bool:
    """Count one more of `name`; tell whether there were more than `limit` within some seconds."""
    key = f"limit:{name}"
    cache.add(key, 0, timeout=seconds)
    try:
        return cache.incr(key) > limit
    except ValueError:  # it lapsed between the two
        return False
