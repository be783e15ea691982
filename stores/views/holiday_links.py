"""A store's answers by link, without signing in; and headquarters' list of links and mails."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from portal.base.audit.requests import client_address
from portal.base.clock import now
from portal.base.limits import is_over
from portal.base.mail import public_address
from portal.base.site import page, show
from stores.access import May, require, store_for, stores_visible_to
from stores.domain.bounds import OutOfBounds
from stores.forms.holiday_answer import AnswerPage
from stores.selectors.holiday_asks import asked_stores
from stores.services.holiday_links import (
    LinkOver,
    answer_by_link,
    link_for,
    note_opened,
    read_link,
    revoke_link,
    token_of,
)
from stores.services.special_days import Scope, today_of
from stores.services.wording import in_words

TRIES_AN_ADDRESS, SAVES_A_LINK = 120, 30


@never_cache
@require_http_methods(["GET", "POST"])
def holiday_answer(request: HttpRequest, token: str) -> HttpResponse:
    """Show a store's holidays to whoever holds its link, and save their answers."""
    at = now()
    if is_over(f"holiday-link:{client_address(request)}", limit=TRIES_AN_ADDRESS, seconds=600):
        return _over(request, gettext("That was often. Try again in ten minutes."), 429)
    try:
        link = read_link(token=token, at=at)
    except LinkOver as error:
        return _over(request, error.message, 410)
    if request.method == "POST" and is_over(f"holiday-saves:{link.pk}", limit=SAVES_A_LINK, seconds=3600):
        return _over(request, gettext("That was often. Try again in an hour."), 429)
    today = today_of(Scope(link.store), at=at)
    data = request.POST if request.method == "POST" else None
    form = AnswerPage(link.store, today=today, language=get_language() or "", data=data)
    if form.is_valid():
        try:
            answer_by_link(link=link, answers=form.answers, at=at)
        except OutOfBounds as error:
            form.refusal = in_words(error)
        else:
            said = gettext("Thank you. It is saved; you may change it here while it lies ahead.")
            messages.success(request, said)
            return redirect("holiday-answer", token=token)
    note_opened(link=link, at=at)
    return _private(show(request, "stores/holiday_answer.html", {"link": link, "form": form}))


@page
def holiday_asked(request: HttpRequest) -> HttpResponse:
    """List the stores with their people, links and mails."""
    require(request.user, May.RUN_FRANCHISE)
    text, number = request.GET.get("page", "0"), 0
    if text.isdigit():
        number = min(int(text), 1_000)
    query = request.GET.get("q", "").strip()[:80]
    stores, has_more = asked_stores(stores_visible_to(request.user), page=number, query=query)
    context = {"stores": stores, "query": query, "number": number, "has_more": has_more, "now": now()}
    return show(request, "stores/holiday_asked.html", {"title": gettext("Who was asked"), **context})


@page
@require_POST
def holiday_link(request: HttpRequest, code: str) -> HttpResponse:
    """Make, show or revoke a store's link."""
    require(request.user, May.RUN_FRANCHISE)
    store, at = store_for(request.user, code), now()
    if "revoke" in request.POST:
        revoke_link(store=store, at=at)
        messages.success(request, gettext("The link of %(store)s works no more.") % {"store": store.name})
        return redirect("holiday-asked")
    link = link_for(store=store, at=at)
    address = public_address(reverse("holiday-answer", args=[token_of(link)]))
    context = {"title": store.name, "link": link, "address": address}
    return show(request, "stores/holiday_link.html", context)


def _over(request: HttpRequest, sentence: str, status: int) -> HttpResponse:
    return _private(show(request, "stores/link_over.html", {"sentence": sentence}, status=status))


def _private(response: HttpResponse) -> HttpResponse:
    """Keep the address, which is the key, from other sites and from search engines."""
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex"
    return response
