"""Fried breads, alike at a glance: curry-pan in crumbs, an-doughnut in sugar."""

from __future__ import annotations

import numpy as np

from portal.home.demo.trays.buns import sugared
from portal.home.demo.trays.fields import Field, cells, linear, mix, smooth
from portal.home.demo.trays.plot import Crust, Plot, browned, dome, oval


def crumbs(plot: Plot, across: float) -> tuple[Field, Field]:
    """Tilted flakes: their height (0-1) above the dough and how much browner or paler each is."""
    labels, away, count = cells(plot.rng, plot.shape, across * plot.scale)
    rng, half = plot.rng, np.float32(0.5 * across * plot.scale)
    level, brown = rng.random(count)[labels], rng.standard_normal(count)[labels]
    lean = (rng.normal(0, 0.5, count)[labels] * plot.u + rng.normal(0, 0.5, count)[labels] * plot.v) % 1
    rise = 0.6 * level + 0.25 * np.clip(1.3 - away / half, 0, 1) + 0.3 * lean * level
    return plot.blur(np.asarray(rise, np.float32), 0.035), np.asarray(brown, np.float32)


def panko(plot: Plot) -> tuple[Field, Field]:
    """Bread crumbs, big ones on small ones: height (cm) and brownness."""
    small, brown = crumbs(plot, 0.17)
    big, tone = crumbs(plot, 0.42)
    lies = smooth(0.5, 0.75, big)
    rise = 0.1 * small + 0.2 * lies * big + 0.03 * plot.rough(0.12, 2)
    return np.asarray(rise, np.float32), mix(brown, tone, lies)


def curry(plot: Plot) -> Crust:
    """Curry bread: an oval in panko, fried brown."""
    long = plot.rng.uniform(4.3, 5.3)
    distance = oval(plot, long, wide := plot.rng.uniform(3.5, 3.9))
    rise, brown = panko(plot)
    distance = distance - 1.1 * (rise - 0.1)
    height = dome(distance, wide, 3.2, 2.1) + rise
    bake = 0.66 + 0.045 * brown + 0.7 * (rise - 0.1) + 0.06 * plot.noise(2.5)
    return Crust(plot.inside(distance), height, browned(plot, bake), 0.12 + plot.zeros(), polish=14)


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
