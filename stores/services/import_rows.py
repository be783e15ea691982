"""The rows of a store file as wanted stores, with every line that cannot stand named."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext

from portal.base.errors import InvalidInput
from stores.domain.localtime import local_date
from stores.domain.osm import OsmHours
from stores.services.import_reading import OPTIONAL, Sheet
from stores.services.osm_syntax import read_opening_hours
from stores.services.stores import StoreFacts, problems_of
from stores.services.wording import in_words

MAX_PROBLEMS = 100
_KEPT_WHEN_EMPTY = frozenset({"open_buffer_minutes", "close_buffer_minutes", "control"})
_NO_HOURS = OsmHours(((),) * 7)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with one line."""

    line: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class WantedStore:
    """A store as a line says it. `facts` has only what the line says: the rest stays as it is."""

    line: int
    facts: dict[str, object]
    area: str
    hours: OsmHours

    @property
    def code(self) -> str:
        """The store's code."""
        return str(self.facts["code"])


@dataclass(slots=True)
class Reading:
    """What came of all rows; `problems` keeps the first hundred, `problem_count` knows them all."""

    stores: list[WantedStore] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0

    def add_problem(self, line: int, column: str, reason: str) -> None:
        """Note a problem."""
        self.problem_count += 1
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(line, column, reason))


def read_rows(sheet: Sheet, rows: Iterable[tuple[int, list[str]]], *, at: datetime) -> Reading:
    """Judge every row; `at` tells each store's today, from which dates without a year are counted."""
    reading = Reading()
    lines: dict[str, int] = {}
    for line, cells in rows:
        if len(cells) < len(sheet.header) or any(cells[len(sheet.header) :]):
            reason = gettext("There are %(cells)s cells, but %(columns)s columns. Quote texts with a comma.")
            reading.add_problem(line, "", reason % {"cells": len(cells), "columns": len(sheet.header)})
            continue
        row = {name: cell.strip() for name, cell in zip(sheet.header, cells, strict=False)}
        if row["code"] in lines:
            reason = gettext("“%(code)s” is on line %(line)s already. Keep one of them.")
            reading.add_problem(line, "code", reason % {"code": row["code"], "line": lines[row["code"]]})
            continue
        lines[row["code"]] = line
        _read_row(reading, line, row, at)
    return reading


def _read_row(reading: Reading, line: int, row: dict[str, str], at: datetime) -> None:
    before = reading.problem_count
    facts = _facts(reading, line, row)
    if not 0 < len(row["area"]) <= 80:
        reading.add_problem(line, "area", gettext("Write the name of an area, at most 80 characters."))
    wrong = problems_of(StoreFacts(**facts))  # type: ignore[arg-type]
    for problem in wrong:
        reading.add_problem(line, problem.field, problem.message)
    if any(problem.field == "timezone" for problem in wrong):
        hours = _NO_HOURS
    else:
        hours = _hours(reading, line, row, at)
    if reading.problem_count == before:
        reading.stores.append(WantedStore(line, facts, row["area"], hours))


def _facts(reading: Reading, line: int, row: dict[str, str]) -> dict[str, object]:
    facts: dict[str, object] = {name: row[name] for name in ("code", "name", "timezone")}
    for name in OPTIONAL:
        text = row.get(name)
        if text is None or (not text and name in _KEPT_WHEN_EMPTY):
            continue
        if not name.endswith("_minutes"):
            facts[name] = text.upper()
        elif text.isdecimal() and len(text) < 6:
            facts[name] = int(text)
        else:
            reading.add_problem(line, name, gettext("“%(text)s” is not whole minutes.") % {"text": text})
    return facts


def _hours(reading: Reading, line: int, row: dict[str, str], at: datetime) -> OsmHours:
    try:
        return read_opening_hours(row["opening_hours"], on=local_date(row["timezone"], at))
    except InvalidInput as error:
        reading.add_problem(line, "opening_hours", in_words(error))
        return _NO_HOURS
