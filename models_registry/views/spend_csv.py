"""Every level of spend as a file: columns add up to the last line, in dollars and the reader's currency."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, StreamingHttpResponse

from models_registry.domain.spend_levels import Figures, Shown, StoreLine
from models_registry.domain.spend_table import SpendRow, SpendTable, table_of_areas, table_of_stores
from models_registry.selectors.run_shares import RunLine, deployment_of, run_lines, shares_shown
from models_registry.selectors.spend_levels import billed, store_lines
from models_registry.views.exports import stream_csv
from models_registry.views.spend import store_table
from models_registry.views.spend_asked import Asked, area_for, ask, own_store
from portal.base.currency import USD, Currency
from portal.base.site import page

MONEY = (
    ("actual", "actual"), ("yesterday", "yesterday"), ("planned_so_far", "planned"),
    ("difference", "difference"), ("rest", "rest"), ("forecast", "forecast"), ("always_on", "always_on"),
    ("saved", "saved"), ("article", "article"), ("saved_article", "saved_article"),
)  # fmt: skip
COUNTS = ("actual_minutes", "overhead_minutes", "open_minutes", "trays", "usd_a_tray", "usd_an_open_hour")
NAMES = ("name", "part_of", "deployment", "unplanned")
RUNS = (
    "run", "version", "units", "running_at", "stopping_at", "starting_seconds", "allocation", "outside",
    "minutes", "overhead_minutes",
)  # fmt: skip


@page
def spend_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Send every store a person may see, of one area when it is named."""
    asked = ask(request)
    lines = store_lines(asked.form.narrowed(asked.visible).order_by("code"), asked.wanted)
    return _send(asked, "store", "spend", lambda c: _stores(asked, lines, c))


def _stores(asked: Asked, lines: list[StoreLine], currency: Currency) -> SpendTable:
    return table_of_stores(lines, billed(asked.wanted, currency), currency, "code")


@page
def spend_areas_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Send every area of which a person sees a store."""
    asked = ask(request)
    lines = store_lines(asked.visible.order_by("code"), asked.wanted)
    return _send(
        asked, "area", "spend-areas", lambda c: table_of_areas(lines, billed(asked.wanted, c), c, "code")
    )


@page
def spend_area_csv(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """Send the stores of an area."""
    asked, area = ask(request), area_for(request, pk)
    lines = store_lines(asked.visible.filter(area=area).order_by("code"), asked.wanted)
    return _send(
        asked,
        "store",
        f"spend-area-{pk}",
        lambda c: _stores(asked, lines, c),
    )


@page
def spend_store_csv(request: HttpRequest, code: str) -> StreamingHttpResponse:
    """Send the deployments of a store."""
    asked, store = ask(request), own_store(request, code)
    stores = asked.visible.filter(pk=store.pk)
    return _send(asked, "deployment_name", f"spend-{code}", lambda c: store_table(asked, stores, c))


@page
def spend_runs_csv(request: HttpRequest, code: str, deployment: int) -> StreamingHttpResponse:
    """Send a store's part of every run of a deployment."""
    asked, store = ask(request), own_store(request, code)
    deployment_of(store, deployment)
    stores, lines = asked.visible.filter(pk=store.pk), run_lines(store, deployment, asked.wanted)
    columns = {}
    for currency in _currencies(asked):
        rows = store_table(asked, stores, currency).rows
        total = sum((row.shown.actual for row in rows if row.key == deployment), Decimal(0))
        columns[currency.code.lower()] = shares_shown(lines, total, currency)
    name = f"runs-{code}-{deployment}-{asked.wanted.month:%Y-%m}.csv"
    return stream_csv(name, (*RUNS, *columns), _run_cells(lines, columns))


def _run_cells(lines: list[RunLine], columns: dict[str, dict[int, Decimal]]) -> Iterator[list[Any]]:
    for line in lines:
        run = line.run
        yield [
            run.pk, str(run.version), run.inference_units, _iso(run.running_at), _iso(run.stopping_at),
            int(line.starting.total_seconds()) if line.starting else "", line.rule,
            "yes" if run.is_outside else "no", line.minutes, line.overhead,
            *(column[run.pk] for column in columns.values()),
        ]  # fmt: skip
    sums = [sum(column.values(), Decimal(0)) for column in columns.values()]
    minutes = sum((line.minutes for line in lines), Decimal(0))
    overhead = sum((line.overhead for line in lines), Decimal(0))
    yield ["TOTAL", *[""] * 7, minutes, overhead, *sums]


def _iso(at: Any) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else ""


def _currencies(asked: Asked) -> list[Currency]:
    return [USD] if asked.currency.is_usd else [USD, asked.currency]


def _send(
    asked: Asked, kind: str, name: str, make: Callable[[Currency], SpendTable]
) -> StreamingHttpResponse:
    """Send a table, its money in dollars and then in the reader's currency, each rounded in its own units."""
    currencies = _currencies(asked)
    tables = [make(currency) for currency in currencies]
    money = [f"{name}_{currency.code.lower()}" for currency in currencies for name, _ in MONEY]
    header = (kind, *NAMES, *COUNTS, *money)
    return stream_csv(f"{name}-{asked.wanted.month:%Y-%m}.csv", header, _cells(tables))


def _cells(tables: list[SpendTable]) -> Iterator[list[Any]]:
    for rows in zip(*(table.rows for table in tables), strict=True):
        row: SpendRow = rows[0]
        head = [row.code, row.name, row.part_of, row.deployment, row.mark]
        yield [*head, *_counts(row.shown, row.figures), *_money(each.shown for each in rows)]
    first = tables[0]
    yield ["TOTAL", *[""] * 4, *_counts(first.total, first.figures), *_money(each.total for each in tables)]


def _counts(shown: Shown, figures: Figures) -> list[Any]:
    ratios = (figures.usd_a_tray, figures.usd_an_open_hour)
    each = [f"{ratio:.4f}" if ratio is not None else "" for ratio in ratios]
    return [shown.minutes, shown.overhead, figures.open_minutes, figures.trays, *each]


def _money(shown: Iterator[Shown]) -> list[Any]:
    return [getattr(each, attribute) for each in shown for _, attribute in MONEY]
