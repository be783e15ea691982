"""Fried breads, alike at a glance: curry-pan in crumbs, an-doughnut in sugar."""

from __future__ import annotations

import numpy as np

from portal.home.demo.trays.buns import sugared
from portal.home.demo.trays.fields import Field, cells, linear, mix, smooth
from portal.home.demo.trays.plot import Crust, Plot, browned, dome, oval


def crumbs(plot: Plot, across: float) -> tuple[Field, Field]:
    """Tilted flakes: their height (cm) above the dough and how much browner or paler each is."""
    labels, away, count = cells(plot.rng, plot.shape, across * plot.scale)
    rng, middle = plot.rng, np.float32(0.5 * across * plot.scale)
    level = rng.random(count).astype(np.float32)[labels]
    brown = rng.standard_normal(count).astype(np.float32)[labels]
    rise = level * 0.16 + 0.07 * np.clip(1 - away / (2 * middle), 0, 1)
    return plot.blur(np.asarray(rise, np.float32), 0.03), brown


def curry(plot: Plot) -> Crust:
    """Curry bread: an oval in panko, fried brown."""
    long = plot.rng.uniform(4.3, 5.3)
    distance = oval(plot, long, wide := plot.rng.uniform(3.5, 3.9))
    rise, brown = crumbs(plot, 0.34)
    fine, _ = crumbs(plot, 0.16)
    distance = distance - 0.9 * (rise - 0.1) - 0.3 * fine
    height = dome(distance, wide, 3.2, 2.1) + rise + 0.5 * fine
    bake = 0.6 + 0.05 * brown + 0.7 * (rise - 0.1) + 0.1 * plot.noise(2.5) * 0.6
    return Crust(plot.inside(distance), height, browned(plot, bake), 0.14 + plot.zeros(), polish=14)


def an_doughnut(plot: Plot) -> Crust:
    """Doughnut with bean paste: round, smooth, rolled in sugar, a pale line about its waist."""
    distance = oval(plot, radius := plot.rng.uniform(3.7, 4.1), radius * plot.rng.uniform(0.95, 1.0))
    height = dome(distance, radius, 3.2, 2.3) + 0.03 * plot.rough(0.6)
    bake = 0.66 + 0.05 * plot.rough(1.5) - 0.4 * smooth(-0.5, -0.1, distance)
    sugar, face = sugared(plot, 0.1, 0.42)
    clumps = smooth(-0.9, 0.9, plot.rough(1.2))
    sugar = sugar * (0.35 + 0.65 * clumps)
    colour = mix(browned(plot, bake), linear(255, 252, 246), 0.8 * sugar)
    return Crust(plot.inside(distance), height + 0.035 * sugar * face, colour, 0.1 + 0.5 * sugar, polish=34)
