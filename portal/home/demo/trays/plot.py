"""The ground one bread is drawn on, and what drawing it gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from portal.home.demo.trays.fields import Field, Rng, along, blur, mix, noise, ramp, rough

SUB = 4
"""Drawn shapes are placed to 1/2**SUB of a pixel."""

CRUST = ramp(
    (0.0, 250, 233, 196),
    (0.18, 243, 212, 150),
    (0.36, 230, 178, 97),
    (0.52, 208, 139, 60),
    (0.68, 172, 98, 38),
    (0.84, 122, 62, 25),
    (1.0, 66, 34, 18),
)
"""Wheat crust from barely baked to nearly burnt."""


@dataclass
class Crust:
    """A drawn bread: how much of each pixel it covers, its height (cm), colour (light), gloss and polish."""

    cover: Field
    height: Field
    colour: Field
    gloss: Field
    polish: float = 18.0


@dataclass
class Plot:
    """Pixels with the coordinates `u`, `v` of the bread's own centimetres, turned and a bit out of shape."""

    rng: Rng
    reach: float
    scale: float
    turn: float
    browning: float = 0.0
    wobble: float = 0.12
    u: Field = field(init=False)
    v: Field = field(init=False)

    def __post_init__(self) -> None:
        half = int(np.ceil(self.reach * self.scale)) + 2
        axis = np.arange(-half, half + 1, dtype=np.float32) / np.float32(self.scale)
        cos, sin = np.float32(np.cos(self.turn)), np.float32(np.sin(self.turn))
        across, down = axis[None, :], axis[:, None]
        self.u = across * cos + down * sin
        self.v = down * cos - across * sin
        self.u = self.u + np.float32(self.wobble) * self.noise(3.2)
        self.v = self.v + np.float32(self.wobble) * self.noise(3.2)

    @property
    def shape(self) -> tuple[int, int]:
        rows, columns = self.u.shape
        return rows, columns

    def zeros(self) -> Field:
        return np.zeros(self.shape, np.float32)

    def noise(self, across: float) -> Field:
        """Smooth noise with bumps `across` centimetres apart."""
        return noise(self.rng, self.shape, across * self.scale)

    def rough(self, across: float, octaves: int = 3) -> Field:
        """Noise on several scales, the widest `across` centimetres."""
        return rough(self.rng, self.shape, across * self.scale, octaves)

    def blur(self, picture: Field, across: float) -> Field:
        """Blur by a width in centimetres."""
        return blur(picture, across * self.scale)

    def fibre(self, x: Field, y: Field, long: float, short: float) -> Field:
        """Noise that is drawn out along `x`, on coordinates that may bend with the bread."""
        low_x, low_y = float(x.min()), float(y.min())
        columns = int((float(x.max()) - low_x) / long) + 4
        rows = int((float(y.max()) - low_y) / short) + 4
        grid = self.rng.standard_normal((rows, columns), np.float32)
        map_x, map_y = (x - low_x) / np.float32(long) + 1, (y - low_y) / np.float32(short) + 1
        maps = np.asarray(map_x, np.float32), np.asarray(map_y, np.float32)
        return np.asarray(cv2.remap(grid, *maps, cv2.INTER_CUBIC), np.float32)

    def inside(self, distance: Field) -> Field:
        """Cover the pixels whose distance from the outline (cm) is negative, with a smooth edge."""
        return np.asarray(np.clip(np.float32(0.5) - distance * np.float32(self.scale), 0, 1), np.float32)

    def at(self, u: npt.ArrayLike, v: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Turn own centimetres into pixel positions (x, y), without the wobble."""
        u, v = np.asarray(u, float), np.asarray(v, float)
        cos, sin = np.cos(self.turn), np.sin(self.turn)
        middle = (self.shape[0] - 1) / 2
        return np.stack(
            [middle + (u * cos - v * sin) * self.scale, middle + (u * sin + v * cos) * self.scale], -1
        )

    def stamp(self, draw: Callable[[npt.NDArray[np.uint8]], None]) -> Field:
        """Draw with OpenCV on a black 8-bit picture; returns it as 0..1."""
        picture = np.zeros(self.shape, np.uint8)
        draw(picture)
        return np.asarray(picture / np.float32(255), np.float32)

    def grains(self, spots: npt.NDArray[np.float64], long: float, wide: float) -> Field:
        """Stamp small ovals (cm) in random directions at `spots` (u, v)."""

        def draw(picture: npt.NDArray[np.uint8]) -> None:
            for x, y in self.at(spots[:, 0], spots[:, 1]):
                size = self.rng.uniform(0.85, 1.15) * self.scale * 2**SUB / 2
                axes = (max(8, int(long * size)), max(8, int(wide * size)))
                centre = (int(x * 2**SUB), int(y * 2**SUB))
                angle = float(self.rng.uniform(0, 180))
                cv2.ellipse(picture, centre, axes, angle, 0, 360, 255, -1, cv2.LINE_AA, SUB)

        return self.stamp(draw)

    def scatter(self, count: int, radius: float, apart: float) -> npt.NDArray[np.float64]:
        """Throw up to `count` spots within `radius` (cm; denser in the middle), at least `apart` apart."""
        angles, away = (
            self.rng.uniform(0, 2 * np.pi, 3 * count),
            radius * self.rng.uniform(0, 1, 3 * count) ** 0.6,
        )
        kept = np.full(count, np.inf, complex)
        number = 0
        for spot in away * np.exp(1j * angles):
            if number < count and np.abs(kept[:number] - spot).min(initial=np.inf) >= apart:
                kept[number] = spot
                number += 1
        return np.stack([kept[:number].real, kept[:number].imag], 1)


def oval(plot: Plot, long: float, wide: float) -> Field:
    """Distance (cm) from an oval's outline, negative inside."""
    return (np.sqrt((plot.u / long) ** 2 + (plot.v / wide) ** 2) - 1) * np.float32(min(long, wide))


def dome(distance: Field, radius: float, tall: float, fullness: float = 2.2) -> Field:
    """Rise steeply at the outline to `tall` at `radius` inside it; fuller domes have flatter tops."""
    left = 1 - np.clip(-distance / np.float32(radius), 0, 1)
    rise = np.clip(1 - left**fullness, 0, 1) ** (1 / fullness)
    return np.asarray(rise * np.float32(tall), np.float32)


def browned(plot: Plot, bake: Field) -> Field:
    """Colour a crust by how baked it is (0-1), with the blotches every oven makes."""
    blotches = 0.045 * plot.rough(1.6) + 0.02 * plot.rough(0.25, 2)
    return along(CRUST, bake + np.float32(plot.browning) + blotches)


def layered(under: Field, over: npt.NDArray[np.float32] | Field, cover: Field) -> Field:
    """Lay a colour over another where `cover` is 1."""
    return mix(under, over, cover)
