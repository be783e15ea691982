"""Where people land after signing in."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from portal.base.site import page
from portal.home.start import first_page


@page
def start(request: HttpRequest) -> HttpResponse:
    """Lead a person to their first page."""
    return redirect(first_page(request.user))
