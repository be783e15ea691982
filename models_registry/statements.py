"""Statements as files: for a download, a zip of many, or a mail's attachment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import QuerySet

from models_registry.domain.statement import Statement
from models_registry.selectors.statements import statement_of
from models_registry.statement_pdf import statement_pdf
from portal.base.csv_lines import csv_lines
from stores.models import Store

CSV_HEADER = ("store", "date", "unit_minutes", "overhead_minutes", "usd")


class StatementFile(NamedTuple):
    """A file as a mail attaches it: name, content, MIME type."""

    name: str
    content: bytes
    mime_type: str


def statement_file(store: Store, *, month: date, language: str, at: datetime) -> StatementFile:
    """Return a store's statement as a PDF in the reader's language; seven queries."""
    made = statement_of(store, month=month, at=at)
    name = f"statement-{store.code}-{made.month:%Y-%m}.pdf"
    return StatementFile(name, statement_pdf(made, language=language), "application/pdf")


def statement_csv(statement: Statement) -> StatementFile:
    """Return the same days as CSV; the last line is their total."""
    days = [(statement.code, on.isoformat(), *row) for on, row in statement.shown_days().items()]
    rows = [*days, (statement.code, "TOTAL", *statement.shown_total())]
    content = "".join(csv_lines(CSV_HEADER, rows)).encode()
    return StatementFile(f"statement-{statement.code}-{statement.month:%Y-%m}.csv", content, "text/csv")


def statement_files(
    stores: QuerySet[Store], *, month: date, language: str, at: datetime
) -> Iterator[tuple[str, bytes]]:
    """Yield the PDFs and CSVs of stores that cost anything in a month, one store at a time."""
    for store in stores.select_related("area").order_by("code").iterator(chunk_size=100):
        made = statement_of(store, month=month, at=at)
        if made.days:
            pdf = statement_pdf(made, language=language)
            yield f"statement-{store.code}-{made.month:%Y-%m}.pdf", pdf
            table = statement_csv(made)
            yield table.name, table.content
