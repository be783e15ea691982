"""Where items may be: connected parts of a painted picture, and their splits where items touch."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from scipy.ndimage import find_objects

from rekognition_local.vision.painter import RIM
from rekognition_local.vision.pixels import Array, depths
from rekognition_local.vision.shapes import Box

_LEVELS = (0.1, 0.25, 0.4, 0.55, 0.7, 0.85, 0.95)
_SPLIT_LEVELS = (0.3, 0.5, 0.8)
_CORES = (0.4, 0.6, 0.8)
_SMALLEST = 30  # coarse pixels, a thousandth of the picture
_ALIKE = 0.88  # masks that overlap more are the same proposal
_MOST = 80
_SHRINK = 4


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a coarse picture: the upper left corner and the mask (0 or 1) of its bounding box."""

    left: int
    top: int
    mask: Array

    @property
    def box(self) -> Box:
        height, width = self.mask.shape
        return Box("", self.left, self.top, width, height)

    @property
    def slices(self) -> tuple[slice, slice]:
        height, width = self.mask.shape
        return slice(self.top, self.top + height), slice(self.left, self.left + width)


def region_of(mask: Array) -> Region:
    """Cut the bounding box out of a mask of the whole picture."""
    left, top, width, height = cv2.boundingRect(mask)
    return Region(left, top, mask[top : top + height, left : left + width])


def stacked(regions: Sequence[Region], size: tuple[int, int], shrink: int) -> Array:
    """Masks (n, height, width) of regions on a picture of a size (height, width), `shrink` times smaller."""
    stack = np.zeros((len(regions), max(1, size[0] // shrink), max(1, size[1] // shrink)), np.float32)
    for small, region in zip(stack, regions, strict=True):
        whole = np.zeros(size, np.float32)
        whole[region.slices] = region.mask
        small[:] = cv2.resize(whole, small.shape[::-1], interpolation=cv2.INTER_AREA)
    return stack


def propose(painted: Array, lab: Array) -> list[Region]:
    """At most 80 regions, for a painted picture and its coarse colours."""
    item = cv2.GaussianBlur(1 - painted[..., 0], (0, 0), 1.0)
    regions: dict[tuple[int, ...], Region] = {}
    for region in _candidates(item, painted, lab):
        height, width = region.mask.shape
        regions.setdefault((region.left // 3, region.top // 3, width // 3, height // 3), region)
    if not regions:
        return []
    candidates = sorted(regions.values(), key=lambda region: -_contrast(region, item))
    common = overlaps(candidates, item.shape)
    areas = np.diag(common)
    alike = common / (areas[:, None] + areas - common + 1e-6) > _ALIKE
    kept: list[int] = []
    for index in range(len(candidates)):
        if len(kept) < _MOST and not alike[index, kept].any():
            kept.append(index)
    return [candidates[index] for index in kept]


def _candidates(item: Array, painted: Array, lab: Array) -> Iterator[Region]:
    for level in _LEVELS:
        yield from _parts((item > level).astype(np.uint8))
    inside = cv2.GaussianBlur(1 - painted[..., 0] - painted[..., RIM], (0, 0), 1.0)
    for level in _SPLIT_LEVELS:
        yield from _splits((item > level).astype(np.uint8), inside, lab)
    best = np.where(item > 0.5, painted[..., RIM + 1 :].argmax(axis=2) + 1, 0)
    for column in np.unique(best[best > 0]):
        alone = cv2.morphologyEx((best == column).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3)))
        yield from _parts(alone)


def _parts(mask: Array, left: int = 0, top: int = 0) -> Iterator[Region]:
    """Connected parts with their holes filled; the mask's own corner may lie inside the picture."""
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    for outline in outlines:
        if cv2.contourArea(outline) >= _SMALLEST:
            x, y, width, height = cv2.boundingRect(outline)
            filled = np.zeros((height, width), np.uint8)
            cv2.drawContours(filled, [outline], 0, 1, -1, offset=(-x, -y))
            yield Region(left + x, top + y, filled)


def _splits(mask: Array, inside: Array, lab: Array) -> Iterator[Region]:
    """Cut what has several cores, by depth or by its painted inside, along edges of the picture."""
    depth = depths(mask)
    relative = depth / np.maximum(_tops(mask, depth), 1e-6)
    cores = [relative > share for share in _CORES]
    cores += [(inside > level) & (mask > 0) for level in _LEVELS]
    for core in cores:
        count, markers = cv2.connectedComponents(core.astype(np.uint8))
        markers[mask == 0] = count
        cv2.watershed(lab, markers)
        for number, window in enumerate(find_objects(markers, max_label=count - 1), start=1):
            if window:
                yield from _grown(markers, number, window, mask)


def _grown(markers: Array, number: int, window: tuple[slice, slice], mask: Array) -> Iterator[Region]:
    """The part of a mask that the flood from one marker reached, and the ridge around it."""
    top, left = (max(0, side.start - 1) for side in window)
    around = np.s_[top : window[0].stop + 1, left : window[1].stop + 1]
    reached = cv2.dilate((markers[around] == number).astype(np.uint8), np.ones((3, 3)))
    yield from _parts(reached & mask[around], left, top)


def _tops(mask: Array, depth: Array) -> Array:
    """For every pixel, the greatest depth of the connected part that it belongs to."""
    count, parts = cv2.connectedComponents(mask)
    tops = np.zeros(count, np.float32)
    for number, window in enumerate(find_objects(parts), start=1):
        tops[number] = (depth[window] * (parts[window] == number)).max()
    spread: Array = tops[np.asarray(parts)]
    return spread


def _contrast(region: Region, item: Array) -> float:
    """How much more of an item there is inside a region than right around it."""
    padded = cv2.copyMakeBorder(region.mask, 2, 2, 2, 2, cv2.BORDER_CONSTANT, value=0)
    top, left = max(0, region.top - 2), max(0, region.left - 2)
    ring = (cv2.dilate(padded, np.ones((5, 5))) - padded)[top - region.top + 2 :, left - region.left + 2 :]
    window = item[top : top + ring.shape[0], left : left + ring.shape[1]]
    ring = ring[: window.shape[0], : window.shape[1]]
    around = float((window * ring).sum() / max(1, ring.sum()))
    return float(cv2.mean(item[region.slices], region.mask)[0]) - around


def overlaps(regions: Sequence[Region], size: tuple[int, int]) -> Array:
    """The area (shrunk) that every two regions have in common; on the diagonal, the area of each."""
    flat = stacked(regions, size, _SHRINK).reshape(len(regions), -1)
    common: Array = flat @ flat.T
    return common
