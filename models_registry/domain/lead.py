"""The learned lead: how long before opening a start must be ordered, from how long starts have taken."""

from __future__ import annotations

import math
from collections.abc import Sequence

MIN_OBSERVATIONS = 8
MARGIN_MINUTES = 2
SHORTEST_MINUTES = 3
LONGEST_MINUTES = 45
WINDOW = 60
"""Only so many of the newest starts count, so that the lead follows AWS when it changes."""


def learned_lead_minutes(start_seconds: Sequence[float], *, fallback_minutes: int) -> int:
    """Return the lead in whole minutes: p95 of the newest starts plus a margin, within bounds.

    `start_seconds` is oldest first. With fewer than eight observations the fixed buffer holds. The margin
    covers two ticks and the calls queued behind AWS's five a second.
    """
    newest = sorted(start_seconds[-WINDOW:])
    if len(newest) < MIN_OBSERVATIONS:
        return fallback_minutes
    rank = math.ceil(0.95 * len(newest)) - 1
    minutes = math.ceil(newest[rank] / 60) + MARGIN_MINUTES
    return min(max(minutes, SHORTEST_MINUTES), LONGEST_MINUTES)


def usual_start_seconds(start_seconds: Sequence[float]) -> float | None:
    """Return the median of the newest starts, or None when nothing has been seen yet."""
    newest = sorted(start_seconds[-WINDOW:])
    if not newest:
        return None
    middle = len(newest) // 2
    return newest[middle] if len(newest) % 2 else (newest[middle - 1] + newest[middle]) / 2
