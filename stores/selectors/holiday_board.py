"""Headquarters' board: the holidays of the next 120 days × areas, answered or not."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import QuerySet

from stores.domain.holidays import Choice, Suggestion, suggest
from stores.models import Store
from stores.selectors.holiday_answers import Answers, answers_between
from stores.selectors.holiday_calendar import Region, holidays_of, remarks_on
from stores.selectors.holidays import PROPOSED_DAYS

Area = tuple[int, str]
"""Primary key and name."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One holiday of the stores of one area that have it.

    `is_whole_area` says that every store of the area has it, so that one row can speak for all.
    """

    on: date
    name: str
    area_id: int
    area_name: str
    store_ids: tuple[int, ...]
    open_ids: tuple[int, ...]
    is_whole_area: bool
    choices: tuple[tuple[Choice, int], ...]
    suggestion: Suggestion | None

    @property
    def answered(self) -> int:
        """The number of stores that have an answer."""
        return len(self.store_ids) - len(self.open_ids)

    @property
    def is_done(self) -> bool:
        """Tell whether nothing is open any more."""
        return not self.open_ids


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A date with a place for each area of the board, empty where the area does not celebrate it."""

    on: date
    names: tuple[str, ...]
    cells: tuple[tuple[str, Cell | None], ...]

    @property
    def open_cells(self) -> int:
        """The number of areas with stores that have no answer."""
        return sum(cell is not None and not cell.is_done for _, cell in self.cells)

    @property
    def held_cells(self) -> int:
        """The number of areas that have this holiday."""
        return sum(cell is not None for _, cell in self.cells)


@dataclass(frozen=True, slots=True)
class Board:
    """What headquarters has before it."""

    areas: tuple[Area, ...]
    rows: tuple[BoardRow, ...]
    remarks: tuple[str, ...]

    @property
    def cells(self) -> list[Cell]:
        """Every cell that is one, by date and area."""
        return [cell for row in self.rows for _, cell in row.cells if cell is not None]

    @property
    def open_cells(self) -> int:
        """The number of cells with stores that have no answer."""
        return sum(row.open_cells for row in self.rows)


def holiday_board(stores: QuerySet[Store], *, today: date, language: str) -> Board:
    """Return the holidays of the next 120 days by date and area; two queries for any number of stores."""
    last_on = today + timedelta(days=PROPOSED_DAYS)
    areas = _regions_by_area(stores)
    regions = {region for held in areas.values() for region in held}
    known = {
        region: holidays_of(region, first_on=today, last_on=last_on, language=language) for region in regions
    }
    before = {region: _last_year(region, today, last_on) for region in regions}
    answers = answers_between((today, last_on), (today - timedelta(days=400), last_on - timedelta(days=330)))
    rows = []
    for on in sorted({on for days in known.values() for on in days}):
        cells = tuple(
            (area[1], _cell(area, held, on, known, before, answers)) for area, held in areas.items()
        )
        names = dict.fromkeys(cell.name for _, cell in cells if cell is not None)
        rows.append(BoardRow(on, tuple(names), cells))
    return Board(tuple(areas), tuple(rows), tuple(remarks_on(regions)))


def _regions_by_area(stores: QuerySet[Store]) -> dict[Area, dict[Region, list[int]]]:
    rows = stores.order_by("area__name", "id").values_list(
        "id", "area_id", "area__name", "country", "subdivision"
    )
    areas: dict[Area, dict[Region, list[int]]] = defaultdict(lambda: defaultdict(list))
    for pk, area_id, area_name, country, subdivision in rows:
        areas[area_id, area_name][Region(country, subdivision)].append(pk)
    return areas


def _last_year(region: Region, today: date, last_on: date) -> dict[date, date]:
    """Return each date's predecessor: the holiday of the same name between 330 and 400 days before."""
    coming = holidays_of(region, first_on=today, last_on=last_on, language="en")
    past = holidays_of(
        region,
        first_on=today - timedelta(days=400),
        last_on=last_on - timedelta(days=330),
        language="en",
    )
    found = {}
    for on, name in coming.items():
        named = [day for day, other in past.items() if other == name and 330 <= (on - day).days <= 400]
        if named:
            found[on] = min(named, key=lambda day: abs((on - day).days - 365))
    return found


def _cell(
    area: Area,
    held: Mapping[Region, list[int]],
    on: date,
    known: Mapping[Region, Mapping[date, str]],
    before: Mapping[Region, Mapping[date, date]],
    answers: Answers,
) -> Cell | None:
    having = [region for region in held if on in known[region]]
    if not having:
        return None
    area_id, name = area
    said = {pk: answers.of(on, area_id, pk) for region in having for pk in held[region]}
    given = [choice for choice in said.values() if choice is not None]
    last_year = (
        answers.of(before[region][on], area_id, pk)
        for region in having
        if on in before[region]
        for pk in held[region]
    )
    return Cell(
        on, known[having[0]][on], area_id, name,
        tuple(said), tuple(pk for pk, choice in said.items() if choice is None), len(having) == len(held),
        tuple(Counter(given).most_common()),
        suggest([choice for choice in last_year if choice is not None], given),
    )  # fmt: skip
