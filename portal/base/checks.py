"""System checks: rules between settings that one setting alone cannot tell."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.security)
def check_secrets(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A portal in front of customers needs a key of its own and no debug pages."""
    found: list[CheckMessage] = []
    if settings.BEHIND_TLS and settings.DEBUG:
        found.append(Error("KAMADO_DEBUG is on behind TLS.", hint="Unset KAMADO_DEBUG.", id="kamado.E001"))
    if settings.BEHIND_TLS and settings.SECRET_KEY.startswith("insecure-"):
        found.append(
            Error(
                "KAMADO_SECRET_KEY is not set.",
                hint="Set it to 50 random characters, the same on every machine.",
                id="kamado.E002",
            )
        )
    return found
