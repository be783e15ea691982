"""Breads with something on them: yakisoba-pan, sausage roll, fruit danish."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from portal.home.demo.trays.fields import Field, along, linear, mix, ramp, smooth
from portal.home.demo.trays.plot import SUB, Crust, Plot, browned, dome, layered, oval

NOODLE = ramp((0.0, 96, 54, 24), (0.5, 190, 130, 62), (1.0, 232, 190, 118))


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
    """A heap of noodles as heights 0..1."""
    rng = plot.rng

    def draw(picture: npt.NDArray[np.uint8]) -> None:
        steps = np.linspace(0, 1, 14)
        for number in range(46):
            middle = rng.uniform(-half, half), rng.uniform(-girth, girth)
            turn, length, curl = rng.normal(0, 0.7), rng.uniform(2.0, 4.5), rng.uniform(0.1, 0.45)
            wave = curl * np.sin(steps * rng.uniform(3, 7) + rng.uniform(0, 6))
            x = (steps - 0.5) * length
            u = np.clip(middle[0] + x * np.cos(turn) - wave * np.sin(turn), -half, half)
            v = np.clip(middle[1] * 0.8 + x * np.sin(turn) + wave * np.cos(turn), -girth, girth)
            strand(plot, picture, np.stack([u, v], 1), 0.24, 60 + number * 3)

    return plot.stamp(draw)


def yakisoba(plot: Plot) -> Crust:
    """Fried-noodle roll: noodles in sauce, red ginger, green laver."""
    half, girth = plot.rng.uniform(6.4, 7.0), plot.rng.uniform(2.5, 2.8)
    distance = long_bun(plot, half, girth)
    height = dome(distance, girth, 2.7, 2.2)
    slot = long_bun(plot, half - 0.8, girth * 0.55)
    heap = noodles(plot, half - 1.2, girth * 0.5)
    filled = np.maximum(smooth(0.15, -0.15, slot), smooth(0.1, 0.3, heap))
    bake = 0.4 + 0.24 * smooth(0, 1.4, -distance)
    food = along(NOODLE, 0.15 + 0.75 * heap)
    colour = layered(browned(plot, bake), food, filled)
    height = mix(height, 2.1 + 0.9 * heap, filled)
    ginger = plot.grains(plot.scatter(14, 0.75, 0.1), 0.7, 0.14)
    laver = plot.grains(plot.scatter(60, 1.0, 0.05) * [half * 0.7, girth * 0.4], 0.12, 0.09)
    colour = layered(layered(colour, linear(52, 84, 34), laver), linear(206, 34, 46), ginger)
    height = height + 0.12 * plot.blur(ginger, 0.04) + 0.02 * laver
    return Crust(plot.inside(distance), height, colour, 0.2 + 0.25 * filled, polish=24)


def sausage(plot: Plot) -> Crust:
    """Sausage roll: a frankfurter in soft dough, ketchup and mustard over it."""
    half, girth = plot.rng.uniform(6.4, 7.0), plot.rng.uniform(2.4, 2.7)
    distance = long_bun(plot, half, girth)
    height = dome(distance, girth, 2.5, 2.2)
    meat = long_bun(plot, half - 0.3, girth * 0.46)
    lies = smooth(0.06, -0.06, meat)
    colour = layered(browned(plot, 0.4 + 0.22 * smooth(0, 1.2, -distance)), linear(158, 62, 34), lies)
    height = mix(height, 2.0 + dome(meat, girth * 0.46, 1.3, 2.0), lies)
    steps = np.linspace(-half + 1.3, half - 1.3, 60)
    line = np.stack([steps, girth * 0.4 * np.sin(steps * 3.4 + plot.rng.uniform(0, 6))], 1)
    sauce = plot.stamp(lambda picture: strand(plot, picture, line, 0.42, 200))
    red = smooth(0.5, 0.75, sauce)
    colour = layered(colour, linear(188, 26, 18), red)
    height = height + 0.25 * plot.blur(sauce, 0.05)
    return Crust(plot.inside(distance), height, colour, 0.22 + 0.3 * lies + 0.2 * red, polish=34)


FRUITS = (linear(250, 168, 40), linear(190, 30, 42), linear(52, 48, 96))


def danish(plot: Plot) -> Crust:
    """Fruit danish: folded layers about custard and glazed fruit."""
    half = plot.rng.uniform(4.1, 4.5)
    u, v = plot.u, plot.v
    box = (np.abs(u / half) ** 5 + np.abs(v / half) ** 5) ** (1 / 5) * half
    distance = box - half
    lines = plot.fibre(u + v, box, 2.5, 0.16)
    rim = smooth(half * 0.5, half * 0.72, box)
    height = dome(distance, 1.3, 1.7, 2.2) * (0.55 + 0.45 * rim) + 0.05 * lines * rim
    bake = 0.56 + 0.09 * lines + 0.1 * rim
    bowl = np.hypot(u, v) - np.float32(2.3)
    custard = smooth(0.12, -0.12, bowl)
    colour = mix(browned(plot, bake), linear(248, 214, 110), custard)
    gloss = 0.3 + 0.1 * custard
    fruit_colour = FRUITS[int(plot.rng.integers(len(FRUITS)))]
    for angle in np.arange(4) * np.pi / 2 + plot.rng.uniform(0, 1.5):
        ball = np.hypot(
            u - np.float32(1.1 * np.cos(angle)), v - np.float32(1.1 * np.sin(angle))
        ) - np.float32(0.9)
        lies = smooth(0.05, -0.05, ball)
        colour = mix(colour, fruit_colour, lies)
        height = mix(height, 1.2 + dome(ball, 0.9, 0.9, 2.0), lies)
        gloss = np.maximum(gloss, 0.7 * lies)
    return Crust(plot.inside(distance), height, colour, gloss, polish=40)


def shokupan(plot: Plot) -> Crust:
    """A slice of white bread, lying flat: thin crust, open crumb."""
    half = np.float32(plot.rng.uniform(4.9, 5.3))
    u, v = plot.u, plot.v
    box = (np.abs(u / half) ** 7 + np.abs(v / half) ** 7) ** (1 / 7) * half - half
    lobes = (
        np.minimum(
            np.hypot((u - half * 0.48) / 0.58, (v + half * 0.62) / 0.6),
            np.hypot((u + half * 0.48) / 0.58, (v + half * 0.62) / 0.6),
        )
        - half
    )
    distance = np.minimum(box, lobes * 0.6)
    pores = smooth(0.7, 1.7, plot.rough(0.28, 2)) + 0.6 * smooth(1.0, 1.9, plot.noise(0.5))
    crust_line = smooth(-0.28, -0.08, distance)
    crumb = linear(250, 241, 216) * np.ones((*plot.shape, 1), np.float32)
    crumb = mix(crumb, linear(226, 206, 164), 0.6 * pores)
    colour = mix(crumb, browned(plot, plot.zeros() + 0.62), crust_line)
    height = dome(distance, 0.3, 1.6, 2.0) - 0.06 * pores
    return Crust(plot.inside(distance), height, colour, plot.zeros() + 0.04, polish=10)


__all__ = ["danish", "oval", "sausage", "shokupan", "yakisoba"]
