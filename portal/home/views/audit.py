"""The audit trail: of everything for headquarters, of one store for its people, of one deployment."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext

from models_registry.selectors.deployments import deployment_by_id
from models_registry.selectors.spend import zone_of
from models_registry.views.exports import stream_csv
from portal.base import clock
from portal.base.errors import NotFound
from portal.base.site import page, show
from portal.home.audit.forms import TrailForm
from portal.home.audit.rows import COLUMNS, trail_cells, trail_rows
from portal.home.audit.trail import (
    TrailFilter,
    filter_of_store,
    names_to_choose,
    trail_entries,
    trail_page,
)
from stores.access import May, is_headquarters, require, store_for, stores_visible_to
from stores.access_people import people_visible_to

NOTHING = TrailFilter(kind="-")


@page
def audit(request: HttpRequest) -> HttpResponse:
    """Show every change that the filters let through."""
    require(request.user, May.RUN_FRANCHISE)
    form, zone = _form(request)
    chosen = form.chosen or NOTHING
    context = {
        "title": gettext("Audit trail"),
        "form": form,
        "people": names_to_choose(),
        "query": _query(request),
    }
    return show(request, "home/audit.html", {**context, **_rows(request, chosen, zone)})


@page
def audit_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Send every change that the filters let through."""
    require(request.user, May.RUN_FRANCHISE)
    form, zone = _form(request)
    return _csv(request, "audit.csv", form.chosen or NOTHING, zone)


@page
def store_history(request: HttpRequest, code: str) -> HttpResponse:
    """Show what was changed about one store, to those who may change it."""
    store = store_for(request.user, code, May.EDIT_HOURS)
    title = gettext("History of %(store)s") % {"store": store.name}
    rows = _rows(request, filter_of_store(store), store.timezone)
    return show(request, "home/store_history.html", {"title": title, "store": store, **rows})


@page
def store_history_csv(request: HttpRequest, code: str) -> StreamingHttpResponse:
    """Send what was changed about one store."""
    store = store_for(request.user, code, May.EDIT_HOURS)
    return _csv(request, f"{store.code}.csv", filter_of_store(store), store.timezone)


@page
def deployment_history(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what was changed about one deployment."""
    require(request.user, May.RUN_FRANCHISE)
    if (found := deployment_by_id(pk)) is None:
        raise NotFound(gettext("There is no such deployment."))
    title = gettext("History of %(store)s") % {"store": found.name}
    rows = _rows(request, TrailFilter(deployment=pk), zone_of(stores_visible_to(request.user)))
    return show(request, "home/deployment_history.html", {"title": title, "deployment": found, **rows})


@page
def person_history(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what one person changed, and what was changed about them."""
    require(request.user, May.RUN_FRANCHISE)
    person = people_visible_to(request.user).filter(pk=pk).first()
    if person is None:
        raise NotFound(gettext("There is no such person among yours."))
    title = gettext("History of %(store)s") % {"store": person.display_name}
    zone = zone_of(stores_visible_to(request.user))
    rows = _rows(request, TrailFilter(actor=pk, about=pk), zone)
    return show(request, "home/person_history.html", {"title": title, "person": person, **rows})


def _form(request: HttpRequest) -> tuple[TrailForm, str]:
    stores = stores_visible_to(request.user)
    zone = zone_of(stores)
    return TrailForm(request.GET, stores=stores, timezone=zone), zone


def _rows(request: HttpRequest, chosen: TrailFilter, zone: str) -> dict[str, Any]:
    now = clock.now()
    found = trail_page(chosen, after=request.GET.get("after", ""))
    return {
        "rows": trail_rows(found.entries, timezone=zone, now=now),
        "after": found.after,
        "is_first": "after" not in request.GET,
        "shows_ip": is_headquarters(request.user),
        "zone": zone,
    }


def _csv(request: HttpRequest, name: str, chosen: TrailFilter, zone: str) -> StreamingHttpResponse:
    now: datetime = clock.now()
    cells = trail_cells(trail_entries(chosen), timezone=zone, now=now, with_ip=is_headquarters(request.user))
    return stream_csv(name, COLUMNS, cells)


def _query(request: HttpRequest) -> str:
    """Return the filters as they stand in the address, without the cursor."""
    said = request.GET.copy()
    said.pop("after", None)
    return said.urlencode()
