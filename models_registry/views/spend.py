"""Spend, level by level: what stores have cost in a month, why, and what the month will come to."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy

from models_registry.domain.rounding import fit
from models_registry.domain.spend_levels import Range, Shown
from models_registry.domain.spend_table import (
    SpendTable,
    table_of_areas,
    table_of_deployments,
    table_of_stores,
)
from models_registry.domain.variance import Cause, Named
from models_registry.selectors.deployments import names_of
from models_registry.selectors.run_shares import RunLine, deployment_of, run_lines, shares_shown
from models_registry.selectors.spend import DailySpend, daily_spend
from models_registry.selectors.spend_levels import Headline, billed, store_lines
from models_registry.views.spend_asked import Asked, area_for, ask, crumbs, month_query, own_store
from models_registry.views.spend_words import in_words
from portal.base.currency import Currency, showing_in
from portal.base.site import page, show
from stores.models import Store

COLUMNS = (
    ("usd", gettext_lazy("Billed")),
    ("yesterday", gettext_lazy("Yesterday")),
    ("forecast", gettext_lazy("Forecast")),
    ("difference", gettext_lazy("vs. plan")),
    ("saved", gettext_lazy("Saved")),
    ("tray", gettext_lazy("A tray")),
    ("hour", gettext_lazy("An open hour")),
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
    """Show a month of all stores a person may see: by area, or store by store."""
    asked = ask(request)
    lines = store_lines(asked.visible.order_by("code"), asked.wanted)
    is_by_store = request.GET.get("by") == "store" or len({line.store.area_id for line in lines}) < 2
    make = table_of_stores if is_by_store else table_of_areas
    table = make(lines, billed(asked.wanted, asked.currency), asked.currency, asked.sort)
    heads = {"title": gettext("Spend"), "level": "stores" if is_by_store else "areas", "is_fleet": True,
             "csv": reverse("spend-csv" if is_by_store else "spend-areas-csv")}  # fmt: skip
    return _level(request, asked, Headline(asked.visible, asked.wanted, table.figures), table, heads)


@page
def spend_area(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a month of an area's stores."""
    asked, area = ask(request), area_for(request, pk)
    stores = asked.visible.filter(area=area)
    lines = store_lines(stores.order_by("code"), asked.wanted)
    table = table_of_stores(lines, billed(asked.wanted, asked.currency), asked.currency, asked.sort)
    title, link = gettext("Spend of %(name)s") % {"name": area.name}, reverse("spend-area-csv", args=[pk])
    heads = {"title": title, "level": "stores", "crumbs": crumbs(asked), "here": area.name, "csv": link}
    return _level(request, asked, Headline(stores, asked.wanted, table.figures), table, heads)


@page
def spend_store(request: HttpRequest, code: str) -> HttpResponse:
    """Show a month of a store, by the deployments that served it."""
    asked, store = ask(request), own_store(request, code)
    stores = asked.visible.filter(pk=store.pk)
    table = store_table(asked, stores, asked.currency)
    heads = {"title": gettext("Spend of %(name)s") % {"name": store.name}, "level": "deployments",
             "store": store, "crumbs": crumbs(asked, area=store.area), "here": f"{store.code} {store.name}",
             "csv": reverse("spend-store-csv", args=[code])}  # fmt: skip
    return _level(request, asked, Headline(stores, asked.wanted, table.figures), table, heads)


def store_table(asked: Asked, stores: QuerySet[Store], currency: Currency) -> SpendTable:
    """Return the deployments of the one store in `stores`."""
    (line,) = store_lines(stores, asked.wanted)
    shown = billed(asked.wanted, currency)
    return table_of_deployments(line, names_of(line.deployments), shown, currency, asked.sort)


@page
def spend_deployment(request: HttpRequest, code: str, deployment: int) -> HttpResponse:
    """Show a store's part of every run of a deployment in a month."""
    asked, store = ask(request), own_store(request, code)
    found, stores = deployment_of(store, deployment), asked.visible.filter(pk=store.pk)
    table = store_table(asked, stores, asked.currency)
    row = next((each for each in table.rows if each.key == deployment), None)
    total = row.shown if row else Shown()
    runs = run_lines(store, deployment, asked.wanted)
    heads = {"title": gettext("Runs for %(name)s") % {"name": store.name}, "level": "runs", "store": store,
             "crumbs": crumbs(asked, area=store.area, store=store), "here": found.name, "deployment": found,
             "runs": _with_shares(runs, total, asked),
             "csv": reverse("spend-runs-csv", args=[code, deployment])}  # fmt: skip
    part = SpendTable([], total, row.figures if row else table.figures, "code", False)
    headline = Headline(stores, asked.wanted, part.figures, deployment)
    return _level(request, asked, headline, part, heads)


def _with_shares(runs: list[RunLine], total: Shown, asked: Asked) -> list[dict[str, Any]]:
    shown = shares_shown(runs, total.actual, asked.currency)
    return [{"line": line, "shown": shown[line.run.pk]} for line in runs]


def _level(
    request: HttpRequest, asked: Asked, headline: Headline, table: SpendTable, heads: dict[str, Any]
) -> HttpResponse:
    """Render a level: its tiles, days, causes and rows, all in one currency."""
    daily = daily_spend(headline.stores, month=asked.wanted.month) if heads["level"] != "runs" else None
    currency = asked.currency
    context = {
        "form": asked.form, "month": asked.wanted.month, "table": table, "headline": headline,
        "is_over": not asked.wanted.days_left, "columns": _columns(table), "query": _query(request),
        "month_query": month_query(asked), "range": _range(headline.range, currency), "daily": daily,
        "causes": _causes(headline.causes, table.total, currency),
    } | (_days(daily, currency) if daily else {})  # fmt: skip
    with showing_in(lambda: currency):
        return show(request, "models_registry/spend.html", context | heads)


def _range(found: Range | None, currency: Currency) -> dict[str, Any] | None:
    if found is None:
        return None
    return {"low": currency.rounded(found.low), "high": currency.rounded(found.high)}


def _causes(exact: dict[Named, Any], total: Shown, currency: Currency) -> list[dict[str, Any]]:
    """Return the causes as shown, the largest first: they add up to the difference shown."""
    if not exact and total.planned and total.difference:
        exact = {Named(Cause.ROUNDING): total.difference / currency.per_usd}
    amounts = {named: currency.of(usd) for named, usd in exact.items()}
    shown = fit(amounts, total.difference, currency.step)
    ordered = sorted(shown.items(), key=lambda item: (-abs(item[1]), item[0]))
    return [{"title": in_words(named), "amount": amount} for named, amount in ordered if amount]


def _query(request: HttpRequest) -> str:
    said = request.GET.copy()
    said.pop("sort", None)
    return said.urlencode()


def _columns(table: SpendTable) -> list[dict[str, Any]]:
    """Return the headings with the sort each leads to: numbers begin with the largest."""
    return [
        {
            "name": name,
            "title": title,
            "arrow": ("▼" if table.is_descending else "▲") if name == table.sort else "",
            "link": f"-{name}" if not (name == table.sort and table.is_descending) else name,
        }
        for name, title in COLUMNS
    ]


def _days(daily: DailySpend, currency: Currency) -> dict[str, Any]:
    """Return the bars as Chart.js takes them, and the same as a table."""
    return {
        "days": list(zip(daily.days, daily.totals, strict=False)),
        "chart_options": CHART_OPTIONS,
        "chart": {
            "labels": [str(on.day) for on in daily.days],
            "datasets": [
                {
                    "label": name or gettext("others"),
                    "data": [float(currency.rounded(value)) for value in values],
                    "backgroundColor": f"var(--color-{COLOURS[index]})",
                }
                for index, (name, values) in enumerate(daily.series)
            ],
        },
    }
