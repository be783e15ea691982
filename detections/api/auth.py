"""Who calls: a store's key as a bearer token. A key opens one store and nothing else."""

from __future__ import annotations

import logging
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.security import HttpBearer
from redis.exceptions import RedisError

from detections.api.problems import ApiRefusal
from detections.domain.keys import KeyState, is_right, parts_of, state_of
from detections.models import ApiKey
from detections.services.keys import note_use
from portal.base import clock

logger = logging.getLogger(__name__)
MINUTE = 60


class StoreKey(HttpBearer):
    """Check the key, its life and its rate; `request.auth` is then the ApiKey with its store."""

    def __call__(self, request: HttpRequest) -> Any:
        """Refuse a request without a key in our own words; the base class would only say no."""
        kind, _space, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token.strip():
            raise ApiRefusal(401, "key_missing", _("Send the store's key: “Authorization: Bearer kmd_…”."))
        return self.authenticate(request, token.strip())

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey:
        """Return the key, or refuse. One query, one call to Redis."""
        at = clock.now()
        parts = parts_of(token)
        key = ApiKey.objects.select_related("store").filter(prefix=parts[0]).first() if parts else None
        if parts is None or key is None or not is_right(parts[1], key.secret_digest):
            raise ApiRefusal(401, "key_unknown", _("This key is not known. Check that it was copied whole."))
        state = state_of(expires_at=key.expires_at, revoked_at=key.revoked_at, at=at)
        if state is KeyState.REVOKED:
            raise ApiRefusal(401, "key_revoked", _("This key was revoked. Ask headquarters for a new one."))
        if state is KeyState.EXPIRED:
            raise ApiRefusal(401, "key_expired", _("This key has expired. Ask headquarters for a new one."))
        _count(key, at.timestamp())
        note_use(key=key, at=at)
        return key


def _count(key: ApiKey, now: float) -> None:
    """Refuse more requests than a key may make in a minute of the clock; without Redis, nobody."""
    minute, second = divmod(int(now), MINUTE)
    name = f"rate:{key.prefix}:{minute}"
    try:
        cache.add(name, 0, timeout=2 * MINUTE)
        count = cache.incr(name)
    except (RedisError, ValueError):
        logger.warning("the rate of key %s is not counted: Redis does not answer", key.prefix)
        return
    if count > key.requests_per_minute:
        said = _("This key may make %(most)s requests a minute. Wait a little.")
        raise ApiRefusal(
            429, "rate_limited", said % {"most": key.requests_per_minute}, retry_after=MINUTE - second
        )
