"""The ledger beside CloudWatch and Cost Explorer: every minute of difference has a name."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import boto3
import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from models_registry.domain.billing import RunFacts
from models_registry.domain.metering import LedgerRun, MeteringDenied, MeteringError, VersionName, reconcile
from models_registry.gateways.aws import Account
from models_registry.gateways.metering import AwsMetering
from models_registry.models import Run
from models_registry.services.reconciliation import reconcile_month
from models_registry.views import reconciliation as views
from stores.domain.localtime import to_seconds
from stores.models import Store
from tests.models_registry.conftest import World, tokyo
from tests.models_registry.eventbridge import moto_server

BREADS = VersionName("breads", "v1")
NOON = to_seconds(datetime(2026, 11, 2, 12, tzinfo=UTC))


def ran(start: int, end: int, *, pk: int = 1, units: int = 1, lead: int = 540) -> LedgerRun:
    return LedgerRun(pk, BREADS, start - lead, RunFacts(start, end, units, Decimal(4)))


def minutes(start: int, end: int, units: int = 1) -> dict[int, Decimal]:
    return dict.fromkeys(range(start, end, 60), Decimal(units))


def parts(runs: list[LedgerRun], points: dict[int, Decimal]) -> dict[str, int]:
    found = reconcile(runs, {BREADS: points}, (NOON - 86_400, NOON + 86_400))
    return {name: int(value) for name, value in found.explained.items() if value}


@pytest.mark.parametrize(
    ("points", "why"),
    [
        (minutes(NOON, NOON + 3_600), {}),
        (minutes(NOON - 120, NOON + 3_600), {"starting": 2}),
        (minutes(NOON, NOON + 3_720), {"stopping": 2}),
        (minutes(NOON, NOON + 3_600, 3), {"units": 120}),
        (minutes(NOON, NOON + 1_800), {"missing": -30}),
        (minutes(NOON, NOON + 3_600) | minutes(NOON + 7_200, NOON + 7_380), {"outside": 3}),
        ({}, {"missing": -60}),
    ],
)
def test_difference_of_an_hour_has_a_name(points: dict[int, Decimal], why: dict[str, int]) -> None:
    assert parts([ran(NOON, NOON + 3_600)], points) == why


def test_rims_of_a_run_are_rounding() -> None:
    run = ran(NOON + 30, NOON + 3_630)
    assert parts([run], minutes(NOON, NOON + 3_660)) == {"rounding": 1}
    assert parts([run], minutes(NOON + 60, NOON + 3_600)) == {"rounding": -1}


def test_points_go_to_the_newest_run_that_may_own_them() -> None:
    first, second = ran(NOON, NOON + 3_600), ran(NOON + 4_200, NOON + 7_200, pk=2)
    found = reconcile([first, second], {BREADS: minutes(NOON, NOON + 7_200)}, (NOON, NOON + 9_000))
    assert [int(each.stopping) for each in found.runs] == [1, 0]
    assert [int(each.starting) for each in found.runs] == [0, 9]


@given(
    spans=st.lists(st.tuples(st.integers(0, 4_000), st.integers(1, 9_000)), max_size=4),
    units=st.integers(1, 3),
    points=st.dictionaries(st.integers(-60, 900), st.integers(0, 4), max_size=200),
)
def test_parts_add_up_to_the_difference_whatever_cloudwatch_says(
    spans: list[tuple[int, int]], units: int, points: dict[int, int]
) -> None:
    runs, at = [], NOON
    for pk, (gap, length) in enumerate(spans):
        runs.append(ran(at + gap, at + gap + length, pk=pk, units=units, lead=min(gap, 540)))
        at += gap + length
    metric = {NOON + minute * 60: Decimal(value) for minute, value in points.items()}
    found = reconcile(runs, {BREADS: metric}, (NOON - 86_400, at + 86_400))
    assert found.metered == sum(metric.values())
    assert sum(found.explained.values()) == found.metered - found.billed


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    with moto_server() as url:
        yield url


@pytest.fixture
def metering(moto: str, monkeypatch: pytest.MonkeyPatch) -> AwsMetering:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    urllib.request.urlopen(urllib.request.Request(f"{moto}/moto-api/reset", method="POST")).close()
    return AwsMetering(Account("ap-northeast-1"), endpoint_url=moto)


def count(moto: str, version: VersionName, start: datetime, length: int, units: int = 1) -> None:
    """Have CloudWatch count units in service from an instant on, minute by minute."""
    watch = boto3.client("cloudwatch", region_name="ap-northeast-1", endpoint_url=moto)
    data = [
        {
            "MetricName": "InServiceInferenceUnits",
            "Dimensions": [
                {"Name": "ProjectName", "Value": version.project},
                {"Name": "VersionName", "Value": version.version},
            ],
            "Timestamp": start + timedelta(minutes=minute),
            "Value": units,
        }
        for minute in range(length)
    ]
    for some in range(0, len(data), 500):
        watch.put_metric_data(Namespace="AWS/Rekognition", MetricData=data[some : some + 500])


def test_cloudwatch_is_read_minute_by_minute(moto: str, metering: AwsMetering) -> None:
    start = datetime(2026, 11, 2, 12, tzinfo=UTC)
    count(moto, BREADS, start, 90, units=2)
    other = VersionName("breads", "v2")
    found = metering.units_in_service([BREADS, other], (NOON - 3_600, NOON + 7_200))
    assert found[BREADS] == minutes(NOON, NOON + 5_400, 2)
    assert not found.get(other)


def test_cost_explorer_is_read_by_usage(moto: str, metering: AwsMetering) -> None:
    metrics = {
        "UnblendedCost": {"Amount": "51.4", "Unit": "USD"},
        "UsageQuantity": {"Amount": "12.85", "Unit": "Hrs"},
    }
    group = {"Keys": ["APN1-CustomLabelsInference"], "Metrics": metrics}
    period = {"Start": "2026-11-01", "End": "2026-12-01"}
    body = {"results": [{"ResultsByTime": [{"TimePeriod": period, "Groups": [group]}]}]}
    request = urllib.request.Request(
        f"{moto}/moto-api/static/ce/cost-and-usage-results",
        data=json.dumps(body).encode(), headers={"Content-Type": "application/json"}, method="POST",
    )  # fmt: skip
    urllib.request.urlopen(request).close()
    (line,) = metering.costs(date(2026, 11, 1), date(2026, 12, 1))
    assert line == ("APN1-CustomLabelsInference", Decimal("12.85"), Decimal("51.4"))


class Refusing:
    """An account whose role may read nothing, or that does not answer."""

    def __init__(self, error: Callable[[str], MeteringError]) -> None:
        self._error = error

    def units_in_service(self, versions: object, bounds: object) -> dict[VersionName, dict[int, Decimal]]:
        raise self._error("cloudwatch:GetMetricData")

    def costs(self, first: date, after: date) -> list[object]:
        raise self._error("ce:GetCostAndUsage")


def a_run(world: World, bakery: Callable[..., Store]) -> None:
    made = world.deployment("breads", bakery("asakusa"))
    Run.objects.create(
        version=made.live_version, deployment=made, requested_at=tokyo(2, 6, 30), accepted_at=tokyo(2, 6, 30),
        running_at=tokyo(2, 6, 39), stopping_at=tokyo(2, 19, 30), ended_at=tokyo(2, 19, 31),
        outcome="STOPPED",
    )  # fmt: skip


def test_month_is_compared_as_far_back_as_cloudwatch_remembers(
    moto: str, metering: AwsMetering, world: World, bakery: Callable[..., Store]
) -> None:
    a_run(world, bakery)
    count(moto, BREADS, tokyo(2, 6, 39), 771)
    asked = {"connection": world.connection, "month": date(2026, 11, 1), "metering": metering}
    found = reconcile_month(**asked, at=tokyo(10, 0))
    assert found.minutes is not None
    assert (found.minutes.billed, found.minutes.metered, found.side.is_cut) == (771, 771, False)
    later = reconcile_month(**asked, at=tokyo(20, 0))
    assert later.minutes is not None
    assert (later.minutes.runs, later.side.is_cut) == ((), True)
    assert reconcile_month(**asked, at=tokyo(60, 0)).minutes is None


def test_run_across_a_rim_is_left_out_on_both_sides(
    moto: str, metering: AwsMetering, world: World, bakery: Callable[..., Store]
) -> None:
    a_run(world, bakery)
    Run.objects.create(
        version=Run.objects.get().version, requested_at=tokyo(3, 6, 30), accepted_at=tokyo(3, 6, 30),
        running_at=tokyo(3, 6, 39),
    )  # fmt: skip
    count(moto, BREADS, tokyo(2, 6, 39), 771)
    count(moto, BREADS, tokyo(3, 6, 39), 60)
    asked = {"connection": world.connection, "month": date(2026, 11, 1), "metering": metering}
    found = reconcile_month(**asked, at=tokyo(3, 9)).minutes
    assert found is not None
    assert (found.billed, found.metered, found.outside) == (771, 771, ())


def test_page_explains_the_difference(
    moto: str, metering: AwsMetering, at_the_desk: World, hq: Client, bakery: Callable[..., Store],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    a_run(at_the_desk, bakery)
    at_the_desk.at = tokyo(10, 0)
    count(moto, BREADS, tokyo(2, 6, 37), 773)
    count(moto, VersionName("breads", "stray"), tokyo(3, 0), 5)
    count(moto, BREADS, tokyo(4, 0), 7)
    monkeypatch.setattr(views, "open_metering", lambda connection: metering)
    address = f"/connections/{at_the_desk.connection.pk}/reconcile/"
    assert "Ask AWS" in hq.get(address).content.decode()
    page = hq.post(address, {"month": "2026-11"}).content.decode()
    for said in (
        "771",
        "780",
        "counted while STARTING",
        "outside the ledger’s runs",
        "counted while STARTING +2",
    ):
        assert said in page, said


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (lambda name: MeteringDenied("no", name), "lacks the permission cloudwatch:GetMetricData"),
        (lambda name: MeteringDenied("no", name), "lacks the permission ce:GetCostAndUsage"),
        (lambda name: MeteringError(f"{name}: throttled"), "cloudwatch:GetMetricData: throttled"),
    ],
)
def test_page_says_what_is_missing(
    at_the_desk: World, hq: Client, monkeypatch: pytest.MonkeyPatch,
    error: Callable[[str], MeteringError], said: str,
) -> None:  # fmt: skip
    monkeypatch.setattr(views, "open_metering", lambda connection: Refusing(error))
    address = f"/connections/{at_the_desk.connection.pk}/reconcile/"
    assert said in hq.post(address).content.decode()


def test_denied_call_names_its_permission(metering: AwsMetering, monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.stub import Stubber

    with Stubber(metering._watch) as stub:
        stub.add_client_error("get_metric_data", "AccessDenied", "not authorized", 403)
        with pytest.raises(MeteringDenied) as denied:
            metering.units_in_service([BREADS], (NOON, NOON + 60))
    assert denied.value.permission == "cloudwatch:GetMetricData"
    with Stubber(metering._costs) as stub:
        stub.add_client_error("get_cost_and_usage", "AccessDeniedException", "not authorized", 400)
        with pytest.raises(MeteringDenied) as denied:
            metering.costs(date(2026, 11, 1), date(2026, 12, 1))
    assert denied.value.permission == "ce:GetCostAndUsage"
