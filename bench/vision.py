"""The eyes of Rekognition Local: trained on drawn trays and real photos, judged on unseen ones.

    python bench/vision.py [--photos DIR]   a folder of folders, each with images/ and annotations.coco.json

COCO matching at IoU 0.5; thresholds come from the training side. Photos are judged in three folds, or each by
a model of all the others where there are fewer than ten.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import _ground  # noqa: F401  puts the repository on the path
import numpy as np
from PIL import Image, ImageOps

from portal.home.demo.trays import render_tray
from rekognition_local.vision.detector import Detector, train_detector
from rekognition_local.vision.evaluation import evaluate_boxes
from rekognition_local.vision.model_file import load, save
from rekognition_local.vision.shapes import Box, BoxedPicture, Found

Judged = list[tuple[tuple[Box, ...], list[Found]]]
LEARN_SEED, TEST_SEED = 1_000, 2_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--photos", type=Path)
    photos: Path | None = parser.parse_args().photos
    normal = _trays(LEARN_SEED, 30), _trays(TEST_SEED, 40)
    model = _tray_figures("30 trays, 40 unseen", *normal)
    _tray_figures("15 trays, 40 unseen", normal[0][:15], normal[1])
    _tray_figures(
        "hard: 30 trays, 40 unseen", _trays(LEARN_SEED, 30, hard=True), _trays(TEST_SEED, 40, hard=True)
    )
    _file_figures(model)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB, pictures included")
    for folder in sorted(photos.glob("*/annotations.coco.json")) if photos else []:
        _photo_figures(folder)


def _trays(seed: int, count: int, *, hard: bool = False) -> list[BoxedPicture]:
    trays = [render_tray(seed + number, hard=hard) for number in range(count)]
    return [
        BoxedPicture(
            tray.pixels,
            tuple(Box(item.bread.ja, item.left, item.top, item.width, item.height) for item in tray.items),
        )
        for tray in trays
    ]


def _tray_figures(title: str, learn: Sequence[BoxedPicture], test: Sequence[BoxedPicture]) -> Detector:
    began = time.perf_counter()
    model = train_detector(learn, seed=0)
    seconds, judged, times = time.perf_counter() - began, [], []
    for picture in test:
        began = time.perf_counter()
        judged.append((picture.boxes, model.detect(picture.pixels)))
        times.append(time.perf_counter() - began)
    _say(title, judged, model.thresholds)
    print(f"  training {seconds:.0f} s, a detection {statistics.median(times) * 1000:.0f} ms (p50)")
    return model


def _say(title: str, judged: Judged, thresholds: dict[str, float]) -> None:
    figures = evaluate_boxes(judged, thresholds=thresholds)
    print(f"{title}: AP50 {figures.mean_average_precision:.3f}, micro F1 {figures.micro_f1:.3f}", flush=True)


def _file_figures(model: Detector) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "eyes.model"
        save(model, path)
        began = time.perf_counter()
        load(path)
        print(f"model file {path.stat().st_size / 1e6:.1f} MB, loaded in {time.perf_counter() - began:.2f} s")


def _photo_figures(annotations: Path) -> None:
    """Every fold's thresholds are its own, so scores are judged fold by fold and counted together."""
    photos = _photos(annotations)
    folds = 3 if len(photos) >= 10 else len(photos)
    judged: Judged = []
    kept: Judged = []
    for fold in range(folds):
        model = train_detector([one for place, one in enumerate(photos) if place % folds != fold], seed=0)
        for picture in photos[fold::folds]:
            found = model.detect(picture.pixels)
            judged.append((picture.boxes, found))
            sure = [one for one in found if one.score >= model.thresholds[one.box.label]]
            kept.append((picture.boxes, sure))
    everything = {box.label: 0.0 for boxes, _ in judged for box in boxes}
    figures = evaluate_boxes(judged)
    micro = evaluate_boxes(kept, thresholds=everything).micro_f1 or 0.0
    name = f"{annotations.parent.name}, {len(photos)} photos in {folds} folds"
    print(f"{name}: AP50 {figures.mean_average_precision:.3f}, micro F1 {micro:.3f}", flush=True)


def _photos(annotations: Path) -> list[BoxedPicture]:
    coco = json.loads(annotations.read_text(encoding="utf-8"))
    names = {each["id"]: each["name"] for each in coco["categories"]}
    pictures = []
    for image in coco["images"]:
        own = [each for each in coco["annotations"] if each["image_id"] == image["id"]]
        boxes = tuple(Box(names[each["category_id"]], *map(float, each["bbox"])) for each in own)
        path = annotations.parent / "images" / Path(image["file_name"]).name
        if boxes and path.exists():
            with Image.open(path) as photo:
                pixels = np.asarray(ImageOps.exif_transpose(photo).convert("RGB"))
            pictures.append(BoxedPicture(pixels, boxes))
    return pictures


if __name__ == "__main__":
    main()
