"""The keys of a store, with what each is worth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from detections.domain.keys import KeyState, state_of
from detections.models import ApiKey
from stores.models import Store

ALIVE = frozenset({KeyState.ACTIVE, KeyState.EXPIRING})


@dataclass(frozen=True, slots=True)
class KeyLine:
    """A key and its state."""

    key: ApiKey
    state: KeyState


@dataclass(frozen=True, slots=True)
class StoreKeys:
    """A store's keys, newest first: those that open the door, and those that did."""

    alive: tuple[KeyLine, ...]
    ended: tuple[KeyLine, ...]


def keys_of(store: Store) -> QuerySet[ApiKey]:
    """Return a store's keys with their authors, newest first."""
    return ApiKey.objects.filter(store=store).select_related("author").order_by("-created_at", "-id")


def store_keys(store: Store, *, at: datetime) -> StoreKeys:
    """Return a store's keys as they are at an instant; one query."""
    lines = [
        KeyLine(key, state_of(expires_at=key.expires_at, revoked_at=key.revoked_at, at=at))
        for key in keys_of(store)
    ]
    return StoreKeys(
        alive=tuple(line for line in lines if line.state in ALIVE),
        ended=tuple(line for line in lines if line.state not in ALIVE),
    )
