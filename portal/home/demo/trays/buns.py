"""Round buns: anpan and its double uguisu-pan, melon-pan and its double with chips, cream-pan."""

from __future__ import annotations

import numpy as np

from portal.home.demo.trays.fields import Field, along, cells, linear, mix, ramp, smooth
from portal.home.demo.trays.plot import Crust, Plot, browned, dome, layered, oval

COOKIE = ramp(
    (0.0, 255, 243, 200), (0.35, 247, 222, 150), (0.6, 232, 188, 100), (0.8, 203, 140, 62), (1.0, 150, 88, 36)
)
POPPY, SESAME = linear(34, 30, 30), linear(240, 222, 178)
CHIP = linear(52, 27, 16)


def bun(plot: Plot, radius: float) -> tuple[Field, Field, Field]:
    """Draw a round glazed bun with a navel: distance from its outline, height, bake."""
    distance = oval(plot, radius, radius * plot.rng.uniform(0.95, 1.0))
    height = dome(distance, radius, 3.1, 2.3)
    away = np.hypot(plot.u - plot.rng.uniform(-0.3, 0.3), plot.v - plot.rng.uniform(-0.3, 0.3))
    navel = np.exp(-((away / np.float32(plot.rng.uniform(0.5, 0.75))) ** 2))
    height = height - np.float32(plot.rng.uniform(0.45, 0.9)) * navel + 0.02 * plot.rough(0.8)
    bake = 0.34 + 0.34 * smooth(0, 2.2, -distance) - 0.1 * navel
    return distance, height, bake


def anpan(plot: Plot) -> Crust:
    """Red-bean bun: egg-glazed brown, poppy-black seeds about its navel."""
    return seeded(plot, POPPY, shift=0.04, long=0.2, wide=0.13)


def uguisu(plot: Plot) -> Crust:
    """Green-pea bun: the same bun, a shade paler and greener, pale sesame instead of black."""
    crust = seeded(plot, SESAME, shift=-0.05, long=0.27, wide=0.15)
    crust.colour = crust.colour * np.asarray([0.96, 1.0, 0.84], np.float32)
    return crust


def seeded(plot: Plot, seed: Field, shift: float, long: float, wide: float) -> Crust:
    distance, height, bake = bun(plot, plot.rng.uniform(3.9, 4.3))
    colour = browned(plot, bake + np.float32(shift))
    seeds = plot.grains(plot.scatter(int(plot.rng.integers(22, 46)), 1.25, 0.16), long, wide)
    colour = layered(colour, seed, seeds)
    height = height + 0.07 * plot.blur(seeds, 0.03)
    gloss = 0.34 + 0.1 * seeds
    return Crust(plot.inside(distance), height, colour, gloss, polish=26)


def melon(plot: Plot) -> Crust:
    """Melon bread: a sugared biscuit crust cut into a lattice."""
    distance = oval(plot, radius := plot.rng.uniform(4.5, 4.9), radius * plot.rng.uniform(0.95, 1.0))
    height = dome(distance, radius, 3.6, 2.2)
    grooves = lattice(plot, radius)
    height = height - 0.24 * grooves + 0.03 * plot.rough(0.5)
    bake = (
        0.4
        + 0.16 * plot.rough(1.4) * 0.5
        + 0.3 * smooth(-0.9, 0.1, distance)
        + 0.12 * smooth(0.3, 0.8, grooves)
    )
    sugar, shine = sugared(plot, 0.09, 0.25)
    colour = mix(along(COOKIE, bake + plot.browning), linear(255, 250, 235), 0.55 * sugar)
    return Crust(plot.inside(distance), height + 0.02 * shine, colour, 0.06 + 0.5 * sugar, polish=30)


def lattice(plot: Plot, radius: float) -> Field:
    """Two families of cuts, curved outward as cuts on a dome are."""
    pitch, bend = plot.rng.uniform(1.55, 1.9), np.float32(0.055)
    u, v = plot.u, plot.v
    lines = plot.zeros()
    for along_axis, across in ((u, v), (v + 0.15 * u, u - 0.15 * v)):
        bent = across * (1 - bend * (along_axis / np.float32(radius)) ** 2 * 4) + 0.05 * plot.noise(1.4)
        near = np.abs(bent / np.float32(pitch) - np.round(bent / np.float32(pitch))) * np.float32(pitch)
        lines = np.maximum(lines, 1 - smooth(0.02, 0.2, near))
    return np.asarray(lines, np.float32)


def sugared(plot: Plot, across: float, share: float) -> tuple[Field, Field]:
    """Sugar grains: where they lie (0-1), and their uneven faces."""
    labels, away, count = cells(plot.rng, plot.shape, max(2.0, across * plot.scale))
    lies = (plot.rng.random(count) < share).astype(np.float32)[labels]
    face = plot.rng.random(count).astype(np.float32)[labels]
    return lies * (0.4 + 0.6 * face), face - away * np.float32(0.1)


def chip_melon(plot: Plot) -> Crust:
    """Melon bread with chocolate chips in its biscuit."""
    crust = melon(plot)
    chips = plot.grains(plot.scatter(int(plot.rng.integers(16, 30)), 4.0, 0.7), 0.42, 0.34)
    crust.colour = layered(crust.colour, CHIP, chips)
    crust.height = crust.height + 0.08 * plot.blur(chips, 0.06)
    crust.gloss = mix(crust.gloss, 0.25, chips)
    return crust


def cream(plot: Plot) -> Crust:
    """Cream bread: a plump glove with three to five cuts."""
    wide, deep = plot.rng.uniform(5.0, 5.4), plot.rng.uniform(4.3, 4.7)
    u, v = plot.u, plot.v - 0.7
    reach = np.where(v < 0, np.float32(deep), np.float32(deep * 0.62))
    ratio = (np.abs(u / np.float32(wide)) ** 2.3 + np.abs(v / reach) ** 2.3) ** np.float32(1 / 2.3)
    cuts = int(plot.rng.integers(3, 6))
    pitch = np.float32(1.75 / (cuts + 0.5))
    fan = u / (np.float32(wide) * (1 - 0.09 * (plot.v + deep))) / pitch
    place = fan + (0.0 if cuts % 2 else 0.5)
    beside = np.abs(place - np.round(place))
    cut = smooth(-deep * 0.22, -deep * 0.8, v) * (np.abs(fan) < cuts / 2)
    groove = cut * np.clip(1 - beside / 0.5, 0, 1) ** 2.4
    distance = (ratio - 1) * np.float32(3.2) + 0.42 * groove
    height = (
        dome(distance, 3.0, 3.0, 2.2)
        - 0.75 * groove
        + 0.15 * cut * smooth(cuts / 2, cuts / 2 - 0.5, np.abs(fan))
        + 0.02 * plot.rough(0.8)
    )
    bake = 0.34 + 0.32 * smooth(0, 2.0, -distance) - 0.24 * smooth(0.25, 0.9, groove)
    return Crust(plot.inside(distance), height, browned(plot, bake), 0.32 + plot.zeros(), polish=26)
