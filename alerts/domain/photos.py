"""Whether stores' photos are answered, and answered in time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from alerts.domain.kinds import Kind
from alerts.domain.wanted import Ref, Subject, Wanted
from detections.domain.health import at_least

FEWEST = 5
"""Fewer photos that went wrong than this say nothing."""
ERROR_SHARE = 0.10
SLOW_SHARE = 0.25
STEP = 5
"""Shares are told in steps of so many percent, so that a share that wavers is no news."""


class PhotoFacts(NamedTuple):
    """A store's photos of the last two hours. `error` is the commonest outcome without an answer."""

    store: int
    connection: int
    answered: int
    failed: int
    slow: int
    error: str = ""


def wanted_of_photos(facts: Iterable[PhotoFacts]) -> set[Wanted]:
    """Return the alerts of stores where a share of photos for sure (95 %) is over its bound."""
    found = set()
    for each in facts:
        decided = each.answered + each.failed
        if each.failed >= FEWEST and at_least(each.failed, decided) >= ERROR_SHARE:
            found.add(_wanted(Kind.ERROR_RATE, each, each.error, each.failed / decided))
        if each.slow >= FEWEST and at_least(each.slow, each.answered) >= SLOW_SHARE:
            found.add(_wanted(Kind.SLOW, each, "", each.slow / each.answered))
    return found


def _wanted(kind: Kind, facts: PhotoFacts, cause: str, share: float) -> Wanted:
    percent = round(share * 100 / STEP) * STEP
    ref = Ref(Subject.STORE, facts.store)
    return Wanted(kind, ref, cause, facts.connection, params={"percent": percent})
