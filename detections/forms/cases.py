"""Which cases of a version's scores are looked at, and how, out of the page's address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from detections.domain.evaluation.confusion import Cause
from detections.domain.evaluation.judging import Outcome, Wanted


class Look(StrEnum):
    """Cut-outs of cases, whole trays, or one tray at a time."""

    CROPS = "crops"
    TRAYS = "trays"
    ONE = "one"


PER_PAGE = {Look.CROPS: 48, Look.TRAYS: 12, Look.ONE: 1}


@dataclass(frozen=True, slots=True)
class CasesAsked:
    """What an address asks for; anything in it that means nothing is passed over."""

    wanted: Wanted
    look: Look
    page: int
    picture: int | None


def cases_asked(said: Mapping[str, str]) -> CasesAsked:
    """Read an address. An empty `true` or `named` means “no bread”, a missing one any."""
    outcome, cause, look = said.get("outcome", ""), said.get("cause", ""), said.get("as", "")
    wanted = Wanted(
        Outcome(outcome) if outcome in set(Outcome) else None,
        said.get("label") or None,
        said.get("true"),
        said.get("named"),
        Cause(cause) if cause in set(Cause) else None,
    )
    picture = _number(said.get("picture", ""))
    usual = Look.CROPS if wanted.true is not None or wanted.named is not None else Look.TRAYS
    chosen = Look(look) if look in set(Look) else usual
    return CasesAsked(
        wanted, Look.ONE if picture is not None else chosen, _number(said.get("page", "")) or 1, picture
    )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else None
