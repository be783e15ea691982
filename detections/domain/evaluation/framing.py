"""Where boxes stand in a cut-out of a picture, so that a page can clip the picture it already has."""

from __future__ import annotations

from collections.abc import Sequence

from detections.domain.places import Box

AROUND = 0.3
"""What is seen on each side, as a share of the boxes' longer side."""


def window(boxes: Sequence[Box], *, width: int, height: int) -> Box:
    """Return a square (in pixels) around boxes, as shares; moved into the picture where it has room.

    Sides are the picture's pixels. In a picture narrower than the square it sticks out evenly.
    """
    left, top = min(each.left for each in boxes) * width, min(each.top for each in boxes) * height
    right = max(each.left + each.width for each in boxes) * width
    bottom = max(each.top + each.height for each in boxes) * height
    side = max(right - left, bottom - top, 1.0) * (1 + 2 * AROUND)
    x = _moved((left + right - side) / 2, side, width)
    y = _moved((top + bottom - side) / 2, side, height)
    return Box(x / width, y / height, side / width, side / height)


def within(frame: Box, box: Box) -> Box:
    """Return a box in shares of a frame instead of the picture."""
    return Box(
        (box.left - frame.left) / frame.width, (box.top - frame.top) / frame.height,
        box.width / frame.width, box.height / frame.height,
    )  # fmt: skip


def _moved(start: float, side: float, limit: int) -> float:
    if side >= limit:
        return (limit - side) / 2
    return min(max(start, 0.0), limit - side)
