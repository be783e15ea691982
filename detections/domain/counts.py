"""How many there are, said no more precisely than it is known."""

from __future__ import annotations

from dataclasses import dataclass

MOST_COUNTED = 10_000
SHOWN_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Amount:
    """A number of photos, exact or about."""

    count: int
    is_exact: bool


def amount_of(counted: int | None, planned: float) -> Amount:
    """Return what to say of a count that stops beyond MOST_COUNTED (None: it took too long).

    Beyond it the planner's estimate is said, rounded, and never less than what was counted.
    """
    if counted is not None and counted <= MOST_COUNTED:
        return Amount(counted, is_exact=True)
    return Amount(rounded(max(round(planned), counted or 0)), is_exact=False)


def rounded(count: int) -> int:
    """Round to three digits: 12,345 is about 12,300."""
    step: int = 10 ** max(0, len(str(count)) - SHOWN_DIGITS)
    return (count + step // 2) // step * step
