"""My account: name, language of mails, how I sign in, and where I am signed in."""

from __future__ import annotations

from typing import Any, cast

from allauth.account.internal.flows.logout import logout
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST

from portal.base import clock
from portal.base.errors import NotFound
from portal.base.models import User
from portal.base.second_factors import second_factors
from portal.base.sessions import end_session, end_sessions, live_sessions
from portal.base.site import page, show
from portal.home.signin.browsers import browser_of
from portal.home.signin.forms import MyselfForm
from portal.home.signin.second_factor import must_have_second_factor
from portal.home.signin.views import passkeys
from portal.home.signin.words import browser_sentence


@page
def account(request: HttpRequest) -> HttpResponse:
    """Show everything about the person who is signed in; change name and language."""
    form = MyselfForm(request.POST or None, instance=_person(request))
    if form.is_valid():
        form.save()
        messages.success(request, gettext("Saved."))
        return redirect("account")
    context = {
        "title": gettext("My account"),
        "form": form,
        "factors": second_factors(_person(request)),
        "must": must_have_second_factor(_person(request)),
        "sessions": _sessions(request),
        "passkeys": passkeys(request),
    }
    return show(request, "signin/account/account.html", context)


@page
def first(request: HttpRequest) -> HttpResponse:
    """Say that a second factor is needed before anything else, and offer the two kinds."""
    context = {"title": gettext("One more step"), "passkeys": passkeys(request)}
    return show(request, "signin/account/first.html", context)


@page
@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End one of the person's sessions."""
    if not end_session(user=_person(request), pk=pk):
        raise NotFound(gettext("This session has ended already."))
    messages.success(request, gettext("The session has ended."))
    return redirect("account")


@page
@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    """End every session of the person but this one."""
    ended = end_sessions(user=_person(request), but=request.session.session_key)
    said = ngettext("%(count)d session has ended.", "%(count)d sessions have ended.", ended)
    messages.success(request, said % {"count": ended})
    return redirect("account")


@page
def again(request: HttpRequest) -> HttpResponse:
    """Let somebody with neither password nor second factor here prove themselves by a new sign-in."""
    wanted = request.GET.get("next", "")
    safe = wanted if url_has_allowed_host_and_scheme(wanted, {request.get_host()}) else reverse("account")
    if request.method != "POST":
        return show(request, "signin/account/again.html", {"title": gettext("Is it you?"), "next": safe})
    logout(request, show_message=False)
    return redirect(f"{reverse('login')}?{urlencode({'next': safe})}")


def _sessions(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the sessions with what is said of each, this one first."""
    at = clock.now()
    found = [
        {
            "row": row,
            "browser": browser_sentence(row.user_agent),
            "is_handheld": browser_of(row.user_agent).is_handheld,
            "begun": at - row.created_at,
            "seen": at - row.last_seen_at,
            "is_this": row.session_key == request.session.session_key,
        }
        for row in live_sessions(_person(request), at=at)
    ]
    return sorted(found, key=lambda one: not one["is_this"])


def _person(request: HttpRequest) -> User:
    return cast(User, request.user)
