"""What the portal adds to a DetectCustomLabels call, at 1, 20 and 50 photos a second.

python bench/photos.py [--seconds 20]

AWS is played by a server that answers after 50 ms; the portal is gunicorn as `up` runs it.
The same photos go straight to that server through boto3, at the same pace; the difference is the overhead.
"""

import argparse
import http.client
import io
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
from _ground import portal
from botocore.config import Config
from PIL import Image

ANSWER_SECONDS, RATES = 0.05, (1, 20, 50)
LABELS = [
    {
        "Name": f"bread-{n}", "Confidence": 99.0 - 9 * n,
        "Geometry": {"BoundingBox": {"Left": 0.1 * n, "Top": 0.1, "Width": 0.09, "Height": 0.3}},
    }
    for n in range(9)
]  # fmt: skip
ARN = "arn:aws:rekognition:ap-northeast-1:123456789012:project/breads/version/v1/1700000000000"


class Eyes(BaseHTTPRequestHandler):
    """Amazon's side: always the same nine boxes."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(ANSWER_SECONDS)
        body = json.dumps({"CustomLabels": LABELS}).encode()
        head = "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\n"
        self.wfile.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)

    def log_message(self, *parts: Any) -> None:
        """Say nothing."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=20)
    seconds = parser.parse_args().seconds
    if os.environ.get("KAMADO_BENCH_EYES"):
        ThreadingHTTPServer(("127.0.0.1", int(os.environ["KAMADO_BENCH_EYES"])), Eyes).serve_forever()
    eyes_port, web_port = free_port(), free_port()
    aws = {"AWS_ENDPOINT_URL_REKOGNITION": f"http://127.0.0.1:{eyes_port}"}
    aws |= {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench"}
    os.environ |= aws
    with portal(), redis():
        key = make_store()
        children = [
            subprocess.Popen(
                [sys.executable, __file__], env={**os.environ, "KAMADO_BENCH_EYES": str(eyes_port)}
            ),
            subprocess.Popen(
                [
                    *(sys.executable, "-m", "gunicorn", "portal.wsgi", "--bind", f"127.0.0.1:{web_port}"),
                    *("--worker-class", "gthread", "--workers", "2", "--threads", "16", "--preload"),
                    *("--no-control-socket", "--log-level", "warning"),
                ]
            ),
        ]
        try:
            wait_for(web_port)
            wait_for(eyes_port)
            measure(key, eyes_port, web_port, seconds)
        finally:
            for child in children:
                child.terminate()
                child.wait()


@contextmanager
def redis() -> Iterator[None]:
    """Run a Redis in the bench's own state folder, where `portal` has said that it would be."""
    from portal.embedded.folder import StateFolder
    from portal.embedded.redis import Redis
    from portal.embedded.sharing import in_use

    folder = StateFolder.from_environment()
    with in_use(Redis(folder), folder):
        yield


def measure(key: str, eyes_port: int, web_port: int, seconds: int) -> None:
    photo = a_photo()
    raw, ours = straight(eyes_port, photo), through_portal(web_port, key, photo)
    for _ in range(20):
        raw()
        ours()
    for rate in RATES:
        bare, full = at_pace(raw, rate, seconds), at_pace(ours, rate, seconds)
        added = [quantile(full, share) - quantile(bare, share) for share in (0.5, 0.99)]
        print(
            f"{rate:>3} photos/s: boto3 p50 {quantile(bare, 0.5):.0f} ms, p99 {quantile(bare, 0.99):.0f} ms; "
            f"portal adds p50 {added[0]:.0f} ms, p99 {added[1]:.0f} ms "
            f"({quantile(full, 0.5) / quantile(bare, 0.5):.2f} x)"
        )


def at_pace(send: Callable[[], None], rate: int, seconds: int) -> list[float]:
    """Send so many a second whatever the answers take; latencies in ms, from the instant each was due."""

    def timed(due: float) -> float:
        send()
        return (time.perf_counter() - due) * 1000

    with ThreadPoolExecutor(64) as pool:
        begun, sent = time.perf_counter(), []
        for number in range(rate * seconds):
            due = begun + number / rate
            time.sleep(max(0.0, due - time.perf_counter()))
            sent.append(pool.submit(timed, due))
        return [each.result() for each in sent]


def quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def straight(port: int, photo: bytes) -> Callable[[], None]:
    config = Config(max_pool_connections=64, retries={"total_max_attempts": 1})
    client = boto3.client(
        "rekognition", region_name="ap-northeast-1", endpoint_url=f"http://127.0.0.1:{port}", config=config
    )
    return lambda: client.detect_custom_labels(ProjectVersionArn=ARN, Image={"Bytes": photo}, MinConfidence=0)


def through_portal(port: int, key: str, photo: bytes) -> Callable[[], None]:
    kept = threading.local()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "image/jpeg"}

    def send() -> None:
        if not hasattr(kept, "connection"):
            kept.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            kept.connection.request("POST", "/api/v1/detections", photo, headers)
            answer = kept.connection.getresponse()
        except (OSError, http.client.RemoteDisconnected):  # it was kept open too long
            kept.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            kept.connection.request("POST", "/api/v1/detections", photo, headers)
            answer = kept.connection.getresponse()
        body = answer.read()
        if answer.will_close:
            del kept.connection
        assert answer.status == 200, body

    return send


def make_store() -> str:
    from detections.services.keys import make_key
    from models_registry.models import Assignment, Connection, Deployment, ModelVersion, Project
    from stores.models import Area, Store

    connection = Connection.objects.create(name="Bench", region="ap-northeast-1")
    project = Project.objects.create(connection=connection, arn=ARN.partition("/version")[0], name="breads")
    version = ModelVersion.objects.create(project=project, arn=ARN, name="v1", status="RUNNING")
    store = Store.objects.create(
        code="bench", name="Bench", area=Area.objects.create(name="Bench"), timezone="Asia/Tokyo"
    )
    made = Deployment.objects.create(name="bench", connection=connection, live_version=version)
    Assignment.objects.create(deployment=made, store=store)
    return make_key(store=store, name="bench", author=None, per_minute=100_000).text


def a_photo() -> bytes:
    """Noise of a register's size: 1024 × 768, some 200 kB."""
    out = io.BytesIO()
    Image.effect_noise((1024, 768), 20).convert("RGB").save(out, "JPEG", quality=85)
    return out.getvalue()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int) -> None:
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit(f"nothing answers at port {port}")


if __name__ == "__main__":
    main()
