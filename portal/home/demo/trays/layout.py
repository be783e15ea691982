"""Where breads lie: apart, touching, or cut off by the picture's edge; never one upon another."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from portal.home.demo.trays.fields import Field, Rng

WEIGHED = 72
"""Places are weighed on a picture about this many pixels high."""
MARGIN = 32
"""Coarse pixels kept around the picture for breads that reach beyond it."""
SLIGHT = 0.018
"""Share of its area by which a touching bread may lie over its neighbour."""


@dataclass(frozen=True)
class Place:
    """Where the middle of a bread's patch goes, in pixels."""

    x: int
    y: int


class Plan:
    """What is taken so far on one tray."""

    def __init__(self, rng: Rng, size: tuple[int, int], floor: Field) -> None:
        self.coarse = max(1, min(size) // WEIGHED)
        small = cv2.resize(
            floor, (size[0] // self.coarse, size[1] // self.coarse), interpolation=cv2.INTER_AREA
        )
        self.rng = rng
        self.off_tray = np.pad(1 - small, MARGIN, constant_values=1.0)
        self.off_frame = np.pad(np.zeros_like(small), MARGIN, constant_values=1.0)
        self.taken = np.zeros_like(self.off_tray)

    def place(self, cover: Field, *, touching: bool, cut: bool) -> Place:
        """Find a place for a bread and take it; falls back to where it disturbs least."""
        shape = cv2.resize(cover, None, fx=1 / self.coarse, fy=1 / self.coarse, interpolation=cv2.INTER_AREA)
        area = float(shape.sum())
        beyond, outside = lies_on(self.off_frame, shape) / area, lies_on(self.off_tray, shape) / area
        over = lies_on(self.taken, shape) / area
        near = lies_on(cv2.dilate(self.taken, np.ones((3, 3), np.uint8)), shape) / area
        kept = (beyond > 0.12) & (beyond < 0.5) if cut else (beyond < 0.001) & (outside < 0.02)
        apart = (over > 0.002) & (over < SLIGHT) if touching and self.taken.any() else near < 0.001
        spot = self.choose(
            [kept & apart, kept & (over < SLIGHT), (beyond < 0.5) & (over < SLIGHT)],
            over + outside + 2 * beyond,
        )
        self.take(shape, spot)
        x, y = ((at - MARGIN) * self.coarse + self.coarse // 2 for at in (spot[1], spot[0]))
        return Place(x, y)

    def choose(self, wishes: list[npt.NDArray[np.bool_]], cost: Field) -> tuple[int, int]:
        for wish in wishes:
            found = np.flatnonzero(wish)
            if found.size:
                row, column = np.unravel_index(int(found[self.rng.integers(found.size)]), wish.shape)
                return int(row), int(column)
        row, column = np.unravel_index(int(np.argmin(cost)), cost.shape)
        return int(row), int(column)

    def take(self, shape: Field, spot: tuple[int, int]) -> None:
        """Mark a bread's pixels as taken."""
        rows, columns = shape.shape
        top, left = spot[0] - rows // 2, spot[1] - columns // 2
        box = np.s_[max(0, top) : top + rows, max(0, left) : left + columns]
        part = shape[max(0, -top) :, max(0, -left) :]
        view = self.taken[box]
        np.maximum(view, part[: view.shape[0], : view.shape[1]], out=view)


def lies_on(map_: Field, shape: Field) -> Field:
    """How much of `map_` a shape covers, for every place of its middle."""
    return np.asarray(cv2.filter2D(map_, cv2.CV_32F, shape, borderType=cv2.BORDER_REPLICATE), np.float32)
