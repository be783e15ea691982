"""Why was it on, or off? For any store one may see, at any instant."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from models_registry.forms.why import WhyForm
from models_registry.selectors.store_page import deployment_of
from models_registry.selectors.timeline import timeline
from models_registry.selectors.why import explain
from portal.base import clock
from portal.base.site import page, show
from portal.home.saying import say_explanation
from stores.access import stores_visible_to
from stores.domain.localtime import local_date
from stores.models import Store

CHOICES = 200


@page
def why(request: HttpRequest) -> HttpResponse:
    """Ask for a store and an instant; explain when both are understood."""
    now = clock.now()
    stores = stores_visible_to(request.user)
    form = WhyForm(request.GET if "store" in request.GET else None, stores=stores, now=now)
    context: dict[str, Any] = {"title": gettext("Why?"), "form": form, "now": now}
    context["choices"] = stores.order_by("code").values_list("code", "name")[:CHOICES]
    if form.is_valid():
        context |= _answer(form.cleaned_data["store"], form.cleaned_data["at"], now)
    return show(request, "home/why.html", context)


def _answer(store: Store, at: datetime, now: datetime) -> dict[str, Any]:
    told = explain(store, at=at)
    on = local_date(store.timezone, at)
    return {
        "store": store,
        "told": told,
        "statements": say_explanation(told, now=now),
        "days": timeline(store, deployment_of(store), first_on=on, days=1, at=min(at, now), mark=at),
    }
