"""Labelled pictures as other tools leave them: small noise, each unlike the others."""

from __future__ import annotations

import io
from pathlib import Path
from random import Random

from PIL import Image

from detections.domain.places import Box
from detections.domain.reviews import Marked
from detections.domain.training import coco, yolo
from detections.domain.training.pictures import Labelled
from models_registry.models import Connection, Project
from tests.detections.conftest import ANPAN, MELON

HERE = Box(0.1, 0.2, 0.3, 0.4)
ROLLS = (Marked(ANPAN, HERE), Marked(MELON, Box(0.5, 0.5, 0.25, 0.25)))


def project_of(name: str = "breads") -> Project:
    connection, _ = Connection.objects.get_or_create(name="Main", region="ap-northeast-1")
    arn = f"arn:aws:rekognition:ap-northeast-1:123456789012:project/{name}/1"
    return Project.objects.create(connection=connection, arn=arn, name=name, status="CREATED")


def noise(seed: int, width: int = 64, height: int = 64, **options: object) -> bytes:
    """Return a JPEG that is near-identical to none of another seed."""
    image = Image.frombytes("L", (9, 8), Random(seed).randbytes(72)).resize(
        (width, height), Image.Resampling.NEAREST
    )
    out = io.BytesIO()
    image.save(out, "JPEG", quality=60, **options)
    return out.getvalue()


def write_coco(folder: Path, pictures: dict[str, bytes], sizes: tuple[int, int] = (64, 64)) -> Path:
    """Write pictures with two breads each beside a COCO document."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in pictures.items():
        (folder / name).write_bytes(content)
    document = folder / "annotations.json"
    document.write_text(coco.write([Labelled(name, *sizes, ROLLS) for name in pictures]))
    return document


def write_yolo(folder: Path, pictures: dict[str, bytes]) -> Path:
    """Write pictures in `images`, their boxes in `labels`, and the classes."""
    for name, content in pictures.items():
        (folder / "images").mkdir(parents=True, exist_ok=True)
        (folder / "labels").mkdir(exist_ok=True)
        (folder / "images" / name).write_bytes(content)
    for name, text in yolo.write([Labelled(name, 64, 64, ROLLS) for name in pictures]).items():
        place = folder if name == yolo.CLASSES else folder / "labels"
        (place / name).write_text(text)
    return folder
