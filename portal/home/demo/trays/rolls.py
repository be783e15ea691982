"""Rolled doughs: croissant and salt roll, alike at a glance, and the chocolate cornet."""

from __future__ import annotations

import numpy as np

from portal.home.demo.trays.fields import Field, linear, mix, smooth
from portal.home.demo.trays.plot import Crust, Plot, browned, dome, layered, oval


def bent(plot: Plot, bow: float) -> tuple[Field, Field]:
    """Coordinates along and across a bow of the given curvature (1/cm)."""
    if abs(bow) < 1e-3:
        return plot.u, plot.v
    radius = np.float32(1 / bow)
    down = radius - plot.v
    along_arc = np.arctan2(plot.u, down) * radius
    return np.asarray(along_arc, np.float32), np.asarray(radius - np.hypot(plot.u, down), np.float32)


def wraps(s: Field, t: Field, half: float, count: float) -> tuple[Field, Field]:
    """Which wrap of the dough a pixel lies on (0 = the middle one), and where in it (0 = its lip)."""
    place = np.abs(s) / np.float32(half) * np.float32(count) + 0.35 * np.abs(t) / 2 + 0.5
    number = np.floor(place)
    return np.asarray(number, np.float32), np.asarray(1 - (place - number), np.float32)


def roll(plot: Plot, *, half: float, girth: float, bow: float, count: float, flake: float) -> Crust:
    """A roll of dough, thick in the middle, thin at its horns."""
    s, t = bent(plot, bow)
    ends = np.clip(1 - (np.abs(s) / np.float32(half)) ** 2.2, 0, 1)
    number, place = wraps(s, t, half, count)
    bulge = 1 - 0.1 * number / count + 0.1 * np.sin(np.pi * np.clip(place, 0, 1)) - 0.04
    width = np.float32(girth) * (0.3 + 0.7 * ends) * bulge
    tip = np.abs(s) - np.float32(half)
    distance = np.maximum((np.abs(t) - width) * 0.8, tip)
    across = np.clip(np.abs(t) / np.maximum(width, 0.1), 0, 1)
    lip = 1 - smooth(0.0, 0.16, place)
    lines = plot.fibre(t, place * 2.2 + number * 7, 1.6, 0.16)
    height = width * 0.85 * np.sqrt(np.clip(1 - across**2.3, 0, 1)) + 0.1 * np.sqrt(place)
    height = height + flake * 0.03 * lines
    bake = 0.56 + 0.14 * (1 - across) + flake * 0.07 * lines - 0.2 * lip - 0.12 * smooth(0.7, 1, across)
    bake = bake + 0.14 * smooth(0.1, 0.25, place) * (1 - smooth(0.25, 0.6, place))
    cover = plot.inside(distance) * (width > 0)
    return Crust(cover, height, browned(plot, bake), 0.3 + plot.zeros(), polish=22)


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
    length, mouth = 11.5, plot.rng.uniform(2.5, 2.8)
    s = plot.u + length / 2
    share = np.clip(s / np.float32(length), 0, 1)
    width = np.float32(mouth) * (0.14 + 0.86 * share)
    turns = 6.2 * share**0.8 + 0.28 * plot.v / width
    within = turns - np.floor(turns)
    bulge = np.sqrt(np.clip(1 - (2 * within - 1) ** 2, 0, 1))
    wide = width * (0.9 + 0.12 * bulge)
    distance = np.maximum((np.abs(plot.v) - wide) * 0.97, np.maximum(-s, s - np.float32(length - 0.3)))
    across = np.clip(np.abs(plot.v) / wide, 0, 1)
    height = wide * np.sqrt(np.clip(1 - across**2.2, 0, 1)) + 0.28 * bulge
    bake = 0.5 + 0.2 * bulge * (1 - across) - 0.3 * (1 - smooth(0, 0.35, bulge))
    colour = browned(plot, bake)
    filled = np.hypot((plot.u - np.float32(length / 2 - 0.75)) / 0.85, plot.v / np.float32(mouth * 0.78)) - 1
    hole = smooth(0.08, -0.08, filled)
    colour = mix(colour, linear(66, 34, 20), hole)
    height = mix(height, 1.6 + 0.4 * np.clip(-filled, 0, 1), hole)
    mouth_cover = (
        oval(plot, 1, 1) * 0
        + np.hypot((plot.u - np.float32(length / 2 - 0.75)) / 1.15, plot.v / np.float32(mouth))
        - 1
    )
    distance = np.minimum(distance, mouth_cover * 0.9)
    height = np.maximum(height, dome(mouth_cover, 0.6, 1.2))
    return Crust(plot.inside(distance), height, colour, 0.26 + 0.2 * hole, polish=24)
