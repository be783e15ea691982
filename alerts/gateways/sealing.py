"""Secrets of channels at rest: sealed with a key made from the portal's own secret key."""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from alerts.domain.ports import CannotDeliver


def _fernet() -> Fernet:
    digest = hashlib.sha256(b"kamado.alerts.channels:" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))


def seal(text: str) -> str:
    """Return a secret as it may be kept."""
    return _fernet().encrypt(text.encode()).decode() if text else ""


def unseal(sealed: str) -> str:
    """Return a kept secret; raise CannotDeliver when the portal's secret key has changed since."""
    if not sealed:
        return ""
    try:
        return _fernet().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        said = "The channel's address cannot be read: the portal's secret key was changed. Enter it again."
        raise CannotDeliver(said, retryable=False) from error
