"""A version is changed and changed back while registers send photos: none fails, and the bill is the meter's.

Real web server, worker, clock, PostgreSQL and Redis; Rekognition Local in real time behind a front that sees
fast, since a real look takes longer than this load allows on two cores. Whether a version may look is still
Rekognition Local's word, at the end of each look: a model that is stopped takes its looks with it.
"""

from __future__ import annotations

import http.client
import json
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from statistics import quantiles
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest

from rekognition_local.server import serve
from rekognition_local.settings import Durations, Quotas, Settings, Span
from tests.embedded.machine import MachineWithAws
from tests.processes.test_photos_survive_kills import LABELS, photo
from tests.rekognition_local.local import Local

SECONDS = int(os.environ.get("KAMADO_SWITCH_SECONDS", "0"))
"""How long each version serves at least before it is changed again."""
A_SECOND = 20 if SECONDS else 8
"""The whole suite has two cores; KAMADO_SWITCH_SECONDS=1 runs the load that the docs' figures are of."""
LATEST_LOOK = 17
"""Seconds that RUNNING may be seen late: a blind stretch of 15 is still dated by the look that ends it."""
pytestmark = [pytest.mark.drill, pytest.mark.processes, pytest.mark.timeout(400 + 4 * SECONDS)]
OPEN = """
from detections.services.keys import make_key
from models_registry.models import Connection, Deployment, ModelVersion
from models_registry.services.deployments import assign_stores, save_deployment
from models_registry.services.sync import sync_connection
from models_registry.wiring import connect
from portal.base import clock
from stores.models import Area, Store
from stores.services.hours import replace_week

connection = Connection.objects.create(name="Main", region="ap-northeast-1")
sync_connection(connection, at=clock.now(), rekognition=connect(connection))
store = Store.objects.create(
    code="komugi", name="Komugi", area=Area.objects.create(name="Tokyo"), timezone="Asia/Tokyo",
    open_buffer_minutes=0, close_buffer_minutes=0,
)
live = ModelVersion.objects.get(name="v1")
made = save_deployment(
    Deployment(name="komugi", connection=connection, live_version=live, min_inference_units=2)
)
assign_stores(deployment=made, stores=[store])
replace_week(store=store, weekly=[[(0, 1440)]] * 7)
print(make_key(store=store, name="till", author=None, per_minute=100_000).text)
"""
PROMOTE = """
import json, time
from models_registry.domain.promotion import OVER
from models_registry.models import Deployment, ModelVersion, Promotion
from models_registry.services.promotions import promote, roll_back
from portal.base import clock

last = Promotion.objects.order_by("id").last()
if BACK:
    asked = roll_back(promotion=last, author=None, at=clock.now())
else:
    version = ModelVersion.objects.get(name="v2")
    asked = promote(
        deployment=Deployment.objects.get(), version=version, reason="load", author=None, at=clock.now()
    )
until = time.monotonic() + 90
while asked.state not in OVER and time.monotonic() < until:
    time.sleep(0.2)
    asked.refresh_from_db()
print(json.dumps([asked.state, asked.why, asked.message]))
"""
CLOSE = """
from stores.models import Store
from stores.services.hours import replace_week
replace_week(store=Store.objects.get(), weekly=[[]] * 7)
"""
TELL = """
import json, time
from django.db.models import Count
from detections.models import Detection
from models_registry.domain.billing import run_minutes
from models_registry.models import Run
from models_registry.selectors.spend import inference_rates, run_facts
from portal.base import clock

until = time.monotonic() + 60
while Run.objects.filter(ended_at=None).exists() and time.monotonic() < until:
    time.sleep(0.2)
minutes, spans = {}, []
runs = Run.objects.filter(running_at__isnull=False).order_by("running_at")
for run in runs.select_related("version__project__connection"):
    facts = run_facts(run, inference_rates(), at=clock.now())
    minutes[run.version.name] = minutes.get(run.version.name, 0) + run_minutes(facts)
    spans.append([run.version.name, facts.start, facts.end])
photos = Detection.objects.values_list("outcome", "version__name").annotate(Count("id")).order_by()
print(json.dumps([minutes, spans, list(photos)]))
"""


class Front(BaseHTTPRequestHandler):
    """Passes every call on to Rekognition Local; a version that may look sees a melon in a tenth of a second.

    Versions that were seeded without pictures are AccessDenied when they run, and NotReady when they do not.
    """

    protocol_version = "HTTP/1.1"
    behind: ClassVar[str]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        is_look = self.headers["X-Amz-Target"].endswith(".DetectCustomLabels")
        time.sleep(0.1 if is_look else 0)
        status, headers, content = self._ask(body)
        if is_look and b"AccessDenied" in content:
            status, content = 200, json.dumps({"CustomLabels": LABELS}).encode()
        self.send_response_only(status)
        for name in ("Content-Type", "Date", "x-amzn-RequestId"):
            if name in headers:
                self.send_header(name, headers[name])
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def setup(self) -> None:
        super().setup()
        self._behind = http.client.HTTPConnection(self.behind, timeout=30)

    def finish(self) -> None:
        self._behind.close()
        super().finish()

    def _ask(self, body: bytes) -> tuple[int, http.client.HTTPMessage, bytes]:
        try:
            return self._once(body)
        except (ConnectionError, http.client.RemoteDisconnected):
            self._behind.close()  # it had been idle for so long that the other side hung up
            return self._once(body)

    def _once(self, body: bytes) -> tuple[int, http.client.HTTPMessage, bytes]:
        self._behind.request("POST", "/", body, dict(self.headers.items()))
        answer = self._behind.getresponse()
        return answer.status, answer.headers, answer.read()

    def log_message(self, *parts: Any) -> None:
        """Say nothing."""


class FrontServer(ThreadingHTTPServer):
    """Takes as many new connections at once as a new web process may open."""

    request_queue_size = 128


class Bakery(MachineWithAws):
    """A machine with a tick every other second."""

    def environment(self, **more: str) -> dict[str, str]:
        return super().environment(KAMADO_TICK_SECONDS="2", **more)

    def tell(self, script: str) -> Any:
        return json.loads(self.shell(script).strip().splitlines()[-1])

    def change(self, *, back: bool = False) -> list[str]:
        """Ask for the other version and wait for the end: state, why, message."""
        return self.tell(f"BACK = {back}\n{PROMOTE}")


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Local]:
    """AWS in real time: a start takes 3 seconds, a stop 2."""
    durations = Durations(start=Span.parse("3"), stop=Span.parse("2"))
    quotas = Quotas(detect_tps=None)
    made = Settings(data_dir=tmp_path / "aws", port=0, durations=durations, quotas=quotas, control=True)
    with serve(made) as server:
        local = Local(server)
        local.seed(2)
        yield local
        local.close()


@pytest.fixture
def bakery(cloud: Local) -> Iterator[Bakery]:
    front = type("FrontOf", (Front,), {"behind": urlsplit(cloud.url).netloc})
    server = FrontServer(("127.0.0.1", 0), front)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    home = Path(os.environ["KAMADO_TESTS_HOME"]) / "switch"
    made = Bakery(home, endpoint=f"http://127.0.0.1:{server.server_port}")
    yield made
    made.clear()
    server.shutdown()
    server.server_close()


class Registers:
    """Photos every second until told to end; each is sent once, as nobody at a till sends twice."""

    a_second = A_SECOND

    def __init__(self, port: int, key: str) -> None:
        self._port, self._key = port, key
        self._is_over = threading.Event()
        self._sent: list[Future[tuple[int, str, float]]] = []
        self._pool = ThreadPoolExecutor(60)
        self._clock = threading.Thread(target=self._run)
        self._clock.start()

    def _run(self) -> None:
        begun = time.monotonic()
        while not self._is_over.wait(max(0.0, begun + len(self._sent) / self.a_second - time.monotonic())):
            self._sent.append(self._pool.submit(self._send, len(self._sent)))

    def _send(self, number: int) -> tuple[int, str, float]:
        """Return the status, the body of a refusal, and the seconds that the answer took."""
        connection, begun = self._open(), time.monotonic()
        try:
            body = photo(number % 60_000)
            connection.request("POST", "/api/v1/detections", body, self._headers(number))
            answer = connection.getresponse()
            said = answer.read().decode()
            return answer.status, "" if answer.status == 200 else said, time.monotonic() - begun
        except (OSError, http.client.HTTPException) as error:
            return 0, repr(error), time.monotonic() - begun
        finally:
            connection.close()

    def _open(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)

    def _headers(self, number: int) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._key}", "Content-Type": "image/png"}

    def end(self) -> list[tuple[int, str, float]]:
        """Stop sending and return every answer."""
        self._is_over.set()
        self._clock.join()
        self._pool.shutdown()
        return [each.result() for each in self._sent]


def statuses(cloud: Local) -> dict[str, str]:
    versions = cloud.get("state")["projects"][0]["versions"]
    return {each["name"]: each["status"] for each in versions}


def runs(cloud: Local) -> list[tuple[datetime, datetime | None]]:
    """When a version ran, by the meter, oldest first."""
    found = [run for each in cloud.get("meter")["versions"] for run in each["run_list"] if run["running_at"]]
    spans = [(_instant(run["running_at"]), _instant(run["stop_requested_at"])) for run in found]
    return sorted((start, end) for start, end in spans if start)


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _after_seconds_of_service(cloud: Local, bakery: Bakery) -> None:
    """Wait until the version that runs has served for SECONDS."""

    def has_served() -> bool:
        runs_now = [run for each in cloud.get("meter")["versions"] for run in each["run_list"] if run["open"]]
        return max(run["running_seconds"] for run in runs_now) >= SECONDS

    bakery.wait(has_served)


def test_no_photo_fails_while_the_version_is_changed_and_changed_back(
    cloud: Local, bakery: Bakery, capsys: pytest.CaptureFixture[str]
) -> None:
    bakery.start()
    key = bakery.shell(OPEN).strip().splitlines()[-1]
    bakery.wait(lambda: statuses(cloud)["v1"] == "RUNNING")
    cloud.faults({"operation": "StartProjectVersion", "kind": "fail_on_start", "version": "v2", "count": 1})
    time.sleep(3)
    registers = Registers(bakery.port, key)
    try:
        failed = bakery.change()
        _after_seconds_of_service(cloud, bakery)
        with ThreadPoolExecutor(1) as person:
            change = person.submit(bakery.change)
            bakery.wait(lambda: statuses(cloud)["v2"] == "RUNNING")
            bakery.kill("celery", "worker")
            done = change.result()
        bakery.wait(lambda: statuses(cloud)["v1"] == "STOPPED")
        _after_seconds_of_service(cloud, bakery)
        back = bakery.change(back=True)
        bakery.wait(lambda: statuses(cloud)["v2"] == "STOPPED")
    finally:
        answers = registers.end()
    bakery.shell(CLOSE)
    bakery.wait(lambda: statuses(cloud)["v1"] == "STOPPED")

    minutes, ledger, photos = bakery.tell(TELL)
    assert failed == ["FAILED", "START_FAILED", "The model failed to start or to stop."]
    assert (done[0], back[0]) == ("DONE", "DONE")
    assert Counter((status, said) for status, said, _ in answers) == {(200, ""): len(answers)}
    assert {(outcome, version) for outcome, version, _ in photos} == {("ANSWERED", "v1"), ("ANSWERED", "v2")}
    assert sum(count for _, _, count in photos) == len(answers)
    _same_spans(ledger, cloud)
    overlaps = _overlaps(runs(cloud))
    assert len(overlaps) == 2, "one run ends in each change, and none has a gap before the next"
    with capsys.disabled():
        _show(answers, minutes, overlaps)
    bakery.supervisor.terminate()
    assert bakery.supervisor.wait(60) == 0


def _same_spans(ledger: list[tuple[str, int, int]], cloud: Local) -> None:
    """The ledger has the meter's runs, each as late as a look may be late (docs/billing.md) and no more."""
    metered = [
        (each["version_name"], _instant(run["running_at"]), _instant(run["stop_requested_at"]))
        for each in cloud.get("meter")["versions"]
        for run in each["run_list"]
    ]
    ran = sorted((start.timestamp(), end.timestamp(), name) for name, start, end in metered if start and end)
    assert [name for name, _, _ in ledger] == [name for _, _, name in ran]
    for (name, began, ended), (start, end, _) in zip(ledger, ran, strict=True):
        assert -2 <= began - start <= LATEST_LOOK, (name, "began", began - start)
        assert abs(ended - end) <= 2, (name, "ended", ended - end)


def _overlaps(spans: list[tuple[datetime, datetime | None]]) -> list[float]:
    """Seconds for which two versions were billed; every run but the last must end after the next began."""
    found = [(end - start).total_seconds() for (_, end), (start, _) in pairwise(spans) if end]
    assert all(seconds > 0 for seconds in found), found
    return found


def _show(answers: list[tuple[int, str, float]], minutes: dict[str, int], overlaps: list[float]) -> None:
    cuts = quantiles((seconds for _, _, seconds in answers), n=100)
    said = f"{len(answers)} photos, p50 {cuts[49] * 1000:.0f} ms, p99 {cuts[98] * 1000:.0f} ms"
    print(f"\n{said}; overlaps of {overlaps} s; unit minutes {minutes}")
