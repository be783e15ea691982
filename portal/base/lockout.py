"""How long somebody waits after too many wrong passwords or codes, and how the wait is lifted.

allauth counts the wrong tries in the cache (`ACCOUNT_RATE_LIMITS["login_failed"]`): by what was typed, known
here or not, and by address. This reads its counters, because allauth does not tell for how long it refuses.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.core.internal.ratelimit import get_cache_key, get_rates
from django.core.cache import cache
from django.http import HttpRequest

from portal.base.models import User

WHERE = {"app": "allauth.account", "action": "login_failed"}


def key_of_typed(text: str) -> str:
    """Return under which key tries with a typed name or address are counted; the host makes no difference."""
    return f"typed:{text.strip().lower()}"


def key_of_codes(user: User) -> str:
    """Return under which key allauth counts a person's wrong codes."""
    return f"mfa-auth-user-{user.pk}"


def wait_for(request: HttpRequest, *, key: str, at: datetime) -> timedelta:
    """Return how long the next try under a key, from this address, has to wait; zero if it need not."""
    now, longest = at.timestamp(), 0.0
    for rate in get_rates(**WHERE):
        tries: list[float] = cache.get(get_cache_key(request, rate=rate, key=key, **WHERE)) or []
        counted = [tried for tried in tries if tried > now - rate.duration]
        if len(counted) >= rate.amount:
            longest = max(longest, min(counted) + rate.duration - now)
    return timedelta(seconds=longest)


def unlock(*, user: User) -> None:
    """Forget a person's wrong passwords and codes, so that they may try again at once."""
    keys = {key_of_typed(user.username), key_of_typed(user.email), key_of_codes(user)}
    rates = [rate for rate in get_rates(**WHERE) if rate.per == "key"]
    cache.delete_many(
        [get_cache_key(HttpRequest(), rate=rate, key=key, **WHERE) for rate in rates for key in keys]
    )
