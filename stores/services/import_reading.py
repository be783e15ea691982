"""A store file as it comes: its size, its letters, its delimiter, its header; nothing is judged yet."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from django.utils.translation import gettext

from portal.base.errors import InvalidInput
from stores.selectors.export import COLUMNS

MAX_BYTES = 20 * 1024 * 1024
MAX_LINES = 50_000
REQUIRED = ("code", "name", "area", "timezone", "opening_hours")
OPTIONAL = ("country", "subdivision", "open_buffer_minutes", "close_buffer_minutes", "control")
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class ImportRefused(InvalidInput):
    """The file as a whole cannot be taken; the sentence says how to mend it."""

    code = "import_refused"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A decoded file: its rows are read on demand, each with the line it begins on."""

    text: str
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    unknown: tuple[str, ...]

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield line number and cells, header and blank lines left out."""
        reader = csv.reader(io.StringIO(self.text, newline=""), delimiter=self.delimiter)
        try:
            next(reader)
            line = reader.line_num + 1
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield line, cells
                line = reader.line_num + 1
        except csv.Error as error:
            reason = gettext("Line %(line)s cannot be read as CSV: %(error)s.")
            raise ImportRefused(reason % {"line": reader.line_num, "error": error}) from error


def read_sheet(file: BinaryIO) -> Sheet:
    """Return the file decoded, with its header understood; refuse what is too large or no such file.

    A file over 20 MB is refused by its size, before it is read.
    """
    data = _read_limited(file)
    text, encoding = _decode(data)
    first_line = text.partition("\n")[0].rstrip("\r")
    delimiter = max(DELIMITERS, key=lambda mark: len(set(_header(first_line, mark)) & set(COLUMNS)))
    header = _header(first_line, delimiter)
    _check_header(header)
    unknown = tuple(name for name in header if name and name not in COLUMNS)
    return Sheet(text, encoding, delimiter, header, unknown)


def _read_limited(file: BinaryIO) -> bytes:
    size = file.seek(0, os.SEEK_END) if file.seekable() else 0
    if size:
        file.seek(0)
    data = file.read(MAX_BYTES + 1) if size <= MAX_BYTES else b""
    if max(size, len(data)) > MAX_BYTES:
        raise ImportRefused(
            gettext("The file is larger than %(most)s MB. Split it; 10,000 stores take about 2 MB.")
            % {"most": MAX_BYTES // 1024 // 1024}
        )
    if not data.strip():
        raise ImportRefused(gettext("The file is empty. Its first line must name the columns."))
    if data.count(b"\n") > MAX_LINES:
        raise ImportRefused(
            gettext("The file has more than %(most)s lines. Split it.") % {"most": f"{MAX_LINES:,}"}
        )
    return data


def _decode(data: bytes) -> tuple[str, str]:
    if data.startswith(_UTF16_MARKS) or b"\0" in data:
        raise ImportRefused(gettext("This is not a plain text file. Save it as “CSV UTF-8” and try again."))
    for encoding, name in (("utf-8-sig", "UTF-8"), ("cp932", "Shift_JIS")):
        try:
            return data.decode(encoding), name
        except UnicodeDecodeError:
            continue
    raise ImportRefused(
        gettext("The letters are neither UTF-8 nor Shift_JIS. Save it as “CSV UTF-8” and try again.")
    )


def _header(line: str, delimiter: str) -> tuple[str, ...]:
    cells = next(csv.reader([line], delimiter=delimiter), [])
    return tuple(cell.strip().lower() for cell in cells)


def _check_header(header: tuple[str, ...]) -> None:
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        raise ImportRefused(
            gettext("The first line must name the columns. Missing: %(names)s.")
            % {"names": ", ".join(missing)}
        )
    twice = sorted({name for name in header if name in COLUMNS and header.count(name) > 1})
    if twice:
        raise ImportRefused(
            gettext("The first line names a column twice: %(names)s.") % {"names": ", ".join(twice)}
        )
