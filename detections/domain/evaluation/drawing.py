"""Precision over recall as a line: coordinates for an SVG of 100 × 100, recall to the right, precision up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from detections.domain.evaluation.figures import Curve

SIDE = 100
STEP = 0.5
"""Points nearer to each other than this fall together: a line of a thousand boxes stays short."""
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """SVG paths above the threshold and below it, and where the threshold stands; empty without findings."""

    kept: str
    dropped: str
    mark: Point | None


def line_of(curve: Curve, threshold: float) -> Line:
    """Draw one label's curve from recall 0 on; `threshold` 0–1 is the one in force."""
    points = _points(curve)
    points = [(score, (0.0, place[1])) for score, place in points[:1]] + points
    kept = [place for score, place in points if score >= threshold]
    dropped = [*kept[-1:], *(place for score, place in points if score < threshold)]
    return Line(_path(kept), _path(dropped), kept[-1] if kept else None)


def pooled(curves: Iterable[Curve]) -> Curve:
    """Return all labels' findings as one curve: what one threshold for every label would do."""
    found = list(curves)
    pairs = sorted((pair for each in found for pair in each.pairs), key=lambda pair: -pair[0])
    return Curve("", tuple(pairs), sum(each.truths for each in found))


def _points(curve: Curve) -> list[tuple[float, Point]]:
    """Return (score, place) at each distinct score, falling; none of a label without true boxes."""
    found: list[tuple[float, Point]] = []
    hits = 0
    for kept, (score, is_hit) in enumerate(curve.pairs if curve.truths else (), start=1):
        hits += is_hit
        is_last = kept == len(curve.pairs) or curve.pairs[kept][0] != score
        if is_last:
            place = (round(SIDE * hits / curve.truths, 1), round(SIDE * (1 - hits / kept), 1))
            found.append((score, place))
    return found


def _path(points: Iterable[Point]) -> str:
    found: list[Point] = []
    for point in points:
        place = (round(point[0] / STEP) * STEP, round(point[1] / STEP) * STEP)
        if not found or place != found[-1]:
            found.append(place)
    if len(found) < 2:
        return ""
    return "M" + "L".join(f"{x:g},{y:g}" for x, y in found)
