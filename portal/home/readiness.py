"""Whether this process can do its work: each part that it needs, asked for real."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db import Error, connection
from redis.exceptions import RedisError

from detections.domain.ports import PictureStoreError
from detections.wiring import PICTURES
from models_registry.selectors.pulse import pulse
from portal.embedded.schema import has_pending_migrations

OK, DOWN, PENDING, UNKNOWN = "ok", "down", "pending", "unknown"
KEY = "readyz"
KEPT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Readiness:
    """A word for each part; the tick's age is told, not judged: the pages work without it."""

    database: str
    migrations: str
    redis: str
    pictures: str
    last_tick_seconds: float | None

    @property
    def is_ready(self) -> bool:
        return {self.database, self.migrations, self.redis, self.pictures} == {OK}

    def to_dict(self) -> dict[str, Any]:
        return {"status": "ready" if self.is_ready else "not ready", **asdict(self)}


_kept: list[tuple[datetime, Readiness]] = []


def readiness(*, at: datetime) -> Readiness:
    """Ask every part; about 30 ms, three queries, one small write to Redis and one beside the pictures.

    Anybody may ask, so a process keeps its answer for a second: a storm of questions is no storm of writes.
    """
    if _kept and timedelta(0) <= at - _kept[0][0] < KEPT:
        return _kept[0][1]
    database, migrations, age = _database(at)
    found = Readiness(database, migrations, _redis(), _pictures(), age)
    _kept[:] = [(at, found)]
    return found


def forget() -> None:
    """Ask anew at the next question."""
    _kept.clear()


def _database(at: datetime) -> tuple[str, str, float | None]:
    """Return the words for the database and its migrations, and the tick's age."""
    try:
        if has_pending_migrations():
            # The tick's own table may be one of those that are missing.
            return OK, PENDING, None
        seconds = pulse(at).seconds
    except Error:
        connection.close()
        return DOWN, UNKNOWN, None
    return OK, OK, None if seconds is None else round(seconds, 1)


def _redis() -> str:
    try:
        cache.set(KEY, "1", timeout=5)
    except RedisError:
        return DOWN
    return OK


def _pictures() -> str:
    try:
        PICTURES.probe()
    except PictureStoreError:
        return DOWN
    return OK
