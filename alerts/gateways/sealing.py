"""Secrets of channels at rest: sealed with a key made from the portal's own secret key."""

from __future__ import annotations

from cryptography.fernet import InvalidToken

from alerts.domain.ports import CannotDeliver
from portal.base.boxes import box

PURPOSE = "kamado.alerts.channels"


def seal(text: str) -> str:
    """Return a secret as it may be kept."""
    return box(PURPOSE).encrypt(text.encode()).decode() if text else ""


def unseal(sealed: str) -> str:
    """Return a kept secret; raise CannotDeliver when the portal's secret key has changed since."""
    if not sealed:
        return ""
    try:
        return box(PURPOSE).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        said = "The channel's address cannot be read: the portal's secret key was changed. Enter it again."
        raise CannotDeliver(said, retryable=False) from error
