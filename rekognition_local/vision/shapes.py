"""What goes into the eyes and what comes out. Boxes are in pixels of the picture as it was given."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Box:
    """A labelled box: left and top from the upper left corner, real numbers, no "+1" anywhere."""

    label: str
    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Found:
    """A box that the model believes in as far as `score`, 0-1."""

    box: Box
    score: float


@dataclass(frozen=True, slots=True)
class BoxedPicture:
    """A training or test picture for object location: RGB pixels (height, width, 3) and every box on it."""

    pixels: Pixels
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class TaggedPicture:
    """A training or test picture for image-level labels."""

    pixels: Pixels
    labels: tuple[str, ...]
