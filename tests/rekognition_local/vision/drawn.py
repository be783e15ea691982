"""Tiny pictures of coloured shapes on a grainy table, with their boxes."""

from collections.abc import Sequence

import cv2
import numpy as np

from rekognition_local.vision.shapes import Box, BoxedPicture, Pixels

MELON, CROISSANT, TOAST = "メロンパン", "クロワッサン", "食パン"
COLOURS = {MELON: (110, 190, 80), CROISSANT: (190, 95, 40), TOAST: (235, 225, 200)}
SIZE = (240, 320)


def draw(seed: int, labels: Sequence[str] | None = None) -> BoxedPicture:
    """One shape a label, in six fields; one to four labels at random if not given."""
    chance = np.random.default_rng(seed)
    if labels is None:
        labels = [str(label) for label in chance.choice(list(COLOURS), chance.integers(1, 5))]
    pixels = np.full((*SIZE, 3), (70, 80, 120), np.float32)
    boxes = []
    for field, label in zip(chance.permutation(6)[: len(labels)], labels, strict=True):
        middle = (
            field % 3 * 106 + 53 + chance.integers(-8, 9),
            field // 3 * 120 + 60 + chance.integers(-12, 13),
        )
        mask = shape(label, (int(middle[0]), int(middle[1])), chance)
        pixels[mask > 0] = np.array(COLOURS[label]) + chance.normal(0, 6, 3)
        boxes.append(Box(label, *cv2.boundingRect(mask)))
    pixels += chance.normal(0, 7, pixels.shape)
    return BoxedPicture(np.clip(cv2.GaussianBlur(pixels, (0, 0), 0.8), 0, 255).astype(np.uint8), tuple(boxes))


def shape(label: str, middle: tuple[int, int], chance: np.random.Generator) -> Pixels:
    """A disc, a long ellipse or a square, turned at random: 0 or 1."""
    mask, turn = np.zeros(SIZE, np.uint8), float(chance.uniform(0, 180))
    if label == MELON:
        cv2.circle(mask, middle, int(chance.integers(24, 34)), 1, -1)
    elif label == CROISSANT:
        cv2.ellipse(mask, middle, (int(chance.integers(34, 42)), 17), turn, 0, 360, 1, -1)
    else:
        corners = cv2.boxPoints((middle, (52, 52), turn)).astype(np.int32)
        cv2.fillConvexPoly(mask, corners, 1)
    return mask
