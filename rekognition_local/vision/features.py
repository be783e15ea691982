"""What tells one item from another: numbers about every proposed region of a painted picture."""

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np

from rekognition_local.vision.pixels import Array, Canvas, depths
from rekognition_local.vision.proposals import Region, stacked

PATCH = 64
_ZONES = (0.0, 0.15, 0.4, 0.7, 1.01)  # by depth from the rim, 1 at the deepest point
_TURNS = 8
_CELLS = 4


def region_features(regions: Sequence[Region], canvas: Canvas, pixels: Array, painted: Array) -> Array:
    """One row per region: shape, inside against surroundings, colours, grain, outlines of the turned item."""
    if not regions:
        return np.zeros((0, 0), np.float32)
    patches = [_turned(region, canvas.lab) for region in regions]
    lab = np.stack([lab for lab, _ in patches]).astype(np.float32) / 255
    mask = np.stack([mask for _, mask in patches]).astype(np.float32)
    size = pixels.shape[:2]
    columns = [
        np.array([_shape(region, size) for region in regions]),
        _surroundings(regions, pixels, painted),
    ]
    columns += [_colours(lab, mask), _thumbnails(lab, mask)]
    columns += [_outlines(lab[..., 0], mask), _grain(lab[..., 0], mask)]
    rows: Array = np.hstack(columns).astype(np.float32)
    return rows


def _turned(region: Region, lab: Array) -> tuple[Array, Array]:
    """Turn an item so that its main axis lies flat and its brighter end left, as big as the patch allows."""
    moments = cv2.moments(region.mask, binaryImage=True)
    x, y = moments["m10"] / moments["m00"], moments["m01"] / moments["m00"]
    angle = 0.5 * np.arctan2(2 * moments["mu11"], moments["mu20"] - moments["mu02"])
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    rows, columns = np.nonzero(region.mask)
    reach = np.abs(turn @ np.stack([columns - x, rows - y])).max()
    matrix = np.empty((2, 3))
    matrix[:, :2] = turn * (PATCH / 2 - 2) / max(reach, 1.0)
    matrix[:, 2] = PATCH / 2 - matrix[:, :2] @ (x, y)
    inside = cv2.warpAffine(region.mask * 255, matrix, (PATCH, PATCH)) > 127
    matrix[:, :2] /= 2
    matrix[:, 2] = PATCH / 2 - matrix[:, :2] @ (2 * (x + region.left), 2 * (y + region.top))
    patch = cv2.warpAffine(lab, matrix, (PATCH, PATCH), borderMode=cv2.BORDER_REPLICATE)
    bright = (patch[..., 0] * inside).sum(axis=0, dtype=np.int64)
    if bright[: PATCH // 2].sum() < bright[PATCH // 2 :].sum():
        return patch[::-1, ::-1], inside[::-1, ::-1]
    return patch, inside


def _shape(region: Region, size: tuple[int, int]) -> list[float]:
    """Size, proportions, roundness, moments and the sides of the picture that are touched."""
    mask, (high, wide), (height, width) = region.mask, region.mask.shape, size
    outline = max(cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0], key=len)
    area, (short, long) = float(mask.sum()), sorted(cv2.minAreaRect(outline)[1])
    hull = cv2.contourArea(cv2.convexHull(outline)) + 1
    around = cv2.arcLength(outline, True) + 1
    moments = np.log(np.abs(cv2.HuMoments(cv2.moments(mask, binaryImage=True)).ravel()) + 1e-9)
    depth, root = float(depths(mask).max()), area**0.5
    row = [root / (width * height) ** 0.5, wide / width, high / height, np.log(wide / high)]
    row += [area / hull, area / (wide * high), area / (short * long + 1), short / (long + 1)]
    row += [4 * np.pi * area / around**2, depth / root, depth / max(size), *moments[:4]]
    return [
        *row,
        region.left <= 1,
        region.top <= 1,
        region.left + wide >= width - 1,
        region.top + high >= height - 1,
    ]


def _surroundings(regions: Sequence[Region], pixels: Array, painted: Array) -> Array:
    """Pixel features and probabilities inside, in the rim and in the ring around a region, at half size."""
    inside = stacked(regions, pixels.shape[:2], 2)
    height, width = inside.shape[1:]
    flat = np.concatenate([pixels, painted, painted[..., :1] < 0.5], axis=2, dtype=np.float32)
    values = flat[: 2 * height : 2, : 2 * width : 2].reshape(height * width, -1)
    small = np.ones((3, 3))
    rim = inside - np.stack([cv2.erode(mask, small) for mask in inside])
    ring = np.stack([cv2.dilate(mask, small, iterations=2) for mask in inside]) - inside
    means = [_means(weight.reshape(len(regions), -1), values) for weight in (inside, rim, ring)]
    spread = _means(inside.reshape(len(regions), -1), values**2) - means[0] ** 2
    known = pixels.shape[2] + 2
    spread = np.sqrt(np.maximum(spread[:, :known], 0))
    edges = [rim[:, known - 2 : known] for rim in means[1:]]
    firm = [mean[:, -1:] for mean in means]
    return np.hstack([means[0], means[0] - means[2], (means[1] - means[2])[:, :known], spread, *edges, *firm])


def _means(weights: Array, layers: Array) -> Array:
    means: Array = weights @ layers / np.maximum(weights.sum(axis=1, keepdims=True), 1)
    return means


def _colours(lab: Array, mask: Array) -> Array:
    """Mean and deviation of the colour in zones by depth, and histograms of each channel."""
    depth = np.stack([depths(one) for one in mask])
    depth /= np.maximum(depth.max(axis=(1, 2), keepdims=True), 1)
    flat = lab.reshape(len(lab), -1, 3)
    columns = []
    for low, high in pairwise(_ZONES):
        zone = ((depth > low) & (depth <= high)).reshape(len(lab), 1, -1).astype(np.float32)
        weight = np.maximum(zone.sum(axis=2), 1)
        mean, square = (zone @ flat)[:, 0] / weight, (zone @ flat**2)[:, 0] / weight
        columns += [mean, np.sqrt(np.maximum(square - mean**2, 0))]
    inside = mask > 0
    columns += [_histograms(np.clip(lab[..., 0] * 12, 0, 11), inside, 12)]
    columns += [_histograms(np.clip((lab[..., c] - 0.4) * 32, 0, 11), inside, 12) for c in (1, 2)]
    return np.hstack(columns)


def _histograms(bins: Array, inside: Array, count: int) -> Array:
    """Square roots of the shares of each bin, one row per region."""
    which = np.broadcast_to(np.arange(len(bins))[:, None, None], bins.shape)[inside]
    counts = np.bincount(which * count + bins[inside].astype(np.int64), minlength=len(bins) * count)
    counts = counts.reshape(len(bins), count)
    shares: Array = np.sqrt(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))
    return shares


def _thumbnails(lab: Array, mask: Array) -> Array:
    """The turned item as 6 x 6 colours, its own mean where it is not, and where it is."""
    inside = mask[..., None]
    mean = (lab * inside).sum(axis=(1, 2), keepdims=True) / np.maximum(
        inside.sum(axis=(1, 2), keepdims=True), 1
    )
    filled = np.concatenate([lab * inside + mean * (1 - inside), inside], axis=3)
    tiny = [cv2.resize(one, (6, 6), interpolation=cv2.INTER_AREA).ravel() for one in filled]
    return np.stack(tiny)


def _outlines(light: Array, mask: Array) -> Array:
    """Histogram of directions in 4 x 4 cells of the turned item."""
    soft = light * (0.3 + 0.7 * mask)
    dy, dx = np.gradient(soft, axis=(1, 2))
    force, angle = cv2.cartToPolar(dx.reshape(-1, PATCH), dy.reshape(-1, PATCH))
    turn = (np.asarray(angle).reshape(soft.shape) * (_TURNS / np.pi)).astype(np.int64) % _TURNS
    side = PATCH // _CELLS
    cell = np.arange(PATCH) // side
    place = cell[:, None] * _CELLS + cell
    bins = (np.arange(len(light))[:, None, None] * _CELLS**2 + place) * _TURNS + turn
    total = np.bincount(bins.ravel(), np.ravel(force), minlength=len(light) * _CELLS**2 * _TURNS)
    total = total.reshape(len(light), -1)
    shares: Array = np.sqrt(total / (total.sum(axis=1, keepdims=True) + 1e-6))
    return shares


def _grain(light: Array, mask: Array) -> Array:
    """Rotation-invariant local binary patterns at two distances, the strength of detail at four scales."""
    columns = []
    for step in (1, 3):
        core = light[:, step:-step, step:-step]
        signs = []
        for dy, dx in ((-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1)):
            moved = np.roll(light, (-dy * step, -dx * step), (1, 2))[:, step:-step, step:-step]
            signs.append(moved > core)
        ring = np.stack(signs)
        changes = (ring != np.roll(ring, 1, 0)).sum(axis=0)
        pattern = np.where(changes <= 2, ring.sum(axis=0), 9)
        columns.append(_histograms(pattern, mask[:, step:-step, step:-step] > 0, 10))
    tall = light.reshape(-1, PATCH)
    flat, weight = mask.reshape(len(mask), -1), np.maximum(mask.sum(axis=(1, 2)), 1)
    for sigma in (0.7, 1.4, 2.8, 5.6):
        detail = np.abs(tall - cv2.GaussianBlur(tall, (0, 0), sigma)).reshape(len(mask), -1)
        columns.append(((detail * flat).sum(axis=1) / weight)[:, None] * 8)
    return np.hstack(columns)
