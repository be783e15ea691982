"""How well stores' photos are answered: a table of stores, and the hours of one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from detections.domain.health import Health, at_least
from detections.domain.localdays import day_rows, hour_rows
from detections.domain.localhours import Span, begin
from detections.forms.health import HealthForm, SpanForm, Worst
from detections.selectors.health import counts_of, hours_of, last_day, with_histograms
from models_registry.selectors.spend import zone_of
from portal.base import clock
from portal.base.site import page, show
from stores.access import areas_visible_to, store_for, stores_visible_to
from stores.models import Store

PAGE = 50
SCORES: dict[Worst, Callable[[Health], float]] = {
    Worst.ERRORS: lambda each: at_least(each.failed, each.answered + each.failed),
    Worst.SLOW: lambda each: at_least(each.slow, each.answered),
    Worst.NEAR: lambda each: at_least(each.near_miss, each.answered),
    Worst.CORRECTED: lambda each: at_least(each.corrected, each.answered),
    Worst.BUSY: lambda each: each.requests,
}


@page
def health(request: HttpRequest) -> HttpResponse:
    """Show stores with photos in a span, the worst first, a page at a time by the last store shown."""
    at, visible = clock.now(), stores_visible_to(request.user)
    areas = areas_visible_to(request.user).order_by("name", "pk").values_list("pk", "name")
    form = HealthForm(request.GET, areas=areas)
    zone = zone_of(visible)
    since = begin(form.chosen_span, at=at, timezone=zone)
    counts = counts_of(form.narrowed(visible), since=since)
    rows, after = _page(counts, form.chosen_order, request.GET.get("after", ""))
    said = request.GET.copy()
    said.pop("after", None)
    context = {
        "title": gettext("Health"), "form": form, "since": since, "now": at, "zone": zone,
        "total": sum(counts.values(), Health()), "stores": len(counts),
        "rows": _rows(rows, counts, since, at),
        "after": after, "query": said.urlencode(), "is_first": not request.GET.get("after"),
    }  # fmt: skip
    return show(request, "detections/health.html", context)


def _page(counts: dict[int, Health], order: Worst, after: str) -> tuple[list[int], str]:
    """Return the stores of the page after a store, and the last of them where more follow.

    By the share that is sure, so that one failure of one does not lead; then the one with more photos first.
    """
    score = SCORES[order]
    worst = sorted(counts, key=lambda pk: (-score(counts[pk]), -counts[pk].requests, pk))
    start = worst.index(int(after)) + 1 if after.isdecimal() and int(after) in counts else 0
    rows = worst[start : start + PAGE]
    return rows, str(rows[-1]) if len(worst) > start + PAGE else ""


def _rows(pks: list[int], counts: dict[int, Health], since: datetime, at: datetime) -> list[dict[str, Any]]:
    stores = Store.objects.select_related("area").in_bulk(pks)
    details = with_histograms(counts, pks, since=since)
    strips = last_day(stores.values(), at=at)
    return [{"store": stores[pk], "health": details[pk], "strip": strips[pk]} for pk in pks]


@page
def store_health(request: HttpRequest, code: str) -> HttpResponse:
    """Show one store: its hours of a day, or its days."""
    store, at = store_for(request.user, code), clock.now()
    form = SpanForm(request.GET)
    span = form.chosen_span
    since = begin(span, at=at, timezone=store.timezone)
    hours = hours_of(store, since=since)
    is_days = span in {Span.WEEK, Span.MONTH}
    context = {
        "title": gettext("Health of %(store)s") % {"store": store.name}, "store": store, "form": form,
        "now": at, "since": since, "health": sum((each.health for each in hours), Health()),
        "hours": [] if is_days else hour_rows(hours, store.timezone),
        "days": day_rows(hours, store.timezone) if is_days else [],
        "strip": last_day([store], at=at)[store.pk],
    }  # fmt: skip
    return show(request, "detections/health_store.html", context)
