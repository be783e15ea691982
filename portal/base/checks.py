"""System checks: rules between settings that one setting alone cannot tell."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

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


@register(Tags.security)
def check_sign_in(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Single sign-on takes three settings together; links and passkeys take the address people really use."""
    found: list[CheckMessage] = []
    oidc = {
        "KAMADO_OIDC_ISSUER": settings.OIDC_ISSUER,
        "KAMADO_OIDC_CLIENT_ID": settings.OIDC_CLIENT_ID,
        "KAMADO_OIDC_CLIENT_SECRET": settings.OIDC_CLIENT_SECRET,
    }
    missing = [name for name, value in oidc.items() if not value]
    if missing and len(missing) < len(oidc):
        hint = f"Set {', '.join(missing)}, or unset the others."
        found.append(Error("Single sign-on is set up by halves.", hint=hint, id="kamado.E003"))
    if settings.OIDC_ISSUER and not _is_private(settings.OIDC_ISSUER):
        hint = "Whoever sits between could sign in as anybody. Use https."
        found.append(Error("KAMADO_OIDC_ISSUER is not https.", hint=hint, id="kamado.E004"))
    if settings.BEHIND_TLS and not settings.PUBLIC_URL.startswith("https://"):
        hint = "Set it to the https address by which people reach the portal: links and passkeys need it."
        found.append(Error("KAMADO_PUBLIC_URL is not https behind TLS.", hint=hint, id="kamado.E005"))
    return found


@register(Tags.security)
def check_signs_of_life(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A connection for the signs of life says where they go, not that they do."""
    if not settings.CLOUDWATCH_CONNECTION or settings.CLOUDWATCH_NAMESPACE:
        return []
    hint = "Set KAMADO_CLOUDWATCH_NAMESPACE, such as Kamado, or unset KAMADO_CLOUDWATCH_CONNECTION."
    return [Error("Signs of life have a connection and no namespace.", hint=hint, id="kamado.E010")]


def _is_private(url: str) -> bool:
    """Tell whether nobody on the way can read or change what is sent: TLS, or this very machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or parts.hostname in {"localhost", "127.0.0.1", "::1"}
