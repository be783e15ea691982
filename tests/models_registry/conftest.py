"""A small cast: one bakery in Tokyo, its deployment, and a Rekognition in memory on a hand-moved clock."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from models_registry.domain.status import VersionStatus
from models_registry.gateways.in_memory import InMemoryRekognition
from models_registry.gateways.in_memory_buckets import InMemoryBuckets
from models_registry.gateways.sessions import credentials_of
from models_registry.models import Assignment, Connection, Deployment, ModelVersion, Project
from models_registry.services.sync import SyncReport, sweep
from models_registry.services.tick import TickReport, run_tick
from portal.base import clock
from portal.base.models import User
from stores.models import Area, Membership, OpeningHours, Role, Store
from tests.models_registry.gate import Gate, open_gate

ACCOUNT = "arn:aws:rekognition:ap-northeast-1:123456789012:project"


def tokyo(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """An instant of November 2026 by Tokyo's clock; the 2nd is a Monday."""
    return (datetime(2026, 11, 1, tzinfo=UTC) + timedelta(days=day - 1)).replace(
        hour=0, minute=0
    ) + timedelta(hours=hour - 9, minutes=minute, seconds=second)


@dataclass
class World:
    """One AWS account, its clock, and the portal looking at it."""

    at: datetime
    rekognition: InMemoryRekognition = field(init=False)
    connection: Connection = field(init=False)
    buckets: InMemoryBuckets = field(init=False, default_factory=InMemoryBuckets)

    def __post_init__(self) -> None:
        self.rekognition = InMemoryRekognition(lambda: self.at, start_seconds=540, stop_seconds=60)
        self.connection = Connection.objects.create(name="Main", region="ap-northeast-1")

    def version(self, project: str, name: str = "v1") -> ModelVersion:
        """Put a trained version in AWS and in the mirror."""
        arn = f"{ACCOUNT}/{project}/version/{name}/1700000000000"
        self.rekognition.add(arn)
        mirrored, _ = Project.objects.get_or_create(
            arn=f"{ACCOUNT}/{project}/1700000000000",
            defaults={"connection": self.connection, "name": project},
        )
        return ModelVersion.objects.create(
            project=mirrored, arn=arn, name=name, status=VersionStatus.TRAINING_COMPLETED
        )

    def deployment(self, name: str, *stores: Store, **fields: object) -> Deployment:
        """Point stores at a new version of their own."""
        made = Deployment.objects.create(
            name=name, connection=self.connection, live_version=self.version(name), **fields
        )
        for store in stores:
            Assignment.objects.create(deployment=made, store=store)
        return made

    def tick(self, at: datetime | None = None) -> TickReport:
        """Move the clock and run one tick."""
        self.at = at or self.at
        return run_tick(at=self.at, connect=lambda connection: self.rekognition)

    def sweep(self) -> list[SyncReport]:
        """Mirror everything and read the evaluations that are there."""
        return sweep(
            at=self.at,
            connect=lambda connection: self.rekognition,
            open_buckets=lambda connection: self.buckets,
        )

    def ticks(self, until: datetime, *, seconds: int = 15) -> None:
        """Tick on from now until an instant."""
        while self.at < until:
            self.tick(min(self.at + timedelta(seconds=seconds), until))

    def status(self, deployment: Deployment) -> str:
        """What the mirror says of the live version."""
        return ModelVersion.objects.get(deployment=deployment).status


@pytest.fixture
def world(db: None) -> World:
    return World(at=tokyo(2, 5))


@pytest.fixture
def area(db: None) -> Area:
    return Area.objects.create(name="Kantō")


@pytest.fixture
def bakery(area: Area) -> Callable[..., Store]:
    """Open a bakery, every day 07:00–19:00 unless told otherwise."""

    def build(code: str, hours: dict[int, list[tuple[int, int]]] | None = None, **fields: object) -> Store:
        values: dict[str, object] = {"name": code.title(), "area": area, "timezone": "Asia/Tokyo", **fields}
        store = Store.objects.create(code=code, **values)
        week = hours if hours is not None else {day: [(420, 1140)] for day in range(7)}
        OpeningHours.objects.bulk_create(
            OpeningHours(store=store, weekday=day, opens_minute=opens, closes_minute=closes)
            for day, spans in week.items()
            for opens, closes in spans
        )
        return store

    return build


@pytest.fixture(scope="session")
def aws_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Moto's server and a Rekognition Local; imported here, for most tests need neither."""
    from moto.server import ThreadedMotoServer

    from rekognition_local.server import serve
    from rekognition_local.settings import Quotas, Settings

    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    made = Settings(data_dir=tmp_path_factory.mktemp("local"), port=0, quotas=Quotas().without_tps())
    with serve(made) as local:
        yield f"http://{host}:{port}", local.url
    moto.stop()


@pytest.fixture
def gate(aws_servers: tuple[str, str], monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Gate]:
    """An empty account behind a gate that enforces policies, and the portal's environment pointing at it."""
    reset = urllib.request.Request(f"{aws_servers[0]}/moto-api/reset", method="POST")
    urllib.request.urlopen(reset).close()
    opened, server = open_gate(*aws_servers)
    for service in ("STS", "S3", "SCHEDULER", "IAM", "CLOUDWATCH", "COST_EXPLORER", "SERVICE_QUOTAS"):
        monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", opened.url)
    settings.AWS_ENDPOINT_URL_REKOGNITION = settings.AWS_ENDPOINT_URL_STS = opened.url
    settings.BUCKETS_DIR = None
    credentials_of.cache_clear()
    yield opened
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True, scope="session")
def static_folder() -> None:
    """WhiteNoise warns of a folder that `up` makes and tests do not need."""
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.fixture
def sign_in(db: None) -> Callable[..., Client]:
    """Sign a person in by name, with a role over the franchise, an area or a store."""

    def build(name: str, role: Role | None = None, **scope: object) -> Client:
        person = User.objects.create_user(name, is_staff=role is Role.HQ)
        if role is not None:
            Membership.objects.create(user=person, role=role, **scope)
        client = Client(headers={"accept-language": "en"})
        client.force_login(person)
        return client

    return build


@pytest.fixture
def hq(sign_in: Callable[..., Client]) -> Client:
    return sign_in("hanako", Role.HQ)


@pytest.fixture
def at_the_desk(monkeypatch: pytest.MonkeyPatch, world: World) -> World:
    """Let the pages read the world's clock."""
    monkeypatch.setattr(clock, "now", lambda: world.at)
    return world
