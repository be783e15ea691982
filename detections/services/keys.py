"""Registers' keys: made, rotated with an overlap, revoked."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from detections.domain.keys import PREFIX_CHARS, digest, written
from detections.models import ApiKey, KeyAddress
from portal.base.models import User
from stores.domain.sentences import Refusal
from stores.models import Store

LETTERS = string.ascii_letters + string.digits
NOTED_EVERY = timedelta(minutes=1)
"""`last_used_at` is exact to a minute, so that a busy key does not write a row for every photo."""


class InvalidKey(Refusal):
    """A key that cannot be rotated or revoked (any more)."""

    code = "invalid_key"


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made; `text` is shown once and kept nowhere."""

    key: ApiKey
    text: str


def make_key(*, store: Store, name: str, author: User | None, per_minute: int = 600) -> NewKey:
    """Make a key for a store's register."""
    return _made(ApiKey(store=store, name=name, author=author, requests_per_minute=per_minute))


def rotate_key(*, key: ApiKey, author: User | None, overlap: timedelta, at: datetime) -> NewKey:
    """Make a successor; the old key works until `overlap` from now, so that registers can be changed."""
    with transaction.atomic():
        old = ApiKey.objects.select_for_update().get(pk=key.pk)
        if old.revoked_at is not None or (old.expires_at is not None and old.expires_at <= at):
            raise InvalidKey("This key works no longer. Make a new one.")
        successor = ApiKey(
            store=old.store,
            name=old.name,
            author=author,
            requests_per_minute=old.requests_per_minute,
            replaces=old,
        )
        made = _made(successor)
        ends_at = at + overlap
        old.expires_at = min(old.expires_at, ends_at) if old.expires_at else ends_at
        old.save(update_fields=["expires_at"])
    return made


def revoke_key(*, key: ApiKey, at: datetime) -> bool:
    """End a key at once; tell whether it still worked."""
    alive = ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True)
    return alive.update(revoked_at=at) == 1


def note_use(*, key: ApiKey, at: datetime) -> None:
    """Note that a key was used, at most once a minute."""
    if key.last_used_at is None or key.last_used_at < at - NOTED_EVERY:
        older = Q(last_used_at__isnull=True) | Q(last_used_at__lt=at - NOTED_EVERY)
        ApiKey.objects.filter(older, pk=key.pk).update(last_used_at=at)


def note_address(*, key: ApiKey, address: str, was_refused: bool, at: datetime) -> None:
    """Note where a key was used from, or tried from after its end; one write."""
    refused_at = at if was_refused else None
    row = KeyAddress(key=key, address=address, first_at=at, last_at=at, refused_at=refused_at)
    KeyAddress.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["key", "address"],
        update_fields=["last_at", "refused_at"] if was_refused else ["last_at"],
    )


def _made(key: ApiKey) -> NewKey:
    key.prefix = "".join(secrets.choice(LETTERS) for _ in range(PREFIX_CHARS))
    secret = secrets.token_urlsafe(32)
    key.secret_digest = digest(secret)
    key.save()
    return NewKey(key, written(key.prefix, secret))
