"""The confusion matrix as a page shows it: a square of the labels that are confused, with sums."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from detections.domain.evaluation.confusion import BACKGROUND

Cells = Mapping[tuple[str, str], int]
OTHERS = "\0others"
"""Stands for all labels that have no row of their own."""
MOST_LABELS = 12


@dataclass(frozen=True, slots=True)
class Square:
    """One cell: how often, and which share of its row (0–1)."""

    true: str
    named: str
    count: int
    share: float

    @property
    def is_right(self) -> bool:
        return self.true == self.named and self.true not in {BACKGROUND, OTHERS}

    @property
    def is_wrong(self) -> bool:
        """Tell whether these are mistakes; of labels that were added up hits and mistakes are one number."""
        return self.true != self.named

    @property
    def is_open(self) -> bool:
        """Tell whether there are cases to look at: not of labels without a row of their own."""
        return self.count > 0 and OTHERS not in {self.true, self.named}


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one label's true boxes; `total` counts them."""

    true: str
    squares: tuple[Square, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Table:
    """Rows are true labels, columns found ones; the last of both is the background.

    Row sums are true boxes, column sums findings; the sum of the background's row is what was found wrongly
    where nothing is.
    """

    names: tuple[str, ...]
    rows: tuple[Row, ...]
    sums: tuple[int, ...]

    @property
    def is_whole(self) -> bool:
        return OTHERS not in self.names

    @property
    def total(self) -> int:
        return sum(self.sums)


def table(cells: Cells, *, most: int = MOST_LABELS) -> Table:
    """Arrange a matrix; of more than `most` labels only the most confused have rows, the rest are summed."""
    labels = sorted({label for pair in cells for label in pair} - {BACKGROUND})
    shown = labels if len(labels) <= most else sorted(_confused(cells)[:most])
    names = (*shown, *(() if len(shown) == len(labels) else (OTHERS,)), BACKGROUND)
    merged: Counter[tuple[str, str]] = Counter()
    kept = {*shown, BACKGROUND}
    for (true, named), count in cells.items():
        merged[true if true in kept else OTHERS, named if named in kept else OTHERS] += count
    rows = tuple(_row(true, names, merged) for true in names)
    return Table(names, rows, tuple(sum(merged[true, named] for true in names) for named in names))


def _confused(cells: Cells) -> list[str]:
    """Return labels that were taken for another, or another for them, most often first."""
    times: Counter[str] = Counter()
    for (true, named), count in cells.items():
        if true != named:
            times.update(dict.fromkeys({true, named} - {BACKGROUND}, count))
    return sorted(times, key=lambda label: (-times[label], label))


def _row(true: str, names: tuple[str, ...], cells: Cells) -> Row:
    counts = [cells.get((true, named), 0) for named in names]
    total = sum(counts)
    squares = (
        Square(true, named, count, count / total if total else 0.0)
        for named, count in zip(names, counts, strict=True)
    )
    return Row(true, tuple(squares), total)
