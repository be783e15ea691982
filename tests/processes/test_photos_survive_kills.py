"""kill -9 of web, worker, Redis and PostgreSQL while registers send photos: no answered photo is lost."""

from __future__ import annotations

import hashlib
import http.client
import io
import json
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.embedded.machine import MachineWithAws

SECONDS, A_SECOND, ATTEMPTS = int(os.environ.get("KAMADO_KILL_SECONDS", "12")), 20, 60
KILL_EVERY = 2.5
pytestmark = [pytest.mark.drill, pytest.mark.processes, pytest.mark.timeout(400 + 4 * SECONDS)]
LABELS = [
    {
        "Name": "melon",
        "Confidence": 95.0,
        "Geometry": {"BoundingBox": {"Left": 0.1, "Top": 0.1, "Width": 0.3, "Height": 0.3}},
    }
]
OPEN = """
from detections.services.keys import make_key
from models_registry.domain.status import VersionStatus
from models_registry.models import Assignment, Connection, Deployment, ModelVersion, Project
from stores.models import Area, Store

connection = Connection.objects.create(name="Main", region="ap-northeast-1")
arn = "arn:aws:rekognition:ap-northeast-1:123456789012:project/breads"
project = Project.objects.create(connection=connection, arn=f"{arn}/1700000000000", name="breads")
version = ModelVersion.objects.create(
    project=project, arn=f"{arn}/version/v1/1700000000000", name="v1", status=VersionStatus.RUNNING
)
area = Area.objects.create(name="Tokyo")
store = Store.objects.create(code="komugi", name="Komugi", area=area, timezone="Asia/Tokyo")
deployment = Deployment.objects.create(name="komugi", connection=connection, live_version=version)
Assignment.objects.create(deployment=deployment, store=store)
print(make_key(store=store, name="till", author=None, per_minute=100_000).text)
"""
TELL = """
import hashlib, json
from detections.models import DetectedLabel, Detection
from detections.wiring import PICTURES
told = {}
for row in Detection.objects.filter(outcome="ANSWERED"):
    told[row.pk] = {
        "key": row.idempotency_key, "boxes": DetectedLabel.objects.filter(detection=row).count(),
        "sha256": hashlib.sha256(PICTURES.read(row.picture_key)).hexdigest(),
    }
print(json.dumps(told))
"""


class Eyes(BaseHTTPRequestHandler):
    """Amazon's data plane at a hundred photos a second; its control plane does not answer.

    Rekognition Local sees for real and cannot be that fast on two cores.
    """

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        is_photo = self.headers["X-Amz-Target"].endswith(".DetectCustomLabels")
        time.sleep(0.05)
        body = json.dumps(
            {"CustomLabels": LABELS} if is_photo else {"__type": "InternalServerError"}
        ).encode()
        self.send_response(200 if is_photo else 500)
        for name, value in (
            ("Content-Type", "application/x-amz-json-1.1"),
            ("Content-Length", str(len(body))),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *parts: Any) -> None:
        """Say nothing."""


@pytest.fixture
def bakery(request: pytest.FixtureRequest) -> Iterator[MachineWithAws]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Eyes)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made = MachineWithAws(
        Path(os.environ["KAMADO_TESTS_HOME"]) / request.path.stem.removeprefix("test_")[:8],
        endpoint=f"http://127.0.0.1:{server.server_port}",
    )
    yield made
    made.clear()
    server.shutdown()
    server.server_close()


def photo(number: int) -> bytes:
    """A picture of its own for each number."""
    out = io.BytesIO()
    Image.new("RGB", (96, 96), (number % 256, number // 256, 77)).save(out, "PNG")
    return out.getvalue()


def send(port: int, key: str, number: int) -> int | None:
    """Send one photo until it is answered, as a register does; return the detection's id."""
    headers = {
        "Authorization": f"Bearer {key}",
        "Idempotency-Key": f"tray-{number}",
        "Content-Type": "image/png",
        "Date": formatdate(usegmt=True),
    }
    for _ in range(ATTEMPTS):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            connection.request("POST", "/api/v1/detections", photo(number), headers)
            answer = connection.getresponse()
            body = answer.read()
            if answer.status == 200:
                return int(json.loads(body)["id"])
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(1.5)
    return None


def test_every_answered_photo_has_its_row_and_its_picture(bakery: MachineWithAws) -> None:
    bakery.start()
    key = bakery.shell(OPEN).strip().splitlines()[-1]
    kills = cycle([("gunicorn",), ("bin/postgres", "-D"), ("redis-server",), ("celery", "worker")])
    with ThreadPoolExecutor(40) as registers:
        sent = []
        begun = time.monotonic()
        for number in range(SECONDS * A_SECOND):
            time.sleep(max(0.0, begun + number / A_SECOND - time.monotonic()))
            sent.append(registers.submit(send, bakery.port, key, number))
            if number and number % (KILL_EVERY * A_SECOND) == 0:
                bakery.kill(*next(kills))
        answered = {number: each.result() for number, each in enumerate(sent)}

    told = {int(pk): row for pk, row in json.loads(bakery.shell(TELL).strip().splitlines()[-1]).items()}
    ids = list(answered.values())
    assert None not in ids
    assert len(set(ids)) == len(ids)
    for number, pk in answered.items():
        row = told[pk]
        assert row == {
            "key": f"tray-{number}",
            "boxes": 1,
            "sha256": hashlib.sha256(photo(number)).hexdigest(),
        }
    keys = [row["key"] for row in told.values()]
    assert len(set(keys)) == len(keys)
    bakery.supervisor.terminate()
    assert bakery.supervisor.wait(60) == 0
