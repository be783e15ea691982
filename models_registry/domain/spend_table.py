"""A level of spend as a table: areas, stores or deployments, sorted by any column."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from models_registry.domain.spend_levels import Billed, Figures, Shown, StoreLine, lines_shown, sum_of
from portal.base.currency import Currency

ZERO = Decimal(0)


class SpendRow(NamedTuple):
    """An area, a store or a deployment: exact, and as shown. `part_of` is what a store belongs to."""

    key: int
    code: str
    name: str
    part_of: str
    deployment: str
    mark: str
    figures: Figures
    shown: Shown
    stores: int = 1


SORTS: Mapping[str, Callable[[SpendRow], Any]] = {
    "code": lambda row: (row.code, row.name),
    "usd": lambda row: row.figures.actual_usd,
    "yesterday": lambda row: row.figures.yesterday_usd,
    "forecast": lambda row: row.figures.actual_usd + row.figures.rest_usd,
    "difference": lambda row: row.figures.actual_usd - row.figures.planned_usd,
    "saved": lambda row: row.figures.always_on_usd - row.figures.actual_usd - row.figures.rest_usd,
    "tray": lambda row: row.figures.usd_a_tray or ZERO,
    "hour": lambda row: row.figures.usd_an_open_hour or ZERO,
}


@dataclass(frozen=True, slots=True)
class SpendTable:
    """Rows in the order asked for, and what they add up to."""

    rows: list[SpendRow]
    total: Shown
    figures: Figures
    sort: str
    is_descending: bool


def _table(rows: Sequence[SpendRow], figures: Figures, sort: str) -> SpendTable:
    is_descending, name = sort.startswith("-"), sort.lstrip("-")
    if name not in SORTS:
        is_descending, name = False, "code"
    ordered = sorted(sorted(rows, key=SORTS["code"]), key=SORTS[name], reverse=is_descending)
    total = sum((row.shown for row in rows), Shown())
    return SpendTable(ordered, total, figures, name, is_descending)


def table_of_stores(lines: Sequence[StoreLine], billed: Billed, currency: Currency, sort: str) -> SpendTable:
    """Return a row for each store; `sort` is a column of SORTS, with a minus for the largest first."""
    shown = lines_shown({line.store.store_id: line.figures for line in lines}, billed.of_stores(), currency)
    rows = [
        SpendRow(
            line.store.store_id, line.store.code, line.store.name, line.store.area, line.store.deployment,
            line.store.unplanned.value if line.store.unplanned else "", line.figures,
            shown[line.store.store_id],
        )
        for line in lines
    ]  # fmt: skip
    return _table(rows, sum_of(line.figures for line in lines), sort)


def table_of_areas(lines: Sequence[StoreLine], billed: Billed, currency: Currency, sort: str) -> SpendTable:
    """Return a row for each area: the sum of its stores among `lines`, exact and as shown."""
    stores = table_of_stores(lines, billed, currency, "code")
    shown = {row.key: row.shown for row in stores.rows}
    areas: dict[tuple[int, str], list[StoreLine]] = defaultdict(list)
    for line in lines:
        areas[line.store.area_id, line.store.area].append(line)
    rows = [
        SpendRow(
            pk, name, name, "", "", "", sum_of(line.figures for line in own),
            sum((shown[line.store.store_id] for line in own), Shown()), len(own),
        )
        for (pk, name), own in areas.items()
    ]  # fmt: skip
    return _table(rows, stores.figures, sort)


def table_of_deployments(
    line: StoreLine, names: Mapping[int, str], billed: Billed, currency: Currency, sort: str
) -> SpendTable:
    """Return a row for each deployment that has cost a store something, or will."""
    leaves = {leaf.deployment: leaf for leaf in billed.money if leaf.store == line.store.store_id}
    money = {pk: (billed.money[leaf], billed.minutes[leaf]) for pk, leaf in leaves.items()}
    shown = lines_shown(line.deployments, money, currency)
    rows = [
        SpendRow(pk, names.get(pk, ""), names.get(pk, ""), "", "", "", figures, shown[pk])
        for pk, figures in line.deployments.items()
    ]
    return _table(rows, line.figures, sort)
