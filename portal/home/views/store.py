"""One store: what its model does, what its people may say, and everything that explains it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from portal.base import clock
from portal.base.site import is_fragment, page, show
from portal.home.store_context import live_context, page_context
from stores.access import store_for


@page
def store(request: HttpRequest, code: str) -> HttpResponse:
    """Show a store; the live part alone when HTMX asks."""
    chosen = store_for(request.user, code)
    at = clock.now()
    if is_fragment(request):
        return render(request, "home/_store_live.html", live_context(chosen, person=request.user, at=at))
    return show(request, "home/store.html", page_context(request, chosen, at=at))
