"""Refusals in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext

from portal.base.errors import PortalError
from stores.domain.sentences import Refusal, Word


def in_words(error: PortalError) -> str:
    """Return what an error says, translated where its template is in the catalogue."""
    if not isinstance(error, Refusal):
        return error.message
    params = {name: gettext(part) if isinstance(part, Word) else part for name, part in error.params.items()}
    return gettext(error.template) % params
