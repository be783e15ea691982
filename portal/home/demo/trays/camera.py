"""The camera above the register: vignetting, focus, exposure, sensor noise."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from portal.home.demo.trays.fields import Field, Rng, blur, noise

TILE = 256


def photograph(rng: Rng, light: Field) -> npt.NDArray[np.uint8]:
    """Turn light (linear, about 0-1) into an 8-bit picture."""
    rows, columns = light.shape[:2]
    light = blur(light, float(rng.uniform(0.45, 1.0)) * columns / 1024)
    y, x = np.linspace(-1, 1, rows, dtype=np.float32)[:, None], np.linspace(-1, 1, columns, dtype=np.float32)
    light *= (1 - np.float32(rng.uniform(0.05, 0.22)) * (x * x + y * y) / 2)[..., None]
    screen = cv2.sqrt(np.clip(light, 0, None))
    screen = np.minimum(screen, 0.8 + 0.2 * np.tanh((screen - np.float32(0.8)) * 5))
    grain = sensor(rng, (rows, columns), float(rng.uniform(0.6, 2.2)))
    return np.asarray(np.clip(screen * 255 + grain + 0.5, 0, 255), np.uint8)


def sensor(rng: Rng, shape: tuple[int, int], strength: float) -> Field:
    """Noise of light and, coarser, of colour."""
    luma = rng.standard_normal(shape, np.float32)[..., None]
    half = rng.standard_normal((shape[0] // 2, shape[1] // 2, 3), np.float32)
    chroma = cv2.resize(half, shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray((luma + 0.8 * chroma) * np.float32(strength), np.float32)


__all__ = ["noise", "photograph"]
