"""Render a tray of breads, photographed from above, with the box of each bread's visible pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from portal.base.errors import InvalidInput
from portal.home.demo.trays.breads import BREADS, Bread
from portal.home.demo.trays.camera import photograph
from portal.home.demo.trays.fields import Field, Rng
from portal.home.demo.trays.layout import Place, Plan
from portal.home.demo.trays.light import Light, Surface, openness, shade, shadows
from portal.home.demo.trays.plot import Crust, Plot
from portal.home.demo.trays.surfaces import Ground, ground

MOST, SMALLEST = 8, 64
LIFT = 0.6
"""A bread is widest above the tray (cm), so its rim throws a shadow."""
CM_ACROSS = (46, 34.5)
"""What the camera sees of the counter, in centimetres."""
FILLED = 0.26
"""Share of the picture that breads may take up before they are drawn smaller."""


@dataclass(frozen=True)
class TrayItem:
    """A bread and the box (pixels) of what is seen of it."""

    bread: Bread
    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True)
class Tray:
    """A picture (RGB, uint8) and the breads in it."""

    pixels: npt.NDArray[np.uint8]
    items: tuple[TrayItem, ...]


@dataclass(frozen=True)
class Laid:
    """A drawn bread at its place: `box` of the picture takes `part` of the patch."""

    bread: Bread
    crust: Crust
    box: tuple[slice, slice]
    part: tuple[slice, slice]


def render_tray(
    seed: int,
    *,
    breads: Sequence[Bread] = BREADS,
    size: tuple[int, int] = (1024, 768),
    hard: bool = False,
    items: Sequence[Bread] | None = None,
) -> Tray:
    """Render the tray of a seed: the same seed gives the same bytes.

    `items` asks for exactly these breads; else one to eight of `breads` are picked. `hard` makes look-alikes,
    touching and cut-off breads frequent. Raises InvalidInput.
    """
    if not breads or (items is not None and not 1 <= len(items) <= MOST):
        raise InvalidInput(f"A tray holds 1 to {MOST} breads.")
    if min(size) < SMALLEST:
        raise InvalidInput(f"A picture needs at least {SMALLEST} pixels each way.")
    if seed < 0:
        raise InvalidInput(f"A seed is 0 or more, not {seed}.")
    rng = np.random.default_rng(seed)
    chosen = tuple(items) if items is not None else pick(rng, breads, hard)
    scale = min(size[0] / CM_ACROSS[0], size[1] / CM_ACROSS[1])
    light = Light.over(rng)
    tray = ground(rng, size, scale, rng.uniform(-0.06, 0.02) if hard else rng.uniform(0.015, 0.06))
    laid = lay(rng, chosen, tray, size, scale, hard)
    return compose(rng, tray, laid, light, scale)


def pick(rng: Rng, breads: Sequence[Bread], hard: bool) -> tuple[Bread, ...]:
    """Choose what a customer takes."""
    count = int(rng.integers(3 if hard else 1, MOST + 1))
    picked = [breads[int(rng.integers(len(breads)))] for _ in range(count)]
    if hard:
        for number, bread in enumerate(picked[:-1:2]):
            alike = [other for other in breads if other.family == bread.family and other != bread]
            if alike:
                picked[2 * number + 1] = alike[int(rng.integers(len(alike)))]
    return tuple(picked)


def lay(
    rng: Rng, chosen: Sequence[Bread], tray: Ground, size: tuple[int, int], scale: float, hard: bool
) -> list[Laid]:
    """Draw each bread and find its place."""
    zoom = rng.uniform(0.92, 1.1) * room_for(chosen)
    plan = Plan(rng, size, tray.floor)
    browning = rng.normal(0, 0.03)
    laid = []
    for bread in chosen:
        plot = Plot(
            rng,
            reach=bread.reach,
            scale=scale * zoom * rng.uniform(0.93, 1.06),
            turn=rng.uniform(0, 2 * np.pi),
            browning=browning + rng.normal(0, 0.04),
        )
        crust = bread.draw(plot)
        touching, cut = rng.random() < (0.6 if hard else 0.15), rng.random() < (0.3 if hard else 0.0)
        place = plan.place(crust.cover, touching=touching, cut=cut)
        laid.append(settle(bread, crust, place, size))
    return laid


def room_for(chosen: Sequence[Bread]) -> float:
    """How much smaller breads must be drawn for all of them to find a place."""
    wanted = sum((1.25 * bread.reach) ** 2 for bread in chosen)
    return float(min(1.0, np.sqrt(FILLED * CM_ACROSS[0] * CM_ACROSS[1] / wanted)))


def settle(bread: Bread, crust: Crust, place: Place, size: tuple[int, int]) -> Laid:
    """Cut a patch to what falls into the picture."""
    box, part = [], []
    for middle, length, limit in zip((place.y, place.x), crust.cover.shape, size[::-1], strict=True):
        start = middle - length // 2
        low, high = max(0, start), min(limit, start + length)
        box.append(slice(low, max(low, high)))
        part.append(slice(low - start, max(low, high) - start))
    return Laid(bread, crust, (box[0], box[1]), (part[0], part[1]))


def compose(rng: Rng, tray: Ground, laid: list[Laid], light: Light, scale: float) -> Tray:
    """Shade tray and breads in one light, and take the picture."""
    height = tray.surface.height.copy()
    owner = np.zeros(height.shape, np.uint8)
    for number, item in enumerate(laid, 1):
        cover = item.crust.cover[item.part]
        height[item.box] += cover * (item.crust.height[item.part] + LIFT - height[item.box])
        owner[item.box][cover >= 0.5] = number
    lit, open_ = shadows(height, light, scale), openness(height, scale)
    picture = shade(tray.surface, light, scale, lit, open_, tray.tint)
    for item in laid:
        crust, box, part = item.crust, item.box, item.part
        surface = Surface(crust.height, crust.colour, crust.gloss, crust.polish)
        lit_here, open_here = (fit(field[box], part, crust.cover.shape) for field in (lit, open_))
        seen = shade(surface, light, scale, lit_here, open_here, tray.tint)[part]
        cover = crust.cover[part][..., None]
        picture[box] += cover * (seen - picture[box])
    # One that lies wholly under others is in no picture, so it has no box either.
    shown = ((item.bread, owner == number) for number, item in enumerate(laid, 1))
    boxes = tuple(seen_box(bread, pixels) for bread, pixels in shown if pixels.any())
    return Tray(photograph(rng, picture), boxes)


def fit(field: Field, part: tuple[slice, slice], shape: tuple[int, int]) -> Field:
    """Put what is known inside the picture into a patch that reaches beyond it."""
    patch = np.ones(shape, np.float32)
    patch[part] = field
    return patch


def seen_box(bread: Bread, seen: npt.NDArray[np.bool_]) -> TrayItem:
    """The box of a bread's visible pixels."""
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    left, top = int(columns[0]), int(rows[0])
    return TrayItem(bread, left, top, int(columns[-1]) - left + 1, int(rows[-1]) - top + 1)
