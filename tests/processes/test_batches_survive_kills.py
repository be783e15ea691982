"""kill -9 of worker and PostgreSQL while a batch is unpacked and analysed: each picture once, none lost."""

from __future__ import annotations

import json
import time

import pytest

from tests.embedded.machine import MachineWithAws
from tests.processes.test_photos_survive_kills import OPEN, bakery

__all__ = ["bakery"]
pytestmark = [pytest.mark.drill, pytest.mark.processes, pytest.mark.timeout(500)]
COUNT = 150
HAND_IN = """
import io, zipfile
from django.utils import timezone
from PIL import Image
from detections.services.batches import BatchOrder, hand_in
from detections.wiring import PICTURES
from models_registry.models import Deployment
from stores.models import Store

out = io.BytesIO()
with zipfile.ZipFile(out, "w") as archive:
    for number in range(150):
        picture = io.BytesIO()
        Image.new("RGB", (96, 96), (number % 256, number // 256, 77)).save(picture, "PNG")
        archive.writestr(f"{number}.png", picture.getvalue())
PICTURES.save("batches/kills.zip", out.getvalue())
order = BatchOrder(Deployment.objects.get(), Store.objects.get(), "kills", "batches/kills.zip", 150, False)
hand_in(order=order, author=None, at=timezone.now())
"""
TELL = """
import json
from django.db.models import Count
from detections.models import Batch, Detection
rows = Detection.objects.annotate(boxes=Count("labels")).values_list("file_name", "outcome", "boxes")
print(json.dumps([Batch.objects.get().state, Batch.objects.get().read_upto, list(rows)]))
"""


def told(bakery: MachineWithAws) -> tuple[str, int, list[tuple[str, str, int]]]:
    """How the batch stands: state, files read, and (file, outcome, boxes) of each photo."""
    state, read, rows = json.loads(bakery.shell(TELL).strip().splitlines()[-1])
    return state, read, [(name, outcome, boxes) for name, outcome, boxes in rows]


def analysed(rows: list[tuple[str, str, int]]) -> int:
    return sum(outcome == "ANSWERED" for _, outcome, _ in rows)


def test_batch_loses_and_doubles_nothing(bakery: MachineWithAws) -> None:
    bakery.start()
    bakery.shell(OPEN)
    bakery.shell(HAND_IN)
    bakery.wait(lambda: told(bakery)[1] > 0)
    bakery.kill("celery", "worker")
    bakery.wait(lambda: analysed(told(bakery)[2]) > 0)
    bakery.kill("celery", "worker")
    bakery.wait(lambda: bakery.running("celery", "worker"))
    bakery.kill("bin/postgres", "-D")
    time.sleep(5)

    deadline = time.monotonic() + 300
    while told(bakery)[0] != "DONE" and time.monotonic() < deadline:
        time.sleep(3)

    state, _, rows = told(bakery)
    assert state == "DONE"
    assert sorted(rows) == sorted((f"{number}.png", "ANSWERED", 1) for number in range(COUNT))
