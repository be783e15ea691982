"""Boxes for secrets at rest: what the database keeps cannot be read without the portal's secret key."""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


def box(purpose: str) -> MultiFernet:
    """Return what seals with the secret key, and opens what it or an older one (fallbacks) has sealed.

    Each purpose has keys of its own: what was sealed for one opens for no other.
    """
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([_fernet(f"{purpose}:{key}") for key in keys])


def _fernet(text: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()))
