"""The fleet board: every store's model at a glance, fresh every five seconds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from redis.exceptions import RedisError

from detections.selectors.health import last_day
from models_registry.selectors.fleet import chosen_stores, fleet_rows, open_orphans, related
from models_registry.selectors.fleet_summary import FleetSummary, fleet_summary
from models_registry.selectors.pulse import pulse
from portal.base import clock
from portal.base.site import is_fragment, page, show
from portal.home.forms import FleetForm
from stores.access import May, areas_visible_to, may, stores_visible_to
from stores.models import Store

PAGE = 50
MANY = 500
"""From so many stores on the figures on top are kept for a moment: they cost a pass over every store."""
KEPT_SECONDS = 20


@page
def fleet(request: HttpRequest) -> HttpResponse:
    """Show the stores a person may see; the changing part alone when HTMX asks."""
    at = clock.now()
    stores = stores_visible_to(request.user)
    form = FleetForm(request.GET, areas=areas_visible_to(request.user))
    context = {
        "form": form,
        "now": at,
        "address": request.get_full_path(),
        **_board(request, form, stores, at),
    }
    if is_fragment(request):
        return render(request, "home/_fleet_board.html", context)
    return show(request, "home/fleet.html", {"title": gettext("Fleet board"), **context})


def _board(request: HttpRequest, form: FleetForm, stores: QuerySet[Store], at: datetime) -> dict[str, Any]:
    chosen = related(chosen_stores(stores, form.wanted, at=at))
    page_of_stores = Paginator(chosen, PAGE).get_page(request.GET.get("page"))
    runs_franchise = may(request.user, May.RUN_FRANCHISE)
    return {
        "page": page_of_stores,
        "rows": fleet_rows(page_of_stores.object_list, at=at),
        "health": last_day(page_of_stores.object_list, at=at),
        "summary": _summary(request, stores, at),
        "pulse": pulse(at),
        "orphans": open_orphans() if runs_franchise else [],
        "runs_franchise": runs_franchise,
    }


def _summary(request: HttpRequest, stores: QuerySet[Store], at: datetime) -> FleetSummary:
    """Return the figures on top, kept a moment for a large fleet; without Redis they are only slower."""
    key = f"fleet-summary:{request.user.pk}"
    try:
        kept: FleetSummary | None = cache.get(key)
        if kept is not None:
            return kept
        fresh = fleet_summary(stores, at=at)
        if fresh.stores >= MANY:
            cache.set(key, fresh, timeout=KEPT_SECONDS)
    except RedisError:
        return fleet_summary(stores, at=at)
    return fresh
