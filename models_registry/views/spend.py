"""Spend: what each store has cost in a month, and what the month will come to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext, gettext_lazy

from models_registry.domain.forecast import MINUTES, MONEY, MonthForecast
from models_registry.domain.spend_table import SpendTable, spend_table
from models_registry.forms.money import SpendForm, months_around
from models_registry.selectors.forecast import month_forecast
from models_registry.selectors.spend import DailySpend, daily_spend, starting_time, zone_of
from models_registry.templatetags.registry import month_name
from models_registry.views.exports import stream_csv
from portal.base import clock
from portal.base.site import page, show
from stores.access import May, areas_visible_to, require, stores_visible_to
from stores.domain.localtime import local_date
from stores.models import Store

COLUMNS = (
    ("code", gettext_lazy("Store"), False),
    ("deployment", gettext_lazy("Deployment"), False),
    ("minutes", gettext_lazy("Unit minutes"), True),
    ("overhead", gettext_lazy("of which overhead"), True),
    ("usd", "USD", True),
    ("forecast", gettext_lazy("Forecast"), True),
    ("share", gettext_lazy("of always on"), True),
)
CHART_OPTIONS = {
    "responsive": True, "maintainAspectRatio": False, "animation": False, "maxBarThickness": 28,
    "plugins": {"legend": {"position": "bottom", "labels": {"boxWidth": 10, "color": "#9ca3af"}}},
    "scales": {
        "x": {"stacked": True, "grid": {"display": False}, "ticks": {"color": "#9ca3af"}},
        "y": {"stacked": True, "grid": {}, "ticks": {"color": "#9ca3af"}},
    },
}  # fmt: skip
COLOURS = ("primary-500", "blue-500", "green-500", "orange-300", "red-400", "blue-300", "base-400")


@page
def spend(request: HttpRequest) -> HttpResponse:
    """Show a month of the stores a person may see."""
    at, visible = clock.now(), _door(request)
    form = _form(request, visible, at)
    stores, month = form.narrowed(visible), form.month_chosen
    forecast = month_forecast(stores.order_by("code"), month=month, at=at)
    daily, table = daily_spend(stores, month=month), spend_table(forecast, request.GET.get("sort", ""))
    context = {
        "title": gettext("Spend"), "form": form, "month": month, "is_over": forecast.is_over,
        "table": table, "daily": daily,
        "columns": _columns(table), "chart_options": CHART_OPTIONS,
        "days": list(zip(daily.days, daily.totals, strict=False)), "chart": _chart(daily),
        "starting": starting_time(stores, month=month), "query": _query(request),
    }  # fmt: skip
    return show(request, "models_registry/spend.html", context)


@page
def spend_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Send the same rows, minutes and money to two places; each column adds up to its last line."""
    at, visible = clock.now(), _door(request)
    form = _form(request, visible, at)
    stores = form.narrowed(visible).order_by("code")
    forecast = month_forecast(stores, month=form.month_chosen, at=at)
    header = ("store", "name", "area", "deployment", "unplanned", "needed_minutes", *MINUTES, *MONEY)
    return stream_csv(f"spend-{form.month_chosen:%Y-%m}.csv", header, _cells(forecast, header))


def _door(request: HttpRequest) -> QuerySet[Store]:
    """Return the stores a person may see; refuse one who has none, unless they run the franchise."""
    visible = stores_visible_to(request.user)
    if not visible.exists():
        require(request.user, May.RUN_FRANCHISE)
    return visible


def _cells(forecast: MonthForecast, header: tuple[str, ...]) -> Iterator[list[Any]]:
    made = forecast.to_dict()
    for row in made["stores"]:
        yield [row[name] for name in header]
    yield ["TOTAL", *(made["total"].get(name, "") for name in header[1:])]


def _form(request: HttpRequest, visible: QuerySet[Store], at: datetime) -> SpendForm:
    today = local_date(zone_of(visible), at)
    months = [(f"{on:%Y-%m}", month_name(on)) for on in months_around(today)]
    present = today.replace(day=1)
    return SpendForm(request.GET, areas=areas_visible_to(request.user), months=months, present=present)


def _query(request: HttpRequest) -> str:
    said = request.GET.copy()
    said.pop("sort", None)
    return said.urlencode()


def _columns(table: SpendTable) -> list[dict[str, Any]]:
    """Return the headings with the sort each leads to: numbers begin with the largest."""
    return [
        {
            "title": title,
            "is_number": is_number,
            "arrow": ("▼" if table.is_descending else "▲") if name == table.sort else "",
            "link": f"-{name}" if (not table.is_descending if name == table.sort else is_number) else name,
        }
        for name, title, is_number in COLUMNS
    ]


def _chart(daily: DailySpend) -> dict[str, Any]:
    """Return the bars as Chart.js takes them."""
    return {
        "labels": [str(on.day) for on in daily.days],
        "datasets": [
            {
                "label": name or gettext("others"),
                "data": [float(value) for value in values],
                "backgroundColor": f"var(--color-{COLOURS[index]})",
            }
            for index, (name, values) in enumerate(daily.series)
        ],
    }
