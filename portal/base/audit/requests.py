"""Who acts in a request: the person signed in, at a path of the portal, from an address of the network."""

from __future__ import annotations

from collections.abc import Callable

from allauth.core.internal.httpkit import get_client_ip
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
        origin=f"{request.method} {_path(request)}",
        person_id=user.pk,
        name=user.display_name if user.is_authenticated else "",
        ip=client_address(request),
    )


def _path(request: HttpRequest) -> str:
    """Return the path, without the token of a link that opens by itself: that is a key."""
    token = request.resolver_match.kwargs.get("token") if request.resolver_match else None
    return request.path.replace(token, "…") if token else request.path


def client_address(request: HttpRequest) -> str | None:
    """Return the caller's address; behind proxies (KAMADO_TRUSTED_PROXIES) the one that the outermost saw."""
    address: str | None = get_client_ip(request)
    return address
