"""Small pictures that a model can learn in seconds: three shapes on a speckled table, drawn by OpenCV."""

import io
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

MELON, ANPAN, YAKISOBA = "メロンパン", "あんぱん", "焼きそばパン"
LABELS = (MELON, ANPAN, YAKISOBA)
SIZE = (320, 240)


def tray(seed: int, labels: tuple[str, ...] = LABELS) -> tuple[np.ndarray, list[dict[str, Any]]]:
    """RGB pixels, and the label and pixel box of each item: one item per third of the picture."""
    chance = np.random.default_rng(seed)
    pixels = chance.normal(70, 4, (SIZE[1], SIZE[0], 3)).clip(0, 255).astype(np.uint8)
    boxes = []
    for place, label in enumerate(chance.permutation(np.array(labels))):
        x, y = 55 + 105 * place + int(chance.integers(-8, 8)), int(chance.integers(60, 180))
        mask = np.zeros(SIZE[::-1], np.uint8)
        _draw(pixels, mask, str(label), (x, y), int(chance.integers(26, 34)))
        rows, columns = np.nonzero(mask)
        left, top = int(columns.min()), int(rows.min())
        boxes.append(
            {
                "label": str(label),
                "left": left,
                "top": top,
                "width": int(columns.max()) + 1 - left,
                "height": int(rows.max()) + 1 - top,
            }
        )
    return pixels, boxes


def _draw(pixels: np.ndarray, mask: np.ndarray, label: str, centre: tuple[int, int], size: int) -> None:
    if label == MELON:
        for canvas, colour in ((pixels, (220, 200, 90)), (mask, 255)):
            cv2.circle(canvas, centre, size, colour, -1)
    elif label == ANPAN:
        cv2.circle(pixels, centre, size, (150, 80, 30), -1)
        cv2.circle(pixels, centre, size // 3, (20, 10, 10), -1)
        cv2.circle(mask, centre, size, 255, -1)
    else:
        for canvas, colour in ((pixels, (200, 150, 110)), (mask, 255)):
            cv2.ellipse(canvas, centre, (size + 10, size // 2), 30, 0, 360, colour, -1)
        cv2.ellipse(pixels, centre, (size, size // 4), 30, 0, 360, (190, 30, 30), -1)


def jpeg(pixels: np.ndarray) -> bytes:
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "JPEG", quality=92)
    return content.getvalue()


def boxed_line(source_ref: str, boxes: list[dict[str, Any]], size: tuple[int, int] = SIZE) -> dict[str, Any]:
    """A line of a manifest, as SageMaker Ground Truth writes it for object location."""
    labels = sorted({box["label"] for box in boxes})
    places = ("left", "top", "width", "height")
    return {
        "source-ref": source_ref,
        "bounding-box": {
            "image_size": [{"width": size[0], "height": size[1], "depth": 3}],
            "annotations": [
                {"class_id": labels.index(box["label"]), **{place: box[place] for place in places}}
                for box in boxes
            ],
        },
        "bounding-box-metadata": {
            "objects": [{"confidence": 1} for _ in boxes],
            "class-map": {str(number): label for number, label in enumerate(labels)},
            "type": "groundtruth/object-detection",
            "human-annotated": "yes",
            "creation-date": "2026-11-01T00:00:00",
            "job-name": "breads",
        },
    }


def tagged_line(source_ref: str, label: str) -> dict[str, Any]:
    """A line of a manifest for image-level labels."""
    return {
        "source-ref": source_ref,
        "kind": 1,
        "kind-metadata": {
            "confidence": 1,
            "class-name": label,
            "type": "groundtruth/image-classification",
            "human-annotated": "yes",
            "creation-date": "2026-11-01T00:00:00",
        },
    }


def write_manifest(path: Path, lines: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")


def fill_bucket(folder: Path, *, train: int = 12, test: int = 6) -> None:
    """Write trays/N.jpg, train.manifest and test.manifest into a bucket's folder, named after it."""
    folder.joinpath("trays").mkdir(parents=True, exist_ok=True)
    lines = []
    for seed in range(train + test):
        pixels, boxes = tray(seed)
        folder.joinpath(f"trays/{seed}.jpg").write_bytes(jpeg(pixels))
        lines.append(boxed_line(f"s3://{folder.name}/trays/{seed}.jpg", boxes))
    write_manifest(folder / "train.manifest", lines[:train])
    write_manifest(folder / "test.manifest", lines[train:])
