"""A picture as the eyes see it: reduced, in Lab, with a stack of numbers for every coarse pixel."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from threadpoolctl import ThreadpoolController

from rekognition_local.vision.shapes import Box, Pixels

Array = npt.NDArray[Any]  # numbers of whatever kind OpenCV, NumPy and scikit-learn hand each other

THREADS = ThreadpoolController()  # sums of products must not depend on how many threads share them
FINE = 512
_SIGMAS = (1.0, 2.0, 4.0, 8.0, 16.0)
_SEED = 12345


@dataclass(frozen=True, slots=True)
class Canvas:
    """A picture in 8-bit Lab with a long side of `FINE`, and the size that it had."""

    lab: Array
    width: int
    height: int

    @property
    def coarse(self) -> Array:
        """The same at half size, as real numbers 0-1."""
        height, width = self.lab.shape[:2]
        half = cv2.resize(self.lab, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        return half.astype(np.float32) / np.float32(255)

    def reduced(self, box: Box) -> Box:
        """A box of the picture, clipped to it, in coarse pixels."""
        return _scaled(box, (self.width, self.height), (self.lab.shape[1] // 2, self.lab.shape[0] // 2))

    def enlarged(self, box: Box) -> Box:
        """A box in coarse pixels as a box of the picture."""
        return _scaled(box, (self.lab.shape[1] // 2, self.lab.shape[0] // 2), (self.width, self.height))


def _scaled(box: Box, old: tuple[int, int], new: tuple[int, int]) -> Box:
    x, y = new[0] / old[0], new[1] / old[1]
    left, right = (min(max(edge * x, 0.0), new[0]) for edge in (box.left, box.left + box.width))
    top, bottom = (min(max(edge * y, 0.0), new[1]) for edge in (box.top, box.top + box.height))
    return Box(box.label, left, top, right - left, bottom - top)


def canvas_of(pixels: Pixels) -> Canvas:
    """Reduce or enlarge an RGB picture to the working size."""
    height, width = pixels.shape[:2]
    scale = FINE / max(height, width)
    size = (max(16, round(width * scale)), max(16, round(height * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(np.ascontiguousarray(pixels), size, interpolation=how)
    return Canvas(cv2.cvtColor(small, cv2.COLOR_RGB2LAB), width, height)


def pixel_features(coarse: Array) -> Array:
    """Colours at five scales, their differences, edges, grain and distance to the background: (h, w, n)."""
    blurred = [coarse, *(_blur(coarse, sigma) for sigma in _SIGMAS)]
    steps = [near - far for near, far in pairwise(blurred)]
    squares = coarse * coarse
    grain = [np.sqrt(np.maximum(_blur(squares, s) - _blur(coarse, s) ** 2, 0)) * 4 for s in (1.5, 4.0)]
    layers = [*blurred, *steps, *grain, _edges(blurred[1]), _background_distances(blurred[1])]
    return np.concatenate(layers, axis=2, dtype=np.float32)


def _blur(layers: Array, sigma: float) -> Array:
    """Gaussian blur; wide ones are done on a smaller picture, which costs a tenth and looks the same."""
    if sigma < 6:
        return cv2.GaussianBlur(layers, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    height, width = layers.shape[:2]
    small = cv2.resize(layers, (max(1, width // 4), max(1, height // 4)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / 4, borderType=cv2.BORDER_REFLECT)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


def _edges(smooth: Array) -> Array:
    """Square roots of both eigenvalues of the colour structure tensor at two scales."""
    dx, dy = (cv2.Sobel(smooth, cv2.CV_32F, *order) for order in ((1, 0), (0, 1)))
    pairs = ((dx, dx), (dy, dy), (dx, dy))
    tensor = np.dstack([np.einsum("hwc,hwc->hw", one, other) for one, other in pairs])
    found = []
    for sigma in (1.5, 4.0):
        xx, yy, xy = np.moveaxis(_blur(tensor, sigma), 2, 0)
        middle, spread = (xx + yy) / 2, np.sqrt(((xx - yy) / 2) ** 2 + xy * xy)
        found += [np.sqrt(middle + spread), np.sqrt(np.maximum(middle - spread, 0))]
    return np.dstack(found)


def _background_distances(smooth: Array) -> Array:
    """Distance to the nearest colour of the frame, and to the three most common colours."""
    height, width = smooth.shape[:2]
    rim = max(2, min(height, width) // 16)
    frame = np.ones((height, width), bool)
    frame[rim:-rim, rim:-rim] = False
    colours = [_clusters(smooth[frame], 3), *np.split(_clusters(smooth[::3, ::3].reshape(-1, 3), 5)[:3], 3)]
    flat = smooth.reshape(-1, 3)
    lengths = np.einsum("nc,nc->n", flat, flat)
    distances = []
    for group in colours:
        squares = [lengths - flat @ (2 * colour) + colour @ colour for colour in group]
        distances.append(np.sqrt(np.maximum(np.minimum.reduce(squares), 0)).reshape(height, width))
    return np.dstack(distances) * 3


def _clusters(colours: Array, count: int) -> Array:
    """Centres of `count` colour clusters, the biggest first."""
    samples = np.ascontiguousarray(colours[:: max(1, len(colours) // 2000)], np.float32)
    cv2.setRNGSeed(_SEED)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, 12, 1e-3)
    _, names, centres = cv2.kmeans(samples, count, np.empty(0, np.int32), stop, 1, cv2.KMEANS_PP_CENTERS)
    sizes = np.bincount(names.ravel(), minlength=count)
    return centres[np.argsort(-sizes, kind="stable")]


def depths(mask: Array) -> Array:
    """Distance of every pixel of a mask to its rim; the sides of the picture are rim too."""
    padded = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    return cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1]


def item_mask(lab: Array, box: Box) -> Array:
    """Tell the item from its background inside a box of a coarse picture with GrabCut: 0 or 1.

    What lies outside the box is background for certain. An ellipse stands in where the cut makes no sense.
    """
    height, width = lab.shape[:2]
    left, top = min(int(box.left), width - 2), min(int(box.top), height - 2)
    right, bottom = max(left + 2, round(box.left + box.width)), max(top + 2, round(box.top + box.height))
    pad = max(4, (right - left + bottom - top) // 8)
    around = np.s_[max(0, top - pad) : bottom + pad, max(0, left - pad) : right + pad]
    whole, inside = np.zeros((height, width), np.uint8), np.zeros((height, width), np.uint8)
    inside[top:bottom, left:right] = cv2.GC_PR_FGD
    middle = ((left + right - 1) / 2, (top + bottom - 1) / 2)
    cv2.ellipse(whole, (middle, (right - left, bottom - top), 0.0), 1, -1)
    mask = inside[around].copy()
    if (mask == cv2.GC_BGD).sum() > 30 and (mask != cv2.GC_BGD).sum() > 30:
        cv2.setRNGSeed(_SEED)
        window = np.ascontiguousarray(lab[around])
        cv2.grabCut(
            window, mask, (0, 0, 0, 0), np.zeros((1, 65)), np.zeros((1, 65)), 3, cv2.GC_INIT_WITH_MASK
        )
        cut = (mask == cv2.GC_PR_FGD).astype(np.uint8)
        _, _, wide, high = cv2.boundingRect(cut)
        area = (right - left) * (bottom - top)
        if cut.sum() > 0.25 * area and wide * high > 0.7 * area:
            whole[around] = cut
    return whole
