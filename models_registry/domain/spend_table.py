"""A month's forecast as a table: rounded so that columns add up, and sorted by any of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from models_registry.domain.forecast import MonthForecast, StoreForecast

SORTS: Mapping[str, Callable[[StoreForecast], Any]] = {
    "code": lambda row: row.code,
    "deployment": lambda row: (row.deployment, row.code),
    "minutes": lambda row: row.actual_minutes,
    "overhead": lambda row: row.overhead_minutes,
    "usd": lambda row: row.actual_usd,
    "forecast": lambda row: row.forecast_usd,
    "share": lambda row: row.share_of_always_on or Decimal(0),
}


class SpendRow(NamedTuple):
    """A store's row: its facts, and its amounts as shown by column."""

    store: StoreForecast
    shown: dict[str, Decimal]


@dataclass(frozen=True, slots=True)
class SpendTable:
    """Rows in the order asked for, and the totals they add up to."""

    rows: list[SpendRow]
    total: dict[str, Decimal]
    share: Decimal | None
    sort: str
    is_descending: bool


def spend_table(forecast: MonthForecast, sort: str) -> SpendTable:
    """Return the table; `sort` is a column of SORTS, with a leading minus for the largest first."""
    is_descending, name = sort.startswith("-"), sort.lstrip("-")
    if name not in SORTS:
        is_descending, name = False, "code"
    columns = forecast.rounded(minute_step=Decimal(1))
    total = {column: sum(values.values(), Decimal(0)) for column, values in columns.items()}
    rows = sorted(sorted(forecast.rows, key=SORTS["code"]), key=SORTS[name], reverse=is_descending)
    always_on = forecast.total("always_on_usd")
    return SpendTable(
        rows=[
            SpendRow(row, {column: values[row.store_id] for column, values in columns.items()})
            for row in rows
        ],
        total=total,
        share=forecast.total("forecast_usd") / always_on if always_on else None,
        sort=name,
        is_descending=is_descending,
    )
