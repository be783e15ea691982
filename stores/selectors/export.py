"""Stores as rows of the import format, so that an export can be imported again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from django.db.models import QuerySet

from stores.domain.osm import osm_text
from stores.models import Store
from stores.selectors.rules import NO_WEEK, weeks_of

COLUMNS = (
    "code",
    "name",
    "area",
    "timezone",
    "country",
    "subdivision",
    "opening_hours",
    "open_buffer_minutes",
    "close_buffer_minutes",
    "control",
)


def export_rows(stores: QuerySet[Store]) -> Iterator[dict[str, str | int]]:
    """Yield a row for each store in order of code; two queries."""
    chosen = list(stores.select_related("area").order_by("code", "id"))
    weeks = weeks_of(store.pk for store in chosen)
    for store in chosen:
        said = {"area": store.area.name, "opening_hours": osm_text(weeks.get(store.pk, NO_WEEK))}
        yield {name: said[name] if name in said else getattr(store, name) for name in COLUMNS}


def as_csv(rows: Iterable[dict[str, str | int]]) -> str:
    """Write rows as CSV with a header line."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
