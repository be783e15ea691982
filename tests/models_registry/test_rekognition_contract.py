"""One contract for every Rekognition that services may receive: in memory, and over HTTP as AWS is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from models_registry.domain.ports import (
    AccessDenied,
    LimitExceeded,
    Rekognition,
    ResourceInUse,
    ResourceNotFound,
    Throttled,
    Unanswered,
)
from models_registry.domain.status import VersionStatus
from models_registry.gateways.aws import Account, AwsRekognition
from models_registry.gateways.in_memory import InMemoryRekognition
from models_registry.gateways.pacing import Pacer
from rekognition_local.instants import from_iso
from rekognition_local.server import serve
from rekognition_local.settings import ClockMode, Durations, Quotas, Settings, Span
from tests.rekognition_local.local import Local

START = datetime(2026, 11, 23, tzinfo=UTC)
ACCOUNT = "arn:aws:rekognition:ap-northeast-1:123456789012:project"


@dataclass
class Cloud:
    """A Rekognition with two slots and four trained versions, and the hand on its clock."""

    rekognition: Rekognition
    arns: list[str]
    advance: Callable[[float], None]

    def start(self, arn: str) -> VersionStatus:
        return self.rekognition.start_version(arn, min_units=1, max_units=None).status

    def status(self, arn: str) -> VersionStatus:
        project = self.rekognition.describe_projects().projects[0].arn
        found = {
            version.arn: version.status for version in self.rekognition.describe_versions(project).versions
        }
        return found[arn]


def in_memory(tmp_path: Path) -> Iterator[Cloud]:
    clock = [START]
    made = InMemoryRekognition(lambda: clock[0], start_seconds=600, stop_seconds=60, max_running_models=2)
    arns = [f"{ACCOUNT}/breads/version/v{n}/1700000000000" for n in range(4)]
    for arn in arns:
        made.add(arn)

    def advance(seconds: float) -> None:
        clock[0] += timedelta(seconds=seconds)

    yield Cloud(made, arns, advance)


def over_http(tmp_path: Path) -> Iterator[Cloud]:
    settings = Settings(
        data_dir=tmp_path, port=0, clock=ClockMode.MANUAL, start_at_ms=from_iso("2026-11-23T00:00:00Z"),
        durations=Durations(start=Span.parse("600"), stop=Span.parse("60")), quotas=Quotas().without_tps(),
        control=True,
    )  # fmt: skip
    with serve(settings) as server:
        local = Local(server)
        arns = [local.version(f"v{n}") for n in range(4)]
        account = Account("ap-northeast-1", endpoint_url=local.url, calls_per_second=1_000, read_attempts=1)
        yield Cloud(AwsRekognition(account), arns, local.advance)
        local.close()


@pytest.fixture(params=[in_memory, over_http], ids=["in memory", "over HTTP"])
def cloud(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cloud]:
    yield from request.param(tmp_path)


def test_version_starts_runs_and_stops_on_the_clock(cloud: Cloud) -> None:
    arn = cloud.arns[0]
    assert cloud.start(arn) is VersionStatus.STARTING
    cloud.advance(599)
    assert cloud.status(arn) is VersionStatus.STARTING
    cloud.advance(1)
    assert cloud.status(arn) is VersionStatus.RUNNING
    assert cloud.rekognition.stop_version(arn).status is VersionStatus.STOPPING
    cloud.advance(60)
    assert cloud.status(arn) is VersionStatus.STOPPED


def test_answers_carry_the_clock_of_the_service_in_whole_seconds(cloud: Cloud) -> None:
    cloud.advance(61.5)
    assert cloud.rekognition.describe_projects().answered_at == START + timedelta(seconds=61)
    accepted = cloud.rekognition.start_version(cloud.arns[0], min_units=1, max_units=2)
    assert accepted.answered_at == START + timedelta(seconds=61)


def test_start_is_refused_while_starting(cloud: Cloud) -> None:
    cloud.start(cloud.arns[0])
    with pytest.raises(ResourceInUse):
        cloud.start(cloud.arns[0])


def test_stop_is_refused_unless_running(cloud: Cloud) -> None:
    with pytest.raises(ResourceInUse):
        cloud.rekognition.stop_version(cloud.arns[0])
    cloud.start(cloud.arns[0])
    with pytest.raises(ResourceInUse):
        cloud.rekognition.stop_version(cloud.arns[0])


def test_third_model_exceeds_the_quota_until_one_has_stopped(cloud: Cloud) -> None:
    first, second, third, _ = cloud.arns
    cloud.start(first)
    cloud.start(second)
    with pytest.raises(LimitExceeded):
        cloud.start(third)
    cloud.advance(600)
    cloud.rekognition.stop_version(first)
    cloud.advance(60)
    assert cloud.start(third) is VersionStatus.STARTING


def test_unknown_version_and_project_are_not_found(cloud: Cloud) -> None:
    with pytest.raises(ResourceNotFound):
        cloud.start(f"{ACCOUNT}/nobody/version/v1/1700000000000")
    with pytest.raises(ResourceNotFound):
        cloud.rekognition.describe_versions(f"{ACCOUNT}/nobody/1700000000000")


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("throttle", Throttled), ("provisioned", Throttled), ("internal", Unanswered),
        ("access_denied", AccessDenied), ("expired_token", AccessDenied), ("drop_before", Unanswered),
        ("drop_after", Unanswered),
    ],
)  # fmt: skip
def test_every_failure_of_the_wire_becomes_one_of_ours(
    tmp_path: Path, kind: str, error: type[Exception]
) -> None:
    for cloud in over_http(tmp_path):
        local = Local.__new__(Local)
        local.url, local._clients = cloud.rekognition._orders.meta.endpoint_url, {}  # type: ignore[attr-defined]
        local.faults({"operation": "StartProjectVersion", "kind": kind, "count": 1})
        with pytest.raises(error):
            cloud.start(cloud.arns[0])


def test_every_page_of_versions_is_read(tmp_path: Path) -> None:
    with serve(Settings(data_dir=tmp_path, port=0, control=True, quotas=Quotas().without_tps())) as server:
        local = Local(server)
        project, *arns = local.seed(250)
        aws = AwsRekognition(
            Account("ap-northeast-1", endpoint_url=local.url, calls_per_second=1_000, read_attempts=1)
        )
        assert {version.arn for version in aws.describe_versions(project).versions} == set(arns)
        local.close()


def test_pacer_never_begins_more_calls_in_a_second_than_allowed() -> None:
    now, begun = [0.0], []

    def sleep(seconds: float) -> None:
        now[0] += seconds

    pacer = Pacer(5, monotonic=lambda: now[0], sleep=sleep)
    for _ in range(23):
        pacer.pause("StartProjectVersion")
        begun.append(now[0])
        pacer.pause("DescribeProjectVersions")
    assert all(later - earlier > 1 for earlier, later in zip(begun, begun[5:], strict=False))
    assert now[0] < 5
