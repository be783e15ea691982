"""An export of the history: the words that are stored, and how far one is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from portal.base.csv_lines import csv_lines, more_csv_lines

KEPT = timedelta(days=7)
"""How long a file, or the word of why there is none, can be fetched."""
LEASE = timedelta(seconds=90)
"""Longer than one part takes; a part that was committed renews it."""
MOST_TRIES = 5
"""So many beginnings without one further part, and it is given up."""
MOST_OPEN, MOST_KEPT = 3, 30


class Format(StrEnum):
    """What the file is."""

    CSV = "CSV"
    JSONL = "JSONL"


class Shape(StrEnum):
    """What a row of the file stands for."""

    PHOTOS = "PHOTOS"
    BOXES = "BOXES"


class State(StrEnum):
    """How it stands with an export."""

    WAITING = "WAITING"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


OPEN = frozenset({State.WAITING, State.RUNNING})
"""Somebody has to go on with it."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an export is: percent (None: not to be told), photos a second, seconds left."""

    percent: int | None
    a_second: int | None
    seconds_left: int | None


def progress_of(photos: int, estimate: int | None, started_at: datetime | None, *, at: datetime) -> Progress:
    """Return how far an open export is; at 99 % it stays, however low the estimate was."""
    percent = min(99, 100 * photos // estimate) if estimate else None
    seconds = (at - started_at).total_seconds() if started_at else 0.0
    if not photos or seconds < 1:
        return Progress(percent, None, None)
    a_second = photos / seconds
    left = round((estimate - photos) / a_second) if estimate and estimate > photos else None
    return Progress(percent, round(a_second), left)


@dataclass(frozen=True, slots=True)
class Part:
    """One stored piece of the file. Whoever wrote it has a number of its own, so no two write one key."""

    attempt: int
    number: int

    def key(self, folder: str) -> str:
        """Return where it is kept."""
        return f"{folder}/{self.attempt:06d}-{self.number:06d}"


def parts_of(written: list[list[int]]) -> list[Part]:
    """Return the parts of a file in their order from [[attempt, parts it wrote], …]."""
    found: list[Part] = []
    for attempt, count in written:
        first = len(found) + 1
        found += [Part(attempt, number) for number in range(first, first + count)]
    return found


def stray_parts(written: list[list[int]]) -> list[Part]:
    """Return what each attempt may have stored without it becoming part of the file: its next piece."""
    found, last = [], 0
    for attempt, count in written:
        last += count
        found.append(Part(attempt, last + 1))
    return found


def with_part(written: list[list[int]], attempt: int) -> list[list[int]]:
    """Return the account of parts after one more by the present attempt, which is the last named."""
    (*before, (last, count)) = written
    if last != attempt:
        raise ValueError("only the last attempt writes")
    return [*before, [attempt, count + 1]]


def text_of(kind: Format, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, is_first: bool) -> bytes:
    """Return rows as a piece of a file; the first piece of a CSV has the mark and the head."""
    if kind is Format.JSONL:
        lines = [json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False) + "\n" for row in rows]
    else:
        lines = list(csv_lines(columns, rows) if is_first else more_csv_lines(rows))
    return "".join(lines).encode()
