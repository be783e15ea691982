"""CloudWatch's count beside the ledger, once a day and unasked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal

import pytest
from django.core.cache import cache

from models_registry import tasks
from models_registry.domain.billing import RunFacts
from models_registry.domain.metering import (
    LedgerRun,
    MeteringDenied,
    VersionName,
    differing,
    reconcile,
)
from models_registry.gateways.metering import AwsMetering
from models_registry.models import Connection, Deployment, Run, Trouble
from models_registry.services.metering import compare_meter
from portal.base import clock
from stores.models import Store
from tests.models_registry.conftest import World, tokyo
from tests.models_registry.test_reconciliation import (
    BREADS,
    NOON,
    Refusing,
    count,
    metering,
    minutes,
    moto,
    ran,
)

__all__ = ["metering", "moto"]

HOUR = (NOON, NOON + 3_600)


def told(runs: list[LedgerRun], points: dict[int, Decimal]) -> list[tuple[str, int, int]]:
    found = differing(reconcile(runs, {BREADS: points}, (NOON - 86_400, NOON + 86_400)))
    return [(each.cause, each.billed, each.metered) for each in found]


@pytest.mark.parametrize(
    ("runs", "points", "said"),
    [
        ([ran(*HOUR)], minutes(*HOUR), []),
        ([ran(*HOUR)], minutes(NOON - 60, NOON + 3_660), []),
        ([ran(*HOUR)], minutes(NOON - 180, NOON + 3_600), [("RUNS", 60, 63)]),
        ([ran(*HOUR, units=2)], minutes(NOON - 60, NOON + 3_660, 2), []),
        ([ran(*HOUR)], minutes(*HOUR, 2), [("RUNS", 60, 120)]),
        ([ran(*HOUR)], minutes(NOON, NOON + 600), [("RUNS", 60, 10)]),
        ([ran(*HOUR)], {}, []),
        ([], minutes(NOON, NOON + 120), []),
        ([], minutes(NOON, NOON + 300), [("OUTSIDE", 0, 5)]),
    ],
)
def test_what_rims_do_not_explain_is_told(
    runs: list[LedgerRun], points: dict[int, Decimal], said: list[tuple[str, int, int]]
) -> None:
    assert told(runs, points) == said


def test_good_run_does_not_hide_a_bad_one() -> None:
    second = LedgerRun(2, BREADS, NOON + 7_200, RunFacts(NOON + 7_200, NOON + 10_800, 1, Decimal(4)))
    points = minutes(*HOUR) | minutes(NOON + 7_200, NOON + 9_000)
    assert told([ran(*HOUR), second], points) == [("RUNS", 60, 30)]


@pytest.fixture
def breads(world: World, bakery: Callable[..., Store]) -> Deployment:
    return world.deployment("breads", bakery("asakusa"))


def a_day(deployment: Deployment, day: int) -> None:
    """Ready at 06:39 and stopped at 19:30 in Tokyo: 771 minutes, across midnight in UTC."""
    Run.objects.create(
        version=deployment.live_version, deployment=deployment,
        requested_at=tokyo(day, 6, 30), accepted_at=tokyo(day, 6, 30), running_at=tokyo(day, 6, 39),
        stopping_at=tokyo(day, 19, 30), ended_at=tokyo(day, 19, 31), outcome="STOPPED",
    )  # fmt: skip


def open_troubles() -> list[dict[str, object]]:
    return [row.params for row in Trouble.objects.filter(code="METER_DIFFERS", closed_at__isnull=True)]


def test_day_that_agrees_is_silent_and_one_that_differs_is_noted_until_it_is_past(
    moto: str, metering: AwsMetering, world: World, breads: Deployment
) -> None:
    look = {"connection": world.connection, "metering": metering}
    a_day(breads, 2)
    count(moto, BREADS, tokyo(2, 6, 39), 771)
    report = compare_meter(**look, at=tokyo(3, 3))
    assert (report.runs, report.billed, report.metered, report.differing) == (1, 771, 771, 0)
    a_day(breads, 3)
    count(moto, BREADS, tokyo(3, 6, 32), 778)
    for _ in range(2):
        assert compare_meter(**look, at=tokyo(4, 3)).differing == 1
    assert open_troubles() == [{"cause": "RUNS", "billed": 771, "metered": 778}]
    compare_meter(**look, at=tokyo(6, 3))
    assert open_troubles() == []


def test_run_that_goes_on_is_not_compared_yet(
    moto: str, metering: AwsMetering, world: World, breads: Deployment
) -> None:
    Run.objects.create(version=breads.live_version, requested_at=tokyo(3, 6, 30), running_at=tokyo(3, 6, 39))
    count(moto, BREADS, tokyo(3, 6, 39), 120)
    report = compare_meter(connection=world.connection, metering=metering, at=tokyo(3, 12))
    assert (report.runs, report.differing) == (0, 0)


def test_model_that_ran_without_the_portal_is_noted(
    moto: str, metering: AwsMetering, world: World, breads: Deployment
) -> None:
    count(moto, BREADS, tokyo(2, 1), 45)
    compare_meter(connection=world.connection, metering=metering, at=tokyo(3, 3))
    assert open_troubles() == [{"cause": "OUTSIDE", "billed": 0, "metered": 45}]


def test_denied_look_changes_nothing(world: World, breads: Deployment) -> None:
    Trouble.objects.create(
        version=breads.live_version, code="METER_DIFFERS", opened_at=tokyo(2, 3),
        params={"cause": "RUNS", "billed": 1, "metered": 9},
    )  # fmt: skip
    refusing = Refusing(lambda name: MeteringDenied(f"AccessDenied: no {name}", name))
    report = compare_meter(connection=world.connection, metering=refusing, at=tokyo(3, 3))
    assert "cloudwatch:GetMetricData" in report.error
    assert len(open_troubles()) == 1


@pytest.fixture
def morning(monkeypatch: pytest.MonkeyPatch) -> Iterator[datetime]:
    cache.clear()
    at = tokyo(3, 3)
    monkeypatch.setattr(clock, "now", lambda: at)
    yield at
    cache.clear()


def test_task_looks_once_a_day_and_only_when_asked(
    world: World, breads: Deployment, morning: datetime, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Connection] = []

    class Watched:
        """An account that has counted nothing."""

        def units_in_service(self, versions: object, bounds: object) -> dict[VersionName, dict[int, Decimal]]:
            return {}

    def open_metering(connection: Connection) -> Watched:
        asked.append(connection)
        return Watched()

    monkeypatch.setattr(tasks, "open_metering", open_metering)
    tasks.compare_meter()
    assert asked == []
    settings.COMPARE_METER = True
    tasks.compare_meter()
    tasks.compare_meter()
    assert asked == [world.connection]
