"""Arithmetic on pictures of one number a pixel: ramps, noise, blur, cells. Everything is float32."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Field = npt.NDArray[Any]
Rng = np.random.Generator

NEAR, FAR = 4.0, 2.0
"""A blur wider than NEAR pixels is done on a smaller copy where it is about FAR pixels wide."""


def smooth(low: float, high: float, x: Field) -> Field:
    """Rise from 0 at `low` to 1 at `high` (which may be the smaller) without a corner."""
    t = np.clip((x - low) * np.float32(1 / (high - low)), 0, 1)
    return t * t * (3 - 2 * t)


def mix(a: Field | float, b: Field | float, share: Field) -> Field:
    """Blend from `a` to `b`; a share of one number a pixel also blends colours."""
    if np.ndim(a) > np.ndim(share) or np.ndim(b) > np.ndim(share) or np.ndim(a) == 1 or np.ndim(b) == 1:
        share = share[..., None]
    return np.asarray(a + (b - a) * share, np.float32)


def blur(field: Field, sigma: float) -> Field:
    """Gaussian blur by `sigma` pixels, cheap also for wide ones."""
    if sigma < 0.2:
        return field
    if sigma <= NEAR:
        return np.asarray(cv2.GaussianBlur(field, (0, 0), sigma), np.float32)
    rows, columns = field.shape[:2]
    shrink = sigma / FAR
    small = (max(2, round(columns / shrink)), max(2, round(rows / shrink)))
    less = cv2.GaussianBlur(cv2.resize(field, small, interpolation=cv2.INTER_AREA), (0, 0), FAR)
    return np.asarray(cv2.resize(less, (columns, rows), interpolation=cv2.INTER_CUBIC), np.float32)


def noise(rng: Rng, shape: tuple[int, int], cell: float) -> Field:
    """Smooth noise about 0, of spread about 1, with bumps `cell` pixels apart."""
    rows, columns = shape
    cell = max(cell, 1.0)
    grid = rng.standard_normal((int(rows / cell) + 3, int(columns / cell) + 3), np.float32)
    size = (int(grid.shape[1] * cell) + 1, int(grid.shape[0] * cell) + 1)
    wide = cv2.resize(grid, size, interpolation=cv2.INTER_CUBIC)
    top, left = int(rng.integers(0, int(cell) + 1)), int(rng.integers(0, int(cell) + 1))
    return np.ascontiguousarray(wide[top : top + rows, left : left + columns]) * np.float32(1.25)


def rough(rng: Rng, shape: tuple[int, int], cell: float, octaves: int = 3, fade: float = 0.55) -> Field:
    """Sum noise over ever smaller cells, as skin, stone and crust have it."""
    total = noise(rng, shape, cell)
    weight, norm = 1.0, 1.0
    for octave in range(1, octaves):
        if cell / 2**octave < 1:
            break
        weight *= fade
        norm += weight * weight
        total += np.float32(weight) * noise(rng, shape, cell / 2**octave)
    return total * np.float32(1 / np.sqrt(norm))


def cells(rng: Rng, shape: tuple[int, int], across: float) -> tuple[Field, Field, int]:
    """Break a picture into cells about `across` pixels wide: numbers, distance from the middle, count."""
    rows, columns = shape
    count = max(2, int(rows * columns / (across * across)))
    seeds = np.full(shape, 255, np.uint8)
    seeds[rng.integers(0, rows, count), rng.integers(0, columns, count)] = 0
    away, labels = cv2.distanceTransformWithLabels(seeds, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    return np.asarray(labels), np.asarray(away, np.float32), int(labels.max()) + 1


def linear(red: float, green: float, blue: float) -> Field:
    """Turn a screen colour (0-255) into amounts of light; the screen's curve is taken as a square."""
    return np.asarray([red, green, blue], np.float32) ** 2 / np.float32(255 * 255)


def ramp(*stops: tuple[float, int, int, int]) -> Field:
    """Build 256 colours that go through the given ones: (share, red, green, blue)."""
    at = np.linspace(0, 1, 256)
    shares = [stop[0] for stop in stops]
    screen = np.stack([np.interp(at, shares, [stop[i] for stop in stops]) for i in (1, 2, 3)], axis=1)
    return np.asarray((screen / 255) ** 2, np.float32)


def along(colours: Field, share: Field) -> Field:
    """Take each pixel's colour from a ramp."""
    return np.asarray(colours[np.clip(share * 255, 0, 255).astype(np.uint8)])
