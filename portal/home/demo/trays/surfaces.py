"""What the bread lies on: trays of five materials, on tables."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from portal.home.demo.trays.fields import Field, Rng, along, blur, linear, mix, noise, ramp, rough, smooth
from portal.home.demo.trays.light import Surface

Size = tuple[int, int]
OAK = ramp((0, 120, 78, 44), (0.5, 176, 126, 78), (1, 214, 170, 118))
WALNUT = ramp((0, 40, 27, 21), (0.5, 68, 48, 38), (1, 96, 70, 54))


@dataclass(frozen=True)
class Ground:
    """Table and tray in one picture, with where bread may lie (0-1) and the tray's own colour."""

    surface: Surface
    floor: Field
    tint: Field


def wood(rng: Rng, size: Size, colours: Field, scale: float) -> Field:
    """Boards along the picture's width, each with its own tone and rings."""
    columns, rows = size
    fine = streaks(rng, size, columns / 9, 2)
    coarse = streaks(rng, size, columns / 3, 0.35 * scale)
    bend = np.float32(0.9) * noise(rng, (rows, columns), 9 * scale)
    down = np.arange(rows, dtype=np.float32)[:, None] / np.float32(scale)
    rings = np.sin(5.5 * down + 5 * bend) * np.float32(0.5)
    board = np.floor(down / np.float32(9) + np.float32(rng.uniform(0, 1)))
    tone = rng.normal(0, 0.07, 64).astype(np.float32)[board.astype(int) % 64]
    return along(colours, 0.52 + tone + 0.035 * fine + 0.05 * coarse + 0.04 * rings)


def streaks(rng: Rng, size: Size, long: float, short: float) -> Field:
    """Noise drawn out along the picture's width, in pixels."""
    rows, columns = max(4, int(size[1] / short)), max(4, int(size[0] / long))
    grid = rng.standard_normal((rows, columns), np.float32)
    return np.asarray(cv2.resize(grid, size, interpolation=cv2.INTER_CUBIC))


def plain(size: Size, colour: Field, speckle: Field) -> Field:
    return np.asarray(colour * (1 + speckle)[..., None], np.float32)


def table(rng: Rng, size: Size, scale: float) -> Field:
    """One of the counters a register stands on; farther away, so less sharp than the tray."""
    half = counter(rng, (size[0] // 2, size[1] // 2), scale / 2)
    return np.asarray(cv2.resize(half, size, interpolation=cv2.INTER_LINEAR))


def counter(rng: Rng, size: Size, scale: float) -> Field:
    columns, rows = size
    grain = 0.03 * noise(rng, (rows, columns), 1.5)
    kind = rng.integers(4)
    if kind == 0:
        return wood(rng, size, WALNUT, scale)
    if kind == 1:
        return wood(rng, size, OAK, scale)
    if kind == 2:
        return plain(size, linear(206, 204, 198), grain)
    stone = 0.16 * rough(rng, (rows, columns), 0.5 * scale, 3)
    return plain(size, linear(92, 92, 94), stone)


GREENS = ((102, 138, 116), (86, 128, 120), (128, 146, 104))


def materials(rng: Rng, size: Size, scale: float) -> tuple[Field, float, float]:
    """A tray's colour, gloss and polish: green plastic, oak, steel, white paper or black melamine."""
    shape = (size[1], size[0])
    kind = rng.integers(5)
    if kind == 0:
        green = linear(*GREENS[int(rng.integers(len(GREENS)))])
        return plain(size, green, 0.03 * noise(rng, shape, 1.6)), 0.12, 20.0
    if kind == 1:
        return wood(rng, size, OAK, scale), 0.08, 16.0
    if kind == 2:
        return plain(size, linear(178, 180, 182), 0.05 * streaks(rng, size, size[0] / 6, 1.3)), 0.3, 12.0
    if kind == 3:
        return plain(size, linear(240, 238, 232), 0.02 * rough(rng, shape, 0.4 * scale)), 0.03, 8.0
    return plain(size, linear(52, 50, 52), 0.09 * noise(rng, shape, 1.6)), 0.16, 24.0


def outline(rng: Rng, size: Size, scale: float, inset: float) -> Field:
    """Distance (cm) from a tray's edge, negative inside: a rounded rectangle, laid a bit askew."""
    columns, rows = size
    across = ((np.arange(columns, dtype=np.float32) - columns / 2) / np.float32(scale))[None, :]
    down = ((np.arange(rows, dtype=np.float32) - rows / 2) / np.float32(scale))[:, None]
    turn, shift = rng.normal(0, 0.02), rng.normal(0, 0.4, 2).astype(np.float32)
    cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    corner = np.float32(rng.uniform(1.5, 4.0))
    wide, deep = (np.float32(length / scale * (0.5 - inset)) - corner for length in size)
    x = np.abs(across * cos + down * sin - shift[0]) - wide
    y = np.abs(down * cos - across * sin - shift[1]) - deep
    return (
        np.asarray(cv2.magnitude(np.maximum(x, 0), np.maximum(y, 0)) + np.minimum(np.maximum(x, y), 0))
        - corner
    )


def ground(rng: Rng, size: Size, scale: float, inset: float) -> Ground:
    """Lay a tray on a table. `inset` is the free border as a share of the picture, negative if cut off."""
    edge = outline(rng, size, scale, inset)
    on = np.clip(0.5 - edge * np.float32(scale), 0, 1)
    height = on * (np.float32(0.35) + np.float32(0.75) * smooth(-1.5, -0.7, edge))
    colour, gloss, polish = materials(rng, size, scale)
    tint = np.asarray(cv2.mean(colour)[:3], np.float32)
    colour = mix(table(rng, size, scale), colour, on)
    surface = Surface(blur(height, 1.2), colour, np.float32(gloss) * on + np.float32(0.03), polish)
    return Ground(surface, smooth(-1.3, -1.5, edge), tint)
