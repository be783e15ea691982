"""Who goes first when more models should start than the account may run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

LATEST = 2**62


class Candidate(NamedTuple):
    """A deployment that wants to start: its opening (UTC second), how many stores wait, its name."""

    pk: int
    opens_at: int | None
    stores: int
    name: str


def by_priority(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return the candidates in the order of their starts: earliest opening, then more stores, then name."""
    return sorted(
        candidates,
        key=lambda each: (each.opens_at if each.opens_at is not None else LATEST, -each.stores, each.name),
    )
