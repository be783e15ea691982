"""The watch over the tick, kept by a process of its own: the worker cannot tell that it is dead."""

from __future__ import annotations

from datetime import datetime

from alerts.domain.kinds import Kind
from alerts.domain.pulse import wanted_of_pulse
from alerts.services.sweep import settle
from models_registry.selectors.pulse import is_late, pulse


def watch_tick(*, at: datetime, watching_since: datetime) -> bool:
    """Bring the alert of an old tick into line; tell whether the tick is late. Two queries when all is well.

    A watch that has just begun gives the tick as long to begin as it may be old.
    """
    beat = pulse(at)
    has_waited = is_late((at - watching_since).total_seconds())
    late = beat.is_late and has_waited
    settle(
        wanted_of_pulse(is_late=late, finished_at=beat.finished_at), kinds=frozenset({Kind.TICK_OLD}), at=at
    )
    return late
