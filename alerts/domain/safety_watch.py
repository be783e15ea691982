"""What is wrong with safety stops: from facts to the alerts that should stand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from alerts.domain.kinds import Kind
from alerts.domain.wanted import Ref, Subject, Wanted


class ArmingFacts(NamedTuple):
    """An AWS account that cannot be armed, and since when; or whose group another portal uses, too."""

    pk: int
    error_code: str = ""
    failing_since: datetime | None = None
    rivals: str = ""
    group: str = ""


class StopFacts(NamedTuple):
    """What happened to a version's safety stop: FIRED, MISSED or EDITED, and the instant it was set to."""

    version: int
    connection: int
    what: str
    since: datetime
    stops_at: str


KINDS = {"FIRED": Kind.SAFETY_FIRED, "MISSED": Kind.SAFETY_CHANGED, "EDITED": Kind.SAFETY_CHANGED}


def wanted_of_arming(facts: Iterable[ArmingFacts]) -> set[Wanted]:
    """Return the alerts that should stand for accounts."""
    found = set()
    for each in facts:
        ref = Ref(Subject.CONNECTION, each.pk)
        if each.error_code:
            found.add(
                Wanted(Kind.UNARMED, ref, each.error_code, each.pk, each.failing_since, {"group": each.group})
            )
        if each.rivals:
            params = {"group": each.group, "portals": each.rivals}
            found.add(Wanted(Kind.SAFETY_CHANGED, ref, "TWO_PORTALS", each.pk, params=params))
    return found


def wanted_of_stops(facts: Iterable[StopFacts]) -> set[Wanted]:
    """Return the alerts that should stand for versions; one not carried out outweighs one edited."""
    found: dict[tuple[Kind, int], Wanted] = {}
    for each in sorted(facts, key=lambda fact: fact.what == "MISSED"):
        kind, ref = KINDS[each.what], Ref(Subject.VERSION, each.version)
        cause = "" if kind is Kind.SAFETY_FIRED else each.what
        params = {"stops_at": each.stops_at}
        found[kind, each.version] = Wanted(kind, ref, cause, each.connection, each.since, params)
    return set(found.values())
