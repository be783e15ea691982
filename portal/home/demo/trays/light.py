"""Light on heights: one lamp with soft shadows, a bright ceiling, and what the tray throws back."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from portal.home.demo.trays.fields import Field, Rng, blur

STEPS = 18
WRAP = np.float32(0.15)
"""Dough lets light through: it is lit a little beyond the edge of its shade."""


@dataclass(frozen=True)
class Light:
    """The lamp's direction (unit vector towards it), colour and strength, and the ceiling's."""

    x: float
    y: float
    z: float
    lamp: Field
    sky: Field
    softness: float

    @classmethod
    def over(cls, rng: Rng) -> Light:
        """Hang a lamp somewhere above, warm to neutral."""
        azimuth, height = rng.uniform(0, 2 * np.pi), np.radians(rng.uniform(33, 56))
        warmth = rng.uniform(-0.04, 0.14)
        colour = np.asarray([1 + warmth, 1.0, 1 - 1.3 * warmth], np.float32)
        ceiling = np.asarray([1 + warmth * 0.4, 1.0, 1 - warmth * 0.5], np.float32)
        share = rng.uniform(0.3, 0.46)
        power = np.float32(rng.uniform(0.95, 1.12))
        return cls(
            x=float(np.cos(azimuth) * np.cos(height)),
            y=float(np.sin(azimuth) * np.cos(height)),
            z=float(np.sin(height)),
            lamp=colour * power * np.float32(1 - share) / np.float32(np.sin(height)),
            sky=ceiling * power * np.float32(share),
            softness=float(rng.uniform(0.2, 0.6)),
        )


def shadows(height: Field, light: Light, scale: float) -> Field:
    """Share of the lamp each pixel sees (0-1) past the heights (cm) around it; computed at half size."""
    rows, columns = height.shape
    half = cv2.resize(height, (columns // 2, rows // 2), interpolation=cv2.INTER_AREA)
    unit = np.hypot(light.x, light.y)
    step_x, step_y, rise = light.x / unit, light.y / unit, light.z / unit
    hidden = np.zeros_like(half)
    farthest = 4.2 / rise
    for step in np.linspace(0.05, 1, STEPS) ** 1.3 * farthest:
        shift = step * scale / 2
        move = np.asarray([[1, 0, -step_x * shift], [0, 1, -step_y * shift]], np.float32)
        seen = cv2.warpAffine(half, move, (half.shape[1], half.shape[0]), borderMode=cv2.BORDER_REPLICATE)
        above = (seen - half - np.float32(step * rise + 0.06)) * np.float32(
            1 / (light.softness * step + 0.15)
        )
        np.maximum(hidden, above, out=hidden)
    lit = blur(1 - np.clip(hidden, 0, 1), 0.05 * scale + 0.5)
    return np.asarray(cv2.resize(lit, (columns, rows), interpolation=cv2.INTER_LINEAR), np.float32)


def openness(height: Field, scale: float) -> Field:
    """Share of the ceiling each pixel sees: less beside something high."""
    small = cv2.resize(height, (height.shape[1] // 4, height.shape[0] // 4), interpolation=cv2.INTER_AREA)
    near, wide = blur(small, 0.35 * scale / 4), blur(small, 1.3 * scale / 4)
    closed = 0.3 * np.clip(near - small, 0, 2) + 0.34 * np.clip(wide - small, 0, 2)
    return np.asarray(
        cv2.resize(1 - np.clip(closed, 0, 0.75), height.shape[::-1], interpolation=cv2.INTER_LINEAR)
    )


@dataclass(frozen=True)
class Surface:
    """What light falls on: height (cm), colour, gloss (a number or a field) and polish of the gloss."""

    height: Field
    colour: Field
    gloss: Field | float
    polish: float


def shade(surface: Surface, light: Light, scale: float, lit: Field, open_: Field, ground: Field) -> Field:
    """Turn a surface into light. `ground` is the colour that shines back from beneath on steep flanks."""
    slope_x = cv2.Scharr(surface.height, cv2.CV_32F, 1, 0, scale=scale / 32)
    slope_y = cv2.Scharr(surface.height, cv2.CV_32F, 0, 1, scale=scale / 32)
    up = 1 / np.sqrt(slope_x * slope_x + slope_y * slope_y + 1)
    toward = (np.float32(light.z) - slope_x * np.float32(light.x) - slope_y * np.float32(light.y)) * up
    lamp = np.clip((toward + WRAP) / (1 + WRAP), 0, None) * lit
    sky = (0.45 + 0.55 * up) * open_
    back = (1 - up) * open_ * np.float32(0.35)
    glint = shine(surface, light, slope_x, slope_y, up) * lit
    rim = (1 - up) * (1 - up) * (1 - up) * open_ * np.float32(0.12)
    gleam = surface.gloss * (glint + np.float32(0.05) + rim) * np.float32(0.6)
    total = [lamp * light.lamp[band] + sky * light.sky[band] + back * ground[band] for band in range(3)]
    gleams = [gleam * (light.lamp[band] + light.sky[band]) for band in range(3)]
    return np.asarray(cv2.merge(total) * surface.colour + cv2.merge(gleams), np.float32)


def shine(surface: Surface, light: Light, slope_x: Field, slope_y: Field, up: Field) -> Field:
    """The lamp's reflection, seen from straight above."""
    length = np.sqrt(light.x**2 + light.y**2 + (light.z + 1) ** 2)
    x, y, z = (np.float32(part / length) for part in (light.x, light.y, light.z + 1))
    facing = np.clip((z - slope_x * x - slope_y * y) * up, 0, 1)
    return np.asarray(cv2.pow(facing, surface.polish), np.float32)
