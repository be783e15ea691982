"""What AWS's own side of monitoring tells: signs that are not taken, and a meter that counts otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from alerts.domain.kinds import Kind
from alerts.domain.wanted import FLEET, Ref, Subject, Wanted


class MeterFacts(NamedTuple):
    """A version whose run CloudWatch counted otherwise than we bill it, in unit minutes."""

    version: int
    connection: int
    cause: str
    billed: int
    metered: int
    since: datetime


def wanted_of_refusal(cause: str | None, *, since: datetime | None) -> set[Wanted]:
    """Return the alert of signs that are not taken; no cause while they are."""
    return {Wanted(Kind.SIGNS_REFUSED, FLEET, cause, since=since)} if cause is not None else set()


def wanted_of_meter(facts: Iterable[MeterFacts]) -> set[Wanted]:
    """Return the alerts of versions that AWS counts otherwise."""
    return {
        Wanted(
            Kind.METER_DIFFERS,
            Ref(Subject.VERSION, each.version),
            each.cause,
            each.connection,
            since=each.since,
            params={"billed": each.billed, "metered": each.metered},
        )
        for each in facts
    }
