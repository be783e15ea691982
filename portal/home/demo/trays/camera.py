"""The camera above the register: vignetting, focus, exposure, sensor noise."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from portal.home.demo.trays.fields import Field, Rng, blur

SHOULDER = 0.8
"""From here on brightness is compressed, so that no highlight burns out."""


def photograph(rng: Rng, light: Field) -> npt.NDArray[np.uint8]:
    """Turn light (linear, about 0-1) into an 8-bit picture."""
    rows, columns = light.shape[:2]
    light = blur(light, float(rng.uniform(0.45, 1.0)) * columns / 1024)
    y, x = np.linspace(-1, 1, rows, dtype=np.float32)[:, None], np.linspace(-1, 1, columns, dtype=np.float32)
    light *= (1 - np.float32(rng.uniform(0.05, 0.22)) * (x * x + y * y) / 2)[..., None]
    screen = np.asarray(cv2.sqrt(np.maximum(light, 0)), np.float32)
    over = np.maximum(screen - np.float32(SHOULDER), 0)
    screen -= over
    screen += over / (1 + over / np.float32(1 - SHOULDER))
    screen *= 255
    screen += sensor(rng, (rows, columns), float(rng.uniform(0.6, 2.2)))
    return np.asarray(np.clip(screen, 0, 255), np.uint8)


def sensor(rng: Rng, shape: tuple[int, int], strength: float) -> Field:
    """Noise of light and, coarser, of colour."""
    luma = rng.standard_normal(shape, np.float32)
    coarse = rng.standard_normal((shape[0] // 2, shape[1] // 2, 3), np.float32)
    chroma = cv2.resize(coarse * np.float32(0.8 * strength), shape[::-1], interpolation=cv2.INTER_LINEAR)
    luma *= np.float32(strength)
    return np.asarray(cv2.add(chroma, cv2.merge([luma, luma, luma])), np.float32)
