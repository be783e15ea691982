"""kill -9 of the worker, the clock, Redis and PostgreSQL in the middle of an opening, with real processes."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rekognition_local.server import serve
from rekognition_local.settings import Durations, Settings, Span
from tests.embedded.machine import MachineWithAws
from tests.rekognition_local.local import Local

pytestmark = [
    pytest.mark.drill,
    pytest.mark.processes,
    pytest.mark.xdist_group("processes"),
    pytest.mark.timeout(400),
]

OPEN = """
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
made = save_deployment(
    Deployment(name="komugi", connection=connection, live_version=ModelVersion.objects.get())
)
assign_stores(deployment=made, stores=[store])
replace_week(store=store, weekly=[[(0, 1440)]] * 7)
"""
CLOSE = """
from stores.models import Store
from stores.services.hours import replace_week
replace_week(store=Store.objects.get(), weekly=[[]] * 7)
"""
TELL = """
import json
from datetime import timedelta
from django.db.models import Sum
from models_registry.models import Run, StoreSpend
from models_registry.services.spend import rebuild_spend
from portal.base import clock
at = clock.now()
rebuild_spend(first_on=(at - timedelta(days=1)).date(), last_on=(at + timedelta(days=1)).date(), at=at)
runs = list(Run.objects.values("outcome", "is_outside", "running_at", "stopping_at", "ended_at"))
minutes = StoreSpend.objects.aggregate(total=Sum("billed_minutes"))["total"]
print(json.dumps({"runs": runs, "minutes": minutes}, default=str))
"""


class Franchise(MachineWithAws):
    """A machine that tells of its runs and their bill."""

    def tell(self) -> dict[str, Any]:
        return json.loads(self.shell(TELL).strip().splitlines()[-1])


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Local]:
    """AWS in real time: a start takes 12 seconds, a stop 3."""
    durations = Durations(start=Span.parse("12"), stop=Span.parse("3"))
    with serve(Settings(data_dir=tmp_path / "aws", port=0, durations=durations, control=True)) as server:
        local = Local(server)
        yield local
        local.close()


def status_of(cloud: Local) -> str:
    """What AWS would say, without using up the calls a second that the portal has."""
    return cloud.get("state")["projects"][0]["versions"][0]["status"]


@pytest.fixture
def machine(cloud: Local) -> Iterator[Franchise]:
    """A machine beside the tests' own database, where a server that root starts may reach its data."""
    made = Franchise(Path(os.environ["KAMADO_TESTS_HOME"]) / "kills", endpoint=cloud.url)
    yield made
    made.clear()


def test_opening_survives_kills_and_the_bill_is_the_meters(cloud: Local, machine: Franchise) -> None:
    cloud.version()
    machine.start()
    machine.shell(OPEN)
    machine.wait(lambda: status_of(cloud) == "STARTING")
    begun = time.monotonic()

    machine.kill("celery", "worker")
    machine.kill("celery", "beat")
    machine.kill("redis-server")
    machine.kill("bin/postgres", "-D")

    machine.wait(lambda: status_of(cloud) == "RUNNING")
    machine.wait(lambda: any(run["running_at"] for run in machine.tell()["runs"]))
    # Long enough for a second billed minute, however late the healed portal has seen the model run.
    time.sleep(max(0.0, 100 - (time.monotonic() - begun)))
    machine.shell(CLOSE)
    machine.wait(lambda: status_of(cloud) == "STOPPED")
    machine.wait(lambda: all(run["ended_at"] for run in machine.tell()["runs"]))

    told = machine.tell()
    assert [(run["outcome"], run["is_outside"]) for run in told["runs"]] == [("STOPPED", False)]
    assert float(told["minutes"]) == cloud.metered_minutes() == 2
    machine.supervisor.terminate()
    assert machine.supervisor.wait(60) == 0
