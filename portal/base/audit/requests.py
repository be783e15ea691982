"""Who acts in a request: the person signed in, at a path of the portal, from an address of the network."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from portal.base.audit.acting import Actor, acting


class audited_request:  # noqa: N801  named as settings read it: a middleware, not a noun
    """Let what a request writes be the signed-in person's; a request that changes nothing costs no query."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with acting(lambda: actor_of(request)):
            return self.get_response(request)


def actor_of(request: HttpRequest) -> Actor:
    """Return who acts in a request."""
    user = request.user
    return Actor(
        origin=f"{request.method} {request.path}",
        person_id=user.pk,
        name=user.display_name if user.is_authenticated else "",
        ip=client_address(request),
    )


def client_address(request: HttpRequest) -> str | None:
    """Return the caller's address; behind our proxy (KAMADO_BEHIND_TLS) the one that the proxy saw."""
    said = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_TLS and (forwarded := request.headers.get("X-Forwarded-For")):
        said = forwarded.rpartition(",")[2]
    try:
        return str(ip_address(said.strip()))
    except ValueError:
        return None
