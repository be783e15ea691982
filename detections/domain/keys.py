"""API keys of registers: `kmd_<prefix>_<secret>`, of which only a digest is kept.

The secret has 256 random bits, so a single SHA-256 is enough: there is nothing to guess (unlike a password).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime
from enum import StrEnum

PREFIX_CHARS = 10
SECRET_CHARS = 43
PATTERN = re.compile(r"kmd_([A-Za-z0-9]{10})_([A-Za-z0-9_-]{43})")


class KeyState(StrEnum):
    """Whether a key opens the door."""

    ACTIVE = "ACTIVE"
    EXPIRING = "EXPIRING"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"


def written(prefix: str, secret: str) -> str:
    """Return a key as a register sends it."""
    return f"kmd_{prefix}_{secret}"


def parts_of(text: str) -> tuple[str, str] | None:
    """Return prefix and secret of a key, or None for anything that is not one."""
    found = PATTERN.fullmatch(text)
    return (found[1], found[2]) if found else None


def digest(secret: str) -> str:
    """Return the hexadecimal SHA-256 that is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_right(secret: str, kept: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(digest(secret), kept)


def state_of(*, expires_at: datetime | None, revoked_at: datetime | None, at: datetime) -> KeyState:
    """Return what a key is worth at an instant; it is dead from `expires_at` on."""
    if revoked_at is not None and revoked_at <= at:
        return KeyState.REVOKED
    if expires_at is None:
        return KeyState.ACTIVE
    return KeyState.EXPIRED if expires_at <= at else KeyState.EXPIRING
