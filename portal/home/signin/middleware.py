"""What requests of signed-in people pass: the note of their session, and the way to a second factor."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from allauth.core.internal.httpkit import get_client_ip
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from redis.exceptions import RedisError

from portal.base import clock
from portal.base.second_factors import has_second_factor
from portal.base.sessions import note_seen
from portal.home.signin.second_factor import must_have_second_factor

Answer = Callable[[HttpRequest], HttpResponse]
NOTED = "kamado.noted"
"""In the session since its sign-in: it has a row that says when it was last seen."""
SEEN_SECONDS = 300
# What somebody without the second factor asked of them may still open.
OPEN = {
    "second-factor-first", "mfa_activate_totp", "mfa_add_webauthn", "mfa_view_recovery_codes",
    "mfa_download_recovery_codes", "account_reauthenticate", "sign-in-again", "login", "logout",
    "admin:logout", "set_language", "healthz", "readyz", "metrics", "till-worker",
}  # fmt: skip


class last_seen:  # noqa: N801  named as settings read it
    """Note when and from where a session was last used, at most once in five minutes."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        session = request.session
        # A session that the view did not need is not read for this either.
        if session.accessed and session.get(NOTED) and session.session_key:
            self.note(request, session.session_key)
        return answer

    def note(self, request: HttpRequest, key: str) -> None:
        """Note the session if that is due; without Redis the page goes out all the same."""
        with contextlib.suppress(RedisError):
            if cache.add(f"seen:{key}", 1, timeout=SEEN_SECONDS):
                note_seen(session_key=key, address=get_client_ip(request), at=clock.now())


class second_factor_first:  # noqa: N801  named as settings read it
    """Lead people to their second factor before anything else, where the settings ask for one."""

    def __init__(self, get_response: Answer) -> None:
        if settings.REQUIRE_SECOND_FACTOR == "none":
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: Any) -> HttpResponse | None:
        """Two queries for whom it is asked of, none for a request without a session."""
        match = request.resolver_match
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or match is None or match.view_name in OPEN:
            return None
        if must_have_second_factor(request.user) and not has_second_factor(request.user):  # type: ignore[arg-type]
            return redirect("second-factor-first")
        return None
