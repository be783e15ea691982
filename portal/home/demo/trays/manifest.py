"""Write trays as JPEG pictures with a Ground Truth manifest for object detection, one JSON object a line.

Amazon Rekognition Custom Labels, "Object localization in manifest files":
https://docs.aws.amazon.com/rekognition/latest/customlabels-dg/md-create-manifest-file-object-detection.html
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from portal.base.errors import InvalidInput
from portal.home.demo.trays.breads import BREADS, Bread
from portal.home.demo.trays.scene import Tray, render_tray

MANIFEST = "train.manifest"
MOST = 100_000
SEEDS_APART = 1_000_000
"""Tray n of seed s is `render_tray(s * SEEDS_APART + n)`, however many are rendered."""
CREATED = "2026-01-01T00:00:00"
"""The manifest's creation date: the same trays give the same bytes on any day."""
PREFIX = re.compile(r"s3://[0-9A-Za-z._-]{3,63}(/.*)?")
PICTURE = re.compile(r"tray-\d{4,}\.jpg")


class CannotWriteTrays(InvalidInput):
    """The folder for the trays cannot take them."""

    code = "cannot_write_trays"


def write_trays(
    folder: Path,
    *,
    count: int,
    seed: int,
    breads: Sequence[Bread] = BREADS,
    hard: bool = False,
    size: tuple[int, int] = (1024, 768),
    bucket_uri: str | None = None,
    watch: Callable[[int], None] = lambda number: None,
) -> Path:
    """Write `count` trays and their manifest into a folder; return the manifest's path.

    `bucket_uri` says where the pictures will be uploaded (s3://bucket/prefix). `watch` hears each finished
    number. The manifest is written last, so a folder without one is unfinished and is simply written again.
    Raises InvalidInput.
    """
    prefix = bucket_uri or f"s3://trays/{folder.resolve().name}/"
    check_wishes(count, seed, prefix)
    make_folder(folder)
    lines = []
    for number in range(1, count + 1):
        tray_seed = seed * SEEDS_APART + number
        tray = render_tray(tray_seed, breads=breads, size=size, hard=hard)
        name = f"tray-{number:04d}.jpg"
        write_whole(folder / name, jpeg(tray, tray_seed))
        lines.append(json.dumps(entry(f"{prefix.rstrip('/')}/{name}", tray, breads), ensure_ascii=False))
        watch(number)
    write_whole(folder / MANIFEST, ("\n".join(lines) + "\n").encode())
    return folder / MANIFEST


def check_wishes(count: int, seed: int, prefix: str) -> None:
    if not 1 <= count <= MOST:
        raise InvalidInput(f"Ask for 1 to {MOST} trays, not {count}.")
    if seed < 0:
        raise InvalidInput(f"A seed is 0 or more, not {seed}.")
    if not PREFIX.fullmatch(prefix):
        raise InvalidInput(f"“{prefix}” is no place for pictures. Write it like s3://bucket/prefix.")


def make_folder(folder: Path) -> None:
    """Create the folder, or take over one that holds nothing but an unfinished run's pictures."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        names = {path.name for path in folder.iterdir()}
    except OSError as error:
        raise CannotWriteTrays(f"Cannot write to {folder}: {error.strerror}.") from error
    if not os.access(folder, os.W_OK):
        raise CannotWriteTrays(f"Cannot write to {folder}: Permission denied.")
    if MANIFEST in names:
        raise CannotWriteTrays(f"{folder} holds other trays already. Name a new folder, or empty it.")
    if any(not PICTURE.fullmatch(name.removesuffix(".part")) for name in names - {f"{MANIFEST}.part"}):
        raise CannotWriteTrays(f"{folder} holds other files. Name a new folder, or empty it.")
    for name in names:
        (folder / name).unlink()


def jpeg(tray: Tray, seed: int) -> bytes:
    """Compress as the register's camera does, at a quality of its own for each tray."""
    quality = int(np.random.default_rng([seed, 1]).integers(78, 95))
    done, data = cv2.imencode(".jpg", tray.pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise CannotWriteTrays("OpenCV could not compress a picture.")
    return data.tobytes()


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that is never seen half-written."""
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        raise CannotWriteTrays(f"Cannot write {path}: {error.strerror}.") from error


def entry(source: str, tray: Tray, breads: Sequence[Bread]) -> dict[str, Any]:
    """One line of the manifest. Class ids count the breads of the whole set, in their order."""
    labels = list(dict.fromkeys(bread.ja for bread in breads))
    rows, columns, depth = tray.pixels.shape
    return {
        "source-ref": source,
        "bounding-box": {
            "image_size": [{"width": columns, "height": rows, "depth": depth}],
            "annotations": [
                {
                    "class_id": labels.index(item.bread.ja),
                    "left": item.left,
                    "top": item.top,
                    "width": item.width,
                    "height": item.height,
                }
                for item in tray.items
            ],
        },
        "bounding-box-metadata": {
            "objects": [{"confidence": 1} for _ in tray.items],
            "class-map": {str(number): label for number, label in enumerate(labels)},
            "type": "groundtruth/object-detection",
            "human-annotated": "yes",
            "creation-date": CREATED,
            "job-name": "make-trays",
        },
    }
