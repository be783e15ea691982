"""Whether an account may run as many models as the next day wants at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from alerts.domain.kinds import Kind
from alerts.domain.wanted import Ref, Subject, Wanted
from stores.domain.intervals import Span
from stores.domain.localtime import from_seconds

STOPPING_SECONDS = 120
"""A model that stops holds its slot for about this long."""


class Peak(NamedTuple):
    """The most models wanted at once, and the first second at which it is reached."""

    models: int
    second: int


def peak_of(windows: Iterable[Iterable[Span]]) -> Peak:
    """Return the peak of some deployments' windows (UTC seconds); (0, 0) without any."""
    edges = []
    for spans in windows:
        for start, end in spans:
            edges += [(start, 1), (end + STOPPING_SECONDS, -1)]
    most, running = Peak(0, 0), 0
    # An end comes before a start at the same second: the windows are half-open.
    for second, step in sorted(edges, key=lambda edge: (edge[0], edge[1])):
        running += step
        if running > most.models:
            most = Peak(running, second)
    return most


def wanted_of_quotas(peaks: Mapping[int, tuple[Peak, int]]) -> set[Wanted]:
    """Return the alerts of accounts (by number: the peak, and the models it may run)."""
    return {
        Wanted(
            Kind.QUOTA,
            Ref(Subject.CONNECTION, pk),
            "",
            pk,
            params={"models": peak.models, "limit": limit, "from_at": from_seconds(peak.second).isoformat()},
        )
        for pk, (peak, limit) in peaks.items()
        if peak.models > limit
    }
