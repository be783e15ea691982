"""Fruit danish: folded layers about custard, peaches or berries."""

from __future__ import annotations

import numpy as np

from portal.home.demo.trays.fields import Field, linear, mix, smooth
from portal.home.demo.trays.plot import Crust, Plot, browned, dome

PEACH, BERRY, CREAM = linear(246, 164, 44), linear(188, 26, 38), linear(247, 212, 112)
BLUE = linear(50, 46, 92)


def danish(plot: Plot) -> Crust:
    """Fruit danish: a square of folded layers about custard and glazed fruit."""
    half = plot.rng.uniform(4.2, 4.6)
    u, v = plot.u, plot.v
    box = (np.abs(u) ** 9 + np.abs(v) ** 9) ** np.float32(1 / 9) + 0.08 * plot.noise(1.5)
    corner = np.minimum(np.abs(u), np.abs(v))
    distance = box - half + 0.22 * np.cos(np.pi / 2 * np.clip(corner / half, 0, 1))
    lines = plot.fibre(u + v, box, 3.0, 0.14) + 0.5 * plot.fibre(u - v, box, 1.0, 0.3)
    rim = smooth(half * 0.5, half * 0.66, box)
    seam = smooth(0.3, 0.0, np.abs(np.abs(u) - np.abs(v))) * rim
    height = (
        dome(distance, 1.1, 1.5, 2.2) + 0.9 * np.sin(np.pi * rim * 0.6) + 0.05 * lines * rim - 0.12 * seam
    )
    bake = 0.5 + 0.08 * lines + 0.12 * rim - 0.16 * smooth(-0.25, 0.0, distance) + 0.08 * seam
    bowl = np.hypot(u, v) - np.float32(2.5) + 0.1 * plot.noise(1.0)
    custard = smooth(0.1, -0.1, bowl)
    crust = Crust(plot.inside(distance), height, browned(plot, bake), 0.3 + 0.2 * custard, polish=36)
    crust.colour = mix(crust.colour, CREAM, custard)
    crust.height = mix(crust.height, 1.7 + dome(bowl, 1.0, 0.4), custard)
    topping = (peaches, berries)[int(plot.rng.integers(2))]
    topping(plot, crust)
    return crust


def lay_on(crust: Crust, piece: Field, tall: float, colour: Field) -> None:
    """Lay a glazed piece, given by the distance from its outline (cm), onto a bread."""
    lies = smooth(0.04, -0.04, piece)
    crust.colour = mix(crust.colour, colour, lies)
    crust.height = mix(crust.height, 2.1 + dome(piece, 0.7, tall, 2.0), lies)
    crust.gloss = mix(crust.gloss, 0.75, lies)


def peaches(plot: Plot, crust: Crust) -> None:
    """Slices of yellow peach, fanned."""
    turn = plot.rng.uniform(0, 2 * np.pi)
    along_, side = (
        plot.u * np.cos(turn) + plot.v * np.sin(turn),
        plot.v * np.cos(turn) - plot.u * np.sin(turn),
    )
    tones = 1 + 0.06 * plot.fibre(side, along_, 1.6, 0.2)
    for number in range(3):
        x = along_ - np.float32(number * 1.2 - 0.95)
        moon = np.hypot(x, side * 0.68) - 1.3
        slice_ = np.maximum(moon, 0.75 - np.hypot(x + 1.15, side * 0.68))
        lay_on(crust, slice_, 0.6, PEACH * (tones * (1 - 0.25 * smooth(-0.25, 0.0, moon)))[..., None])


def berries(plot: Plot, crust: Crust) -> None:
    """Halved strawberries and blueberries."""
    rng, turn = plot.rng, plot.rng.uniform(0, 2 * np.pi)
    for number in range(6):
        angle, away = turn + number * np.pi / 3 + rng.normal(0, 0.12), rng.uniform(1.25, 1.6)
        x, y = plot.u - np.float32(away * np.cos(angle)), plot.v - np.float32(away * np.sin(angle))
        out, side = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
        if number % 2:
            ball = np.hypot(out, side) - np.float32(rng.uniform(0.55, 0.68))
            crown = smooth(0.24, 0.1, np.hypot(out - 0.1, side))
            lay_on(crust, ball, 0.7, BLUE * (1 + 0.25 * plot.noise(0.3) - 0.6 * crown)[..., None])
        else:
            heart = np.hypot(out, side * (1.15 + 0.35 * np.clip(out, -1, 1))) - np.float32(0.95)
            pips = smooth(0.75, 0.9, np.cos(out * 17) * np.cos(side * 17 + np.round(out * 2.7) * np.pi / 2))
            lay_on(crust, heart, 0.8, mix(BERRY * (1 + 0.1 * plot.noise(0.5))[..., None], CREAM, 0.5 * pips))
