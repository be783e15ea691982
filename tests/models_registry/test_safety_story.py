"""A day of the demonstration's 24 stores with moto's scheduler: what is armed, and what saves us when we die.

Rekognition Local runs on its manual clock; time goes from one event to the next: planned edges, the ends of
starts and stops, and what people do. When the portal is dead, only the stored schedules act.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from django.db.models import QuerySet

from models_registry.domain.overrides import OverrideKind
from models_registry.domain.planning import deployment_windows
from models_registry.gateways.aws import Account, AwsRekognition
from models_registry.models import Connection, Deployment, ModelVersion, Project, Run, SafetyStop
from models_registry.selectors.plans import plans_of_deployments
from models_registry.services.deployments import assign_stores, save_deployment
from models_registry.services.late_closing import stay_open
from models_registry.services.overrides import OverrideOrder, set_override
from models_registry.services.sync import sync_connection
from models_registry.services.tick import run_tick
from portal.home.demo import cast
from rekognition_local.server import serve
from rekognition_local.settings import ClockMode, Durations, Quotas, Settings, Span
from stores.domain.intervals import boundaries
from stores.domain.localtime import from_seconds, to_seconds
from stores.models import OpeningHours, Store
from stores.services.stores_import import import_stores
from tests.models_registry.eventbridge import ROLE, EventBridge, moto_server
from tests.rekognition_local.local import Local

MONDAY = datetime(2026, 10, 26, 15, 30, tzinfo=UTC)
"""Half past midnight in Tokyo, a day after Europe and a week before America put their clocks back."""
MARGIN, START = timedelta(minutes=20), timedelta(minutes=9)
ON = ("STARTING", "RUNNING")


class Death(BaseException):
    """The worker dies here."""


class Mortal(AwsRekognition):
    """A Rekognition whose caller may die just before or just after its next start."""

    dies = ""

    def start_version(self, version_arn: str, *, min_units: int, max_units: int | None) -> object:  # type: ignore[override]
        self._die("before")
        answer = super().start_version(version_arn, min_units=min_units, max_units=max_units)
        self._die("after")
        return answer

    def _die(self, moment: str) -> None:
        if self.dies == moment:
            self.dies = ""
            raise Death


@dataclass
class Franchise:
    """24 stores on five deployments in two regions, and the clock that everything goes by."""

    local: Local
    bridge: EventBridge
    at: datetime = MONDAY
    clouds: dict[int, Mortal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.local.post("reset", {"clock": self.at.isoformat()})
        self.bridge.reset()
        self.bridge.rekognition = self.local.client
        import_stores(file=io.BytesIO(cast.STORES_CSV.encode()), at=self.at, author=None)
        for each in cast.CONNECTIONS:
            made = Connection.objects.create(
                name=each.name, region=each.region, max_running_models=cast.QUOTA, control_plane_tps=1000,
                safety_stop="REQUIRED", scheduler_role_arn=ROLE,
            )  # fmt: skip
            account = Account(
                each.region, endpoint_url=self.local.url, calls_per_second=1000, read_attempts=1
            )
            self.clouds[made.pk] = Mortal(account)
            parts = [part for part in cast.DEPLOYMENTS if part.connection == each.name]
            arns = {
                part.name: self.local.seed(1, project=part.project, region=each.region)[1] for part in parts
            }
            sync_connection(made, at=self.at, rekognition=self.clouds[made.pk])
            for part in parts:
                self._deploy(part, made, arns[part.name])

    def _deploy(self, part: cast.DeploymentPart, connection: Connection, arn: str) -> None:
        version = ModelVersion.objects.get(arn=arn)
        made = save_deployment(
            Deployment(
                name=part.name,
                connection=connection,
                live_version=version,
                min_inference_units=part.units,
                uses_learned_lead=False,
            )
        )
        stores = [each for prefix in part.prefixes for each in Store.objects.filter(code__startswith=prefix)]
        assign_stores(deployment=made, stores=stores)

    def tick(self) -> None:
        run_tick(
            at=self.at,
            connect=lambda connection: self.clouds[connection.pk],
            open_scheduler=self.bridge.open_scheduler,
        )

    def go_to(self, at: datetime) -> None:
        self.local.advance((at - self.at).total_seconds())
        self.at = at

    def running(self) -> list[str]:
        """What Rekognition says is on, asked without the portal."""
        found = []
        for project in Project.objects.select_related("connection").order_by("id"):
            aws = self.local.client(project.connection.region)
            versions = aws.describe_project_versions(ProjectArn=project.arn)["ProjectVersionDescriptions"]
            found += [each["ProjectVersionArn"] for each in versions if each["Status"] in ON]
        return sorted(found)

    def live(self, until: datetime) -> Iterator[datetime]:
        """Go from event to event, with a tick at each: planned edges, a moment later, and ends of starts."""
        bounds = to_seconds(self.at), to_seconds(until)
        planned = [span for spans in windows(bounds).values() for span in spans]
        edges = [from_seconds(edge) for edge in boundaries(planned)]
        later = (timedelta(0), timedelta(seconds=10), START)
        for at in sorted({until, *(edge + more for edge in edges for more in later)}):
            if self.at < at <= until:
                self.go_to(at)
                self.tick()
                yield at

    def be_dead(self, until: datetime) -> None:
        """Let AWS alone act, minute by minute where something is due."""
        while (due := self.bridge.next_due()) is not None and due < until:
            self.go_to(max(due, self.at + timedelta(minutes=1)))
            self.bridge.carry_out(self.at)
        self.go_to(until)


def windows(bounds: tuple[int, int]) -> dict[int, list[tuple[int, int]]]:
    """When each deployment wants its model."""
    plans = plans_of_deployments(Deployment.objects.all(), bounds)
    return {pk: deployment_windows(each.plans, each.overrides, bounds) for pk, each in plans.items()}


def last_needed(at: datetime) -> dict[str, datetime]:
    """For each version, the first instant from which on its deployment wants nothing for a whole margin."""
    bounds = to_seconds(at), to_seconds(at + timedelta(days=4))
    found, spans = {}, windows(bounds)
    for deployment in Deployment.objects.select_related("live_version"):
        assert deployment.live_version is not None
        second = bounds[0]
        for start, end in spans[deployment.pk]:
            if start <= second + MARGIN.total_seconds():
                second = end
        found[deployment.live_version.arn] = from_seconds(second)
    return found


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    made = Settings(
        data_dir=tmp_path_factory.mktemp("safety"), port=0, clock=ClockMode.MANUAL,
        durations=Durations(start=Span.parse("540"), stop=Span.parse("60")),
        quotas=Quotas(running_models=cast.QUOTA).without_tps(), control=True,
    )  # fmt: skip
    with serve(made) as server:
        client = Local(server)
        yield client
        client.close()


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    with moto_server() as url:
        yield url


@pytest.fixture
def franchise(db: None, local: Local, moto: str, monkeypatch: pytest.MonkeyPatch) -> Franchise:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SCHEDULER", moto)
    return Franchise(local, EventBridge(moto))


def test_every_running_version_has_one_schedule_at_every_instant_of_a_day(franchise: Franchise) -> None:
    asakusa, umeda = Store.objects.get(code="TYO-01"), Store.objects.get(code="OSA-01")
    paris = Deployment.objects.get(name="paris-viennoiserie")
    morning, noon, evening = (MONDAY + timedelta(hours=hours) for hours in (9, 12, 18))
    franchise.tick()
    looks = live_and_look(franchise, morning)
    stay_open(store=asakusa, until_minute=23 * 60 + 30, author=None, at=morning)
    looks += live_and_look(franchise, noon)
    OpeningHours.objects.filter(store=umeda).update(closes_minute=1290)
    looks += live_and_look(franchise, evening)
    order = OverrideOrder(OverrideKind.STOP, evening, evening + timedelta(hours=2), "oven", deployment=paris)
    set_override(order=order, author=None, at=evening)
    looks += live_and_look(franchise, MONDAY + timedelta(days=1))
    assert max(looks) >= 4
    assert Run.objects.filter(outcome="STOPPED").count() >= 6
    assert not Run.objects.filter(stop_code="SAFETY_STOP").exists()


def live_and_look(franchise: Franchise, until: datetime) -> list[int]:
    """Live on, and at every event hold what AWS would do against what runs and what is planned."""
    looks = []
    for at in franchise.live(until):
        running, needed = franchise.running(), last_needed(at)
        assert franchise.bridge.armed() == running
        held = {stop.version.arn: stop.stops_at for stop in stops_held()}
        assert sorted(held) == running
        assert {arn: needed[arn] + MARGIN for arn in running} == held
        looks.append(len(running))
    return looks


def stops_held() -> QuerySet[SafetyStop]:
    return SafetyStop.objects.filter(state="ARMED").select_related("version").order_by("id")


def test_dead_portal_leaves_no_model_running_past_its_plan_and_the_margin(franchise: Franchise) -> None:
    chance, saved = Random(20261123), 0
    for night, moment in enumerate(("", "before", "after", "", "")):
        franchise.tick()
        live_until_death(franchise, MONDAY + timedelta(days=2 * night, hours=chance.uniform(5, 20)), moment)
        died_at, running, needed = franchise.at, franchise.running(), last_needed(franchise.at)
        assert set(running) <= set(franchise.bridge.armed())
        franchise.bridge.stopped.clear()
        franchise.be_dead(MONDAY + timedelta(days=2 * night + 2, hours=-6 if night % 2 else 0))
        for arn in running:
            assert died_at <= franchise.bridge.stopped[arn] <= needed[arn] + MARGIN
        assert franchise.running() == []
        saved += len(running)
    franchise.tick()
    assert saved >= 8
    assert Run.objects.filter(stop_code="SAFETY_STOP").count() == saved


def live_until_death(franchise: Franchise, dies_at: datetime, moment: str) -> None:
    """Live until an instant, or, where a moment is named, until that moment of the next start after it."""
    for _ in franchise.live(dies_at.replace(microsecond=0)):
        pass
    if not moment:
        return
    for cloud in franchise.clouds.values():
        cloud.dies = moment
    with suppress(Death):
        for _ in franchise.live(franchise.at + timedelta(hours=12)):
            pass
    for cloud in franchise.clouds.values():
        cloud.dies = ""
