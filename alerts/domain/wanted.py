"""Which alerts there should be, and what that changes: the world is the truth, rows only remember it.

Facts become a set of `Wanted`. Compared with the rows that stand open: what is wanted and does not stand is
opened, what stands and is wanted goes on, what stands and is wanted no longer ends. Nothing is written for
an alert that goes on unchanged, so any number of sweeps, in any order, leaves one row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from alerts.domain.kinds import RULES, Kind


class Subject(StrEnum):
    """What an alert is about."""

    FLEET = "fleet"
    CONNECTION = "connection"
    AREA = "area"
    STORE = "store"
    DEPLOYMENT = "deployment"
    VERSION = "version"
    KEY = "key"


class Ref(NamedTuple):
    """One thing an alert can be about; the fleet has no number."""

    subject: Subject
    pk: int = 0

    def __str__(self) -> str:
        return f"{self.subject}:{self.pk}"


FLEET = Ref(Subject.FLEET)


@dataclass(frozen=True, slots=True)
class Wanted:
    """An alert that should stand. `connection` is the AWS account behind it; `since` when it began, if known.

    Params are plain JSON values; instants in them are ISO text under names that end in `_at`.
    """

    kind: Kind
    ref: Ref
    cause: str = ""
    connection: int = 0
    since: datetime | None = None
    params: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def key(self) -> tuple[str, str]:
        """At most one stands for a kind and a subject."""
        return self.kind.value, str(self.ref)

    @property
    def group(self) -> str:
        """What is told of in one message: the same kind, the same cause, the same account."""
        return f"{self.kind}:{self.cause}:{self.connection}"


class Standing(NamedTuple):
    """A row that stands: noticed, and rung once it has lasted for its kind's patience."""

    pk: int
    key: tuple[str, str]
    noticed_at: datetime
    has_rung: bool
    group: str = ""
    params: Mapping[str, Any] | None = None


@dataclass(slots=True)
class Changes:
    """What to write. `forgotten` were over before they rang: nobody ever heard of them."""

    opened: list[Wanted] = field(default_factory=list)
    changed: list[tuple[int, Wanted]] = field(default_factory=list)
    rung: list[int] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)
    forgotten: list[int] = field(default_factory=list)


def compare(wanted: Iterable[Wanted], standing: Iterable[Standing], *, at: datetime) -> Changes:
    """Return what turns the standing rows into the wanted set at an instant."""
    changes = Changes()
    missing = {each.key: each for each in wanted}
    for row in standing:
        match = missing.pop(row.key, None)
        if match is None:
            (changes.ended if row.has_rung else changes.forgotten).append(row.pk)
            continue
        if not row.has_rung and has_lasted(match.kind, row.noticed_at, at):
            changes.rung.append(row.pk)
        if row.group != match.group or dict(row.params or {}) != dict(match.params):
            changes.changed.append((row.pk, match))
    changes.opened = sorted(missing.values(), key=lambda each: each.key)
    return changes


def has_lasted(kind: Kind, noticed_at: datetime, at: datetime) -> bool:
    """Tell whether something has been wrong for long enough to say so."""
    return at - noticed_at >= RULES[kind].patience
