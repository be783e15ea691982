"""Whether the portal lives, for machines."""

from __future__ import annotations

from django.core.cache import cache
from django.db import Error, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from redis.exceptions import RedisError

from portal.base import clock
from portal.home.pulse import Pulse, pulse

KEY = "healthz"


@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 while the database answers, 503 when not; Redis and the tick are told, not judged."""
    beat = _database()
    redis = _redis()
    if beat is None:
        return JsonResponse(
            {"status": "down", "database": "down", "redis": redis, "last_tick_seconds": None}, status=503
        )
    seconds = None if beat.seconds is None else round(beat.seconds, 1)
    status = "ok" if redis == "ok" and not beat.is_late else "degraded"
    return JsonResponse({"status": status, "database": "ok", "redis": redis, "last_tick_seconds": seconds})


def _database() -> Pulse | None:
    try:
        return pulse(clock.now())
    except Error:
        connection.close()
        return None


def _redis() -> str:
    try:
        cache.set(KEY, "1", timeout=5)
    except RedisError:
        return "down"
    return "ok"
