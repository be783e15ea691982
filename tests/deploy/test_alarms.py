"""The alarms of the stack against the metrics that the portal really publishes.

Moto keeps alarms and data points and judges neither, so the alarms are judged here as CloudWatch does.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from alerts.domain.signs import Signs
from alerts.gateways.cloudwatch import CloudWatch, Place
from models_registry.gateways.aws import Account
from tests.deploy.amazon import Amazon
from tests.models_registry.conftest import tokyo

NINE = tokyo(2, 9)
WELL = Signs(3.0, 0, 1, 0)


def rings(amazon: Amazon, name: str, at: datetime) -> bool:
    """Judge an alarm at an instant: its last minutes, each by its data point or by what silence means."""
    watch = amazon.client("cloudwatch")
    (alarm,) = watch.describe_alarms(AlarmNames=[f"kamado: {name}"])["MetricAlarms"]
    minutes = alarm["EvaluationPeriods"]
    begin = at - timedelta(minutes=minutes)
    found = watch.get_metric_statistics(
        Namespace=alarm["Namespace"], MetricName=alarm["MetricName"], Dimensions=alarm["Dimensions"],
        StartTime=begin, EndTime=at, Period=alarm["Period"], Statistics=[alarm["Statistic"]],
        Unit=alarm["Unit"],
    )  # fmt: skip
    points = {each["Timestamp"]: each[alarm["Statistic"]] for each in found["Datapoints"]}
    return all(_breaches(alarm, points.get(begin + timedelta(minutes=number))) for number in range(minutes))


def _breaches(alarm: dict[str, Any], value: float | None) -> bool:
    if value is None:
        return bool(alarm["TreatMissingData"] == "breaching")
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
    return bool(value > alarm["Threshold"])


@pytest.fixture
def portal(amazon: Amazon, monkeypatch: pytest.MonkeyPatch) -> CloudWatch:
    """The portal's own gateway, told what the stack's outputs say."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH", amazon.endpoint)
    amazon.deploy(PortalAddress="https://kamado.example.com")
    said = amazon.outputs()
    place = Place(
        Account(said["ConnectionRegion"]), said["SettingCloudwatchNamespace"], said["SettingInstallation"]
    )
    return CloudWatch(place)


def publish(portal: CloudWatch, signs: Signs, *, minutes: int, at: datetime = NINE) -> None:
    for minute in range(minutes):
        portal.publish(signs, at=at + timedelta(minutes=minute))


def test_portal_that_lives_is_quiet(amazon: Amazon, portal: CloudWatch) -> None:
    publish(portal, WELL, minutes=6)
    at = NINE + timedelta(minutes=6)
    assert not rings(amazon, "the portal is silent", at)
    assert not rings(amazon, "open without a model", at)


def test_dead_portal_rings_after_five_minutes(amazon: Amazon, portal: CloudWatch) -> None:
    publish(portal, WELL, minutes=3)
    assert not rings(amazon, "the portal is silent", NINE + timedelta(minutes=7))
    assert rings(amazon, "the portal is silent", NINE + timedelta(minutes=8))
    assert not rings(amazon, "open without a model", NINE + timedelta(minutes=8))


def test_worker_that_publishes_but_no_longer_decides_rings(amazon: Amazon, portal: CloudWatch) -> None:
    publish(portal, Signs(61.0, 0, 1, 0), minutes=5)
    assert rings(amazon, "the portal is silent", NINE + timedelta(minutes=5))


def test_portal_that_never_decided_rings(amazon: Amazon, portal: CloudWatch) -> None:
    publish(portal, Signs(None, 0, 0, 0), minutes=5)
    assert rings(amazon, "the portal is silent", NINE + timedelta(minutes=5))


def test_store_open_for_three_minutes_without_its_model_rings(amazon: Amazon, portal: CloudWatch) -> None:
    publish(portal, WELL, minutes=2)
    publish(portal, Signs(3.0, 1, 0, 1), minutes=3, at=NINE + timedelta(minutes=2))
    assert not rings(amazon, "open without a model", NINE + timedelta(minutes=4))
    assert rings(amazon, "open without a model", NINE + timedelta(minutes=5))
