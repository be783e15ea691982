"""Who calls: a register with its store's key, or a till page with a person's pass. Either opens one store."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.security import HttpBearer
from redis.exceptions import RedisError

from detections.access import TILL, PassExpired, PassUnknown, read_pass
from detections.api.problems import ApiRefusal
from detections.domain.keys import KeyState, is_right, parts_of, state_of
from detections.domain.outcomes import Source
from detections.models import ApiKey
from detections.services.keys import note_address, note_use
from portal.base import clock
from portal.base.audit.requests import client_address
from stores.models import Store

logger = logging.getLogger(__name__)
MINUTE = 60
NOTED_SECONDS = 300
ENDED = frozenset({KeyState.REVOKED, KeyState.EXPIRED})
TILL_REQUESTS = 600


@dataclass(frozen=True, slots=True)
class Caller:
    """The one store that a request is about, and how it came; `register` where the request names none."""

    store: Store
    source: Source
    api_key: ApiKey | None = None
    register: str = ""


class StoreKey(HttpBearer):
    """Check the key or pass, its life and its rate; `request.auth` is then the Caller."""

    def __call__(self, request: HttpRequest) -> Any:
        """Refuse a request without a key in our own words; the base class would only say no."""
        kind, _space, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token.strip():
            raise ApiRefusal(401, "key_missing", _("Send the store's key: “Authorization: Bearer kmd_…”."))
        return self.authenticate(request, token.strip())

    def authenticate(self, request: HttpRequest, token: str) -> Caller:
        """Return who calls, or refuse. One query for a key, three for a pass; one call to Redis."""
        return _by_pass(token) if token.startswith(TILL) else _by_key(token, client_address(request) or "")


def _by_key(token: str, address: str) -> Caller:
    at = clock.now()
    parts = parts_of(token)
    key = ApiKey.objects.select_related("store").filter(prefix=parts[0]).first() if parts else None
    if parts is None or key is None or not is_right(parts[1], key.secret_digest):
        raise ApiRefusal(401, "key_unknown", _("This key is not known. Check that it was copied whole."))
    state = state_of(expires_at=key.expires_at, revoked_at=key.revoked_at, at=at)
    _note_address(key, address, was_refused=state in ENDED, at=at)
    if state is KeyState.REVOKED:
        raise ApiRefusal(401, "key_revoked", _("This key was revoked. Ask headquarters for a new one."))
    if state is KeyState.EXPIRED:
        raise ApiRefusal(401, "key_expired", _("This key has expired. Ask headquarters for a new one."))
    _count(key.prefix, key.requests_per_minute, at.timestamp())
    note_use(key=key, at=at)
    return Caller(key.store, Source.REGISTER, api_key=key)


def _note_address(key: ApiKey, address: str, *, was_refused: bool, at: datetime) -> None:
    """Note a key's address at most every five minutes; without Redis, not at all."""
    try:
        is_news = bool(address) and cache.add(f"key-from:{key.pk}:{address}:{was_refused}", 1, NOTED_SECONDS)
    except RedisError:
        return
    if is_news:
        note_address(key=key, address=address, was_refused=was_refused, at=at)


def _by_pass(token: str) -> Caller:
    at = clock.now()
    try:
        found = read_pass(token, at=at)
    except PassExpired as error:
        raise ApiRefusal(
            401, "till_expired", _("The till was open for twelve hours. Sign in again.")
        ) from error
    except PassUnknown as error:
        said = _("This till page may not work this store. Sign in again, or ask headquarters.")
        raise ApiRefusal(401, "till_unknown", said) from error
    _count(f"till-{found.store.pk}-{found.user.pk}", TILL_REQUESTS, at.timestamp())
    return Caller(found.store, Source.TILL, register=found.user.get_username()[:40])


def _count(name: str, most: int, now: float) -> None:
    """Refuse more requests than `most` in a minute of the clock; without Redis, nobody."""
    minute, second = divmod(int(now), MINUTE)
    counter = f"rate:{name}:{minute}"
    try:
        cache.add(counter, 0, timeout=2 * MINUTE)
        count = cache.incr(counter)
    except (RedisError, ValueError):
        logger.warning("the rate of %s is not counted: Redis does not answer", name)
        return
    if count > most:
        said = _("This key may make %(most)s requests a minute. Wait a little.")
        raise ApiRefusal(429, "rate_limited", said % {"most": most}, retry_after=MINUTE - second)
