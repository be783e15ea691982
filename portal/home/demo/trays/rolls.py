"""Rolled doughs: croissant and salt roll, alike at a glance, and the chocolate cornet."""

from __future__ import annotations

import numpy as np

from portal.home.demo.trays.fields import Field, linear, mix, smooth
from portal.home.demo.trays.plot import Crust, Plot, browned, dome, layered


def bent(plot: Plot, bow: float) -> tuple[Field, Field]:
    """Coordinates along and across a bow of the given curvature (1/cm)."""
    if abs(bow) < 1e-3:
        return plot.u, plot.v
    radius = np.float32(1 / bow)
    down = radius - plot.v
    along_arc = np.arctan2(plot.u, down) * radius
    return np.asarray(along_arc, np.float32), np.asarray(radius - np.hypot(plot.u, down), np.float32)


def wraps(plot: Plot, s: Field, t: Field, half: float, count: float) -> tuple[Field, Field]:
    """Which wrap of the dough a pixel lies on (0 = the middle one), and where in it (0 = its lip)."""
    skew = np.float32(plot.rng.choice([-1, 1]) * plot.rng.uniform(0.1, 0.2))
    wavy = 0.05 * plot.noise(2.0)
    place = np.abs(s + skew * t) / np.float32(half) * np.float32(count) - 0.035 * t * t + 0.5 + wavy
    place = np.clip(place, 0, None)
    number = np.floor(place)
    return np.asarray(number, np.float32), np.asarray(1 - (place - number), np.float32)


def roll(plot: Plot, *, half: float, girth: float, bow: float, count: float, flake: float) -> Crust:
    """A roll of dough, thick in the middle, thin at its horns."""
    s, t = bent(plot, bow)
    number, place = wraps(plot, s, t, half, count)
    ends = np.clip(1 - (np.abs(s) / np.float32(half)) ** 2.0, 0, 1)
    swell = 0.16 * np.sqrt(np.clip(1 - (2 * place - 1) ** 2, 0, 1)) - 0.035 * number
    width = np.float32(girth) * (0.22 + 0.78 * ends) * (0.9 + swell)
    tip = np.hypot(np.clip(np.abs(s) - np.float32(half - 0.5), 0, None), 0.8 * t) - 0.5
    distance = np.maximum((np.abs(t) - width) * 0.8, np.where(np.abs(s) > half - 0.5, tip, -1))
    across = np.clip(np.abs(t) / np.maximum(width, 0.1), 0, 1)
    back = np.sqrt(np.clip(1 - across**2.2, 0, 1))
    y = s * 1.2 + number * np.sign(s) * 5
    lines = plot.fibre(t, y, 1.3, 0.13) + 0.6 * plot.fibre(t, y, 2.5, 0.35)
    rise = np.sqrt(np.clip(place, 0, 1)) * smooth(1.0, 0.75, place)
    height = width * 0.95 * back + (0.2 + 0.12 * flake) * rise * (0.4 + 0.6 * back) + flake * 0.035 * lines
    lip = 1 - smooth(0.02, 0.02 + 0.12 * flake + 0.05, place)
    bake = (
        0.5
        + 0.16 * back
        + flake * 0.075 * lines
        - 0.26 * lip
        + 0.1 * smooth(0.1, 0.2, place) * smooth(0.7, 0.3, place)
    )
    bake = bake + 0.12 * smooth(0.8, 1.0, place) * flake - 0.1 * smooth(0.75, 1, across)
    colour = browned(plot, bake)
    return Crust(plot.inside(distance), height, colour, 0.26 + 0.12 * back, polish=22)


def croissant(plot: Plot) -> Crust:
    """Croissant: seven flaky wraps, bent to a crescent."""
    bow = plot.rng.uniform(0.05, 0.12)
    return roll(plot, half=6.3, girth=plot.rng.uniform(2.7, 3.0), bow=bow, count=3.5, flake=1.0)


def salt_roll(plot: Plot) -> Crust:
    """Salt roll: straight, smooth, buttery, with coarse salt on its back."""
    crust = roll(plot, half=5.6, girth=plot.rng.uniform(2.6, 2.9), bow=0.005, count=2.5, flake=0.25)
    spots = plot.scatter(int(plot.rng.integers(22, 40)), 1.7, 0.15)
    salt = plot.grains(spots, 0.17, 0.13)
    crust.colour = layered(crust.colour, linear(252, 250, 246), 0.9 * salt)
    crust.height = crust.height + 0.08 * plot.blur(salt, 0.03)
    crust.gloss = crust.gloss + 0.08 + 0.3 * salt
    return crust


def cornet(plot: Plot) -> Crust:
    """Chocolate cornet: a horn wound from one strand, chocolate cream at its mouth."""
    length, mouth = 11.0, plot.rng.uniform(2.6, 2.9)
    u, v = plot.u, plot.v + 0.02 * plot.u * plot.u * plot.rng.uniform(-1, 1)
    share = np.clip(u / np.float32(length) + 0.5, 0, 1)
    cone = np.float32(mouth) * (0.2 + 0.8 * share**0.85)
    side = np.clip(v / cone, -1, 1)
    turns = 6.4 * share**0.8 + 0.3 * side + 0.12 * side * side
    within = turns - np.floor(turns)
    coil = np.sqrt(np.clip(1 - (2 * within - 1) ** 2, 0, 1))
    wide = cone * (0.88 + 0.13 * coil)
    back = np.sqrt(np.clip(1 - (v / wide) ** 2, 0, 1))
    distance = np.maximum((np.abs(v) - wide) * 0.95, np.abs(u) - np.float32(length / 2))
    rim = np.hypot((u - np.float32(length / 2)) / 1.0, v / np.float32(mouth)) - 1
    distance = np.minimum(distance, rim)
    height = wide * back + 0.42 * coil * (0.3 + 0.7 * back)
    bake = 0.42 + 0.2 * coil * back + 0.12 * back - 0.34 * smooth(0.45, 0.0, coil)
    colour, gloss = browned(plot, bake), 0.28 + 0.1 * coil
    hole = np.hypot((u - np.float32(length / 2 + 0.1)) / 0.74, v / np.float32(mouth * 0.76)) - 1
    cream = smooth(0.05, -0.05, hole)
    swirl = np.sin(
        np.hypot(u - np.float32(length / 2), v * 0.45) * 9
        + 1.5 * np.arctan2(v * 0.4, u - np.float32(length / 2))
    )
    height = np.where(rim < 0, mix(height, 2.6 + dome(rim, 0.35, 0.5, 2.0), smooth(0, -0.2, rim)), height)
    height = mix(height, 2.7 + dome(hole, 0.8, 0.5, 2.0) + 0.07 * swirl, cream)
    colour = mix(colour, linear(74, 38, 22), cream)
    return Crust(plot.inside(distance), height, colour, mix(gloss, 0.5, cream), polish=26)
