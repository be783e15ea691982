"""Sliced bread."""

from __future__ import annotations

import numpy as np

from portal.home.demo.trays.fields import linear, mix, smooth
from portal.home.demo.trays.plot import Crust, Plot, browned, dome

CRUMB, HOLE = linear(249, 238, 212), linear(222, 200, 158)


def shokupan(plot: Plot) -> Crust:
    """A slice of mountain-top white bread, lying flat: thin crust, open crumb."""
    half = plot.rng.uniform(4.8, 5.2)
    u, v = plot.u, plot.v
    sides = half * (1 + 0.05 * smooth(-half * 0.2, -half * 0.55, v) - 0.02 * np.cos(v))
    box = (np.abs(u / sides) ** 8 + np.abs((v - 0.5) / half) ** 8) ** np.float32(1 / 8) * half - half
    top = np.hypot((np.abs(u) - half * 0.45) / 0.62, (v + half * 0.5) / 0.5) - half
    top = np.where(v > -half * 0.5, -1, top * 0.5)
    distance = np.maximum(np.where(v < 0, np.abs(u) - sides, box), top)
    crust = smooth(-0.34, -0.2, distance + 0.04 * plot.noise(0.5))
    pores = smooth(0.9, 2.1, plot.rough(0.17, 2)) + 0.8 * smooth(1.5, 2.3, plot.rough(0.38, 2))
    pores = np.clip(pores, 0, 1) * (1 - crust)
    tone = 1 + 0.025 * plot.rough(1.8) + 0.02 * plot.noise(0.12)
    colour = mix(CRUMB * tone[..., None], HOLE, 0.75 * pores)
    colour = mix(colour, linear(236, 204, 146), smooth(-0.75, -0.3, distance) * 0.45)
    colour = mix(colour, browned(plot, 0.6 + 0.1 * smooth(-0.2, 0, distance)), crust)
    height = dome(distance, 0.35, 1.3, 2.0) - 0.07 * pores + 0.01 * plot.rough(0.2, 2)
    return Crust(plot.inside(distance), height, colour, 0.03 + 0.15 * crust, polish=12)
