"""CSV for spreadsheets: UTF-8 with the mark that Excel looks for, no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import Any

MARK = "\ufeff"


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, line: str) -> str:
        return line


def csv_lines(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """Yield the lines of a whole file."""
    yield MARK
    yield from more_csv_lines([header])
    yield from more_csv_lines(rows)


def more_csv_lines(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """Yield lines that continue a file."""
    writer = csv.writer(_Echo())
    for row in rows:
        yield writer.writerow([_harmless(cell) for cell in row])


def _harmless(cell: Any) -> Any:
    """Keep a text that begins like a formula from being one."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell
