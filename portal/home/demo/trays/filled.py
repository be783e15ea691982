"""Long rolls with something in them, alike from afar: yakisoba-pan and sausage roll."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from portal.home.demo.trays.fields import Field, along, linear, mix, ramp, smooth
from portal.home.demo.trays.plot import SUB, Crust, Plot, browned, dome, layered

NOODLE = ramp((0.0, 70, 38, 18), (0.35, 130, 82, 36), (0.6, 186, 128, 62), (1.0, 232, 190, 118))
CABBAGE, LAVER, GINGER = linear(196, 204, 128), linear(50, 84, 34), linear(204, 36, 50)


def long_bun(plot: Plot, half: float, girth: float) -> Field:
    """Distance from the outline of a long soft roll."""
    beyond = np.clip(np.abs(plot.u) - np.float32(half - girth), 0, None)
    return np.asarray(np.hypot(beyond, plot.v) - np.float32(girth), np.float32)


def strand(
    plot: Plot, picture: npt.NDArray[np.uint8], points: npt.NDArray[np.float64], wide: float, level: int
) -> None:
    """Draw a round string as ever thinner, ever lighter lines on a picture of heights."""
    curve = np.round(plot.at(points[:, 0], points[:, 1]) * 2**SUB).astype(np.int32)
    for share, lift in ((1.0, 0), (0.7, 22), (0.4, 34)):
        thick = max(1, round(wide * plot.scale * share))
        cv2.polylines(picture, [curve], False, level + lift, thick, cv2.LINE_AA, SUB)


def noodles(plot: Plot, half: float, girth: float) -> Field:
    """A heap of noodles as heights 0..1, each lying over the earlier ones."""
    rng, steps = plot.rng, np.linspace(-0.5, 0.5, 16)

    def draw(picture: npt.NDArray[np.uint8]) -> None:
        for number in range(90):
            angle, away = rng.uniform(0, 2 * np.pi), np.sqrt(rng.uniform(0, 1))
            turn, length = rng.normal(0, 0.55), rng.uniform(1.6, 3.6)
            wave = rng.uniform(0.1, 0.4) * np.sin(steps * rng.uniform(3, 8) + rng.uniform(0, 6))
            u = 0.88 * half * away * np.cos(angle) + steps * length * np.cos(turn) - wave * np.sin(turn)
            v = girth * 0.75 * away * np.sin(angle) + steps * length * np.sin(turn) + wave * np.cos(turn)
            over = np.maximum(np.hypot(u / (half + 0.5), v / (girth + 0.25)), 1)
            strand(plot, picture, np.stack([u / over, v / over], 1), 0.25, 70 + number * 3 // 2)

    return plot.stamp(draw)


def yakisoba(plot: Plot) -> Crust:
    """Fried-noodle roll: noodles in sauce heaped into a slit, red ginger, green laver."""
    half, girth = plot.rng.uniform(6.3, 6.9), plot.rng.uniform(2.7, 3.0)
    distance = long_bun(plot, half, girth)
    slot = np.hypot(plot.u / np.float32(half - 0.7), plot.v / np.float32(girth * 0.62)) - 1
    heap = noodles(plot, half - 1.0, girth * 0.58)
    filled = np.maximum(smooth(0.04, -0.06, slot), smooth(0.12, 0.24, heap))
    mound = np.sqrt(np.clip(1 - (slot + 1) ** 2, 0, 1))
    colour = browned(plot, 0.38 + 0.26 * smooth(0, 1.4, -distance))
    food = along(NOODLE, 0.1 + 0.8 * heap + 0.07 * plot.noise(0.9))
    colour = layered(colour, food, filled)
    height = dome(distance, girth, 2.6, 2.2) - 0.3 * smooth(0.3, 0.0, slot)
    height = mix(height, 2.2 + 0.7 * mound + 0.75 * plot.blur(heap, 0.03), filled)
    cabbage = plot.grains(plot.scatter(9, 1.0, 0.3) * [half * 0.75, girth * 0.45], 0.62, 0.34)
    ginger = plot.grains(plot.scatter(22, 0.85, 0.06) * [1.3, 0.9], 0.62, 0.15)
    laver = plot.grains(plot.scatter(70, 1.0, 0.03) * [half * 0.75, girth * 0.45], 0.11, 0.08)
    for bits, tint, lift in ((cabbage, CABBAGE, 0.1), (laver, LAVER, 0.02), (ginger, GINGER, 0.16)):
        colour = layered(colour, tint, bits)
        height = height + lift * plot.blur(bits, 0.04)
    return Crust(plot.inside(distance), height, colour, 0.2 + 0.3 * filled * heap, polish=24)


def sausage(plot: Plot) -> Crust:
    """Sausage roll: a scored frankfurter in soft dough, ketchup over it."""
    half, girth = plot.rng.uniform(6.3, 6.9), plot.rng.uniform(2.5, 2.8)
    distance = long_bun(plot, half, girth)
    meat = long_bun(plot, half - 0.7, girth * 0.47) + 0.06 * plot.noise(1.2)
    lies = smooth(0.06, -0.06, meat)
    score = (plot.u + 0.5 * plot.v) / np.float32(1.35)
    cut = smooth(0.16, 0.02, np.abs(score - np.round(score))) * smooth(-0.1, -0.4, meat)
    seared = linear(150, 64, 38) * (1 + 0.14 * plot.rough(0.9) - 0.25 * smooth(-0.5, 0, meat))[..., None]
    bake = 0.38 + 0.3 * smooth(0.05, 1.1, -distance) - 0.1 * smooth(0.5, 0.1, meat)
    colour = layered(browned(plot, bake), mix(seared, linear(206, 130, 92), 0.7 * cut), lies)
    height = dome(distance, girth * 0.6, 2.4, 2.2) - 0.5 * smooth(0.6, 0.0, meat) + 0.02 * plot.rough(0.8)
    height = mix(height, 1.9 + dome(meat, girth * 0.46, 1.3, 2.0) - 0.14 * cut, lies)
    red = smooth(0.4, 0.62, sauce := ketchup(plot, half - 1.4, girth * 0.34))
    colour = layered(colour, linear(184, 28, 18), red)
    height = height + 0.22 * plot.blur(sauce, 0.06)
    return Crust(plot.inside(distance), height, colour, 0.24 + 0.26 * lies + 0.25 * red, polish=36)


def ketchup(plot: Plot, half: float, wide: float) -> Field:
    """A hand-drawn zigzag of sauce as heights 0..1."""
    steps = np.linspace(0, 1, 90)
    phase = np.pi * plot.rng.uniform(9, 13) * steps + plot.rng.uniform(0, 6) + 0.7 * np.sin(7 * steps)
    line = np.stack([half * (2 * steps - 1), wide * np.sin(phase) * (0.85 + 0.2 * np.cos(11 * steps))], 1)
    return plot.stamp(lambda picture: strand(plot, picture, line, 0.46, 200))
