"""Entries in words, for a page or for a file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from portal.base.instants import plain_instant
from portal.base.models import AuditEntry
from portal.home.audit.sentences import Telling, sentence_of
from portal.home.audit.words import field_word, names_of, origin_word
from stores.domain.localtime import zone

COLUMNS = (
    "at", "who", "from", "ip", "operation", "kind", "key", "subject", "sentence", "before", "after",
)  # fmt: skip
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Change:
    """One column of an entry."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class TrailRow:
    """One entry in words."""

    entry: AuditEntry
    when: str
    sentence: str
    origin: str
    changes: list[Change]


def trail_rows(entries: list[AuditEntry], *, timezone: str, now: datetime) -> list[TrailRow]:
    """Return entries in words; a query for each table they point at."""
    names = names_of(entries)
    return [_row(Telling(entry, names, timezone, now)) for entry in entries]


def _row(telling: Telling) -> TrailRow:
    entry = telling.entry
    return TrailRow(
        entry,
        plain_instant(entry.at.astimezone(zone(telling.timezone))),
        sentence_of(telling),
        origin_word(entry),
        [
            Change(
                field_word(entry.kind, column),
                telling.before(column) if entry.before is not None else "",
                telling.after(column) if entry.after is not None else "",
            )
            for column in telling.changed
        ],
    )


def trail_cells(
    entries: Iterable[AuditEntry], *, timezone: str, now: datetime, with_ip: bool
) -> Iterator[list[Any]]:
    """Yield the cells of a file, CHUNK entries in memory at a time."""
    rest = iter(entries)
    while chunk := list(islice(rest, CHUNK)):
        names = names_of(chunk)
        for entry in chunk:
            sentence = sentence_of(Telling(entry, names, timezone, now))
            yield [
                f"{entry.at:%Y-%m-%dT%H:%M:%SZ}", entry.actor_name, entry.origin,
                (entry.ip or "") if with_ip else "", entry.operation, entry.kind, entry.object_key,
                entry.subject, sentence, _json(entry.before), _json(entry.after),
            ]  # fmt: skip


def _json(value: Any) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False)
