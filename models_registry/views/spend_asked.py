"""What a page or file of spend is asked for: which stores, which month, in which currency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext

from models_registry.domain.forecast import Month
from models_registry.forms.money import SpendForm, months_around
from models_registry.selectors.currencies import currency_for, wished_currency
from models_registry.selectors.spend import zone_of
from models_registry.selectors.spend_levels import Wanted
from models_registry.templatetags.registry import month_name
from portal.base import clock
from portal.base.currency import Currency
from portal.base.errors import NotFound
from stores.access import May, areas_visible_to, require, store_for, stores_visible_to
from stores.domain.localtime import local_date
from stores.models import Area, Store


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for spend, read once at the edge."""

    at: datetime
    visible: QuerySet[Store]
    form: SpendForm
    wanted: Wanted
    currency: Currency
    sort: str


def ask(request: HttpRequest) -> Asked:
    """Read the month and the currency; refuse one who sees no store, unless they run the franchise."""
    visible = stores_visible_to(request.user)
    if not visible.exists():
        require(request.user, May.RUN_FRANCHISE)
    at = clock.now()
    today = local_date(zone_of(visible), at)
    months = [(f"{on:%Y-%m}", month_name(on)) for on in months_around(today)]
    areas = areas_visible_to(request.user)
    form = SpendForm(request.GET, areas=areas, months=months, present=today.replace(day=1))
    wanted = Wanted(form.month_chosen, at, today)
    return Asked(at, visible, form, wanted, _currency(request, wanted), request.GET.get("sort", ""))


def _currency(request: HttpRequest, wanted: Wanted) -> Currency:
    """Return the reader's currency at the rate of today, or of the month's last day when it is over."""
    last = Month.of(wanted.month).last
    wished = wished_currency(getattr(request.user, "currency", ""))
    return currency_for(wished, on=min(last, wanted.today), today=wanted.today)


def area_for(request: HttpRequest, pk: int) -> Area:
    """Return an area that holds a store the person may see; raise NotFound for any other."""
    area = areas_visible_to(request.user).filter(pk=pk).first()
    if area is None:
        raise NotFound(gettext("There is no such area among yours."))
    return area


def own_store(request: HttpRequest, code: str) -> Store:
    """Return a store the person may see."""
    return store_for(request.user, code)


def month_query(asked: Asked) -> str:
    """Return the month for a link to another level."""
    return f"?month={asked.wanted.month:%Y-%m}"


def crumbs(asked: Asked, *, area: Area | None = None, store: Store | None = None) -> list[dict[str, Any]]:
    """Return the way up: every level above, each at the same month."""
    found = [{"title": gettext("All stores"), "url": reverse("spend")}]
    if area is not None:
        found.append({"title": area.name, "url": reverse("spend-area", args=[area.pk])})
    if store is not None:
        found.append(
            {"title": f"{store.code} {store.name}", "url": reverse("spend-store", args=[store.code])}
        )
    return [{**crumb, "url": crumb["url"] + month_query(asked)} for crumb in found]
