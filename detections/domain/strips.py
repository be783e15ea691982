"""A day at a glance: one small bar an hour, drawn as a few paths of an SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from detections.domain.health import Health

CELL, BAR, HEIGHT = 4, 3, 20
LEAST = 3
"""So high is the bar of an hour with one photo, and the part of one failure among thousands."""


@dataclass(frozen=True, slots=True)
class Strip:
    """The `d` of four paths (hours without photos; answered or on the way, slowly, failed) and the width."""

    width: int
    none: str
    good: str
    slow: str
    failed: str
    health: Health


def strip(hours: Sequence[Health]) -> Strip:
    """Draw hours, oldest first. The busiest hour is full height; what failed stands on top."""
    most = max((hour.requests for hour in hours), default=0)
    paths: dict[str, list[str]] = {"none": [], "good": [], "slow": [], "failed": []}
    for index, hour in enumerate(hours):
        bottom = HEIGHT
        for name, height in zip(paths, _heights(hour, most), strict=True):
            if height:
                paths[name].append(f"M{index * CELL} {bottom}v-{height}h{BAR}v{height}z")
                bottom -= height
    drawn = {name: "".join(parts) for name, parts in paths.items()}
    return Strip(CELL * len(hours), **drawn, health=sum((hour for hour in hours if hour.requests), Health()))


def _heights(hour: Health, most: int) -> tuple[int, int, int, int]:
    """Return how high the four parts of a bar are, together no higher than the strip."""
    if not hour.requests:
        return 1, 0, 0, 0
    whole = max(LEAST, round(HEIGHT * hour.requests / most))
    failed = min(whole, max(LEAST, round(whole * hour.failed / hour.requests))) if hour.failed else 0
    slow = min(whole - failed, max(LEAST, round(whole * hour.slow / hour.requests))) if hour.slow else 0
    return 0, whole - failed - slow, slow, failed
