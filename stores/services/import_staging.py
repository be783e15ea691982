"""A store file kept for half an hour between its dry run and its confirmation."""

from __future__ import annotations

import io
import secrets
import zlib
from typing import BinaryIO

from django.core.cache import cache
from django.utils.translation import gettext

from portal.base.models import User
from stores.services.import_reading import MAX_BYTES, ImportRefused

KEPT_SECONDS = 1_800


def keep_file(*, file: BinaryIO, user: User) -> str:
    """Keep a file that passed its dry run for this person; return the token that finds it again."""
    token = secrets.token_urlsafe(16)
    file.seek(0)
    cache.set(_key(user, token), zlib.compress(file.read(MAX_BYTES), 1), KEPT_SECONDS)
    return token


def kept_file(*, token: str, user: User) -> BinaryIO:
    """Return the file a person confirmed; raise ImportRefused when it is no longer there."""
    packed = cache.get(_key(user, token))
    if packed is None:
        raise ImportRefused(gettext("This file was uploaded too long ago. Upload it once more."))
    return io.BytesIO(zlib.decompress(packed))


def _key(user: User, token: str) -> str:
    return f"stores-import:{user.pk}:{token[:64]}"
