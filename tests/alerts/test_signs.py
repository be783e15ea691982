"""Signs of life for a watch outside: what they say, where they go, and what comes of a refusal."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

import boto3
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from alerts import tasks
from alerts.domain.kinds import Pace
from alerts.domain.signs import Signs, SignsRefused
from alerts.gateways.cloudwatch import CloudWatch, Place
from alerts.models import Alert
from alerts.selectors.signs import signs
from alerts.services.publishing import publish_signs
from models_registry.gateways.aws import Account
from models_registry.models import Deployment, Trouble
from portal.base import clock
from portal.base.checks import check_signs_of_life
from portal.settings import cloudwatch_namespace, installation
from stores.models import Store
from tests.alerts.conftest import look, open_kinds
from tests.models_registry.conftest import World, tokyo
from tests.models_registry.test_reconciliation import moto

__all__ = ["moto"]

PLACE = Place(Account("ap-northeast-1"), "Kamado", "kamado")
WELL = Signs(3.2, 0, 2, 0)


def test_late_morning_is_counted_by_stores_that_are_open(world: World, bakery: Callable[..., Store]) -> None:
    """Three shops share a model that starts for fifty minutes; the third of them opens at eleven."""
    late = {day: [(660, 1140)] for day in range(7)}
    world.deployment("breads", bakery("asakusa"), bakery("umeda"), bakery("namba", late))
    world.rekognition.start_seconds = 3_000
    world.tick(tokyo(2, 6, 30))
    world.ticks(tokyo(2, 6, 59), seconds=60)
    assert signs(at=world.at).stores_not_ready == 0
    world.ticks(tokyo(2, 7, 5), seconds=60)
    look(world)
    now = signs(at=world.at + timedelta(seconds=4))
    assert (now.tick_age_seconds, now.stores_not_ready) == (4.0, 2)
    assert (now.models_running, now.alerts_critical) == (0, 1)
    world.ticks(tokyo(2, 7, 30), seconds=60)
    look(world)
    assert signs(at=world.at) == Signs(0.0, 0, 1, 0)


def test_counting_costs_the_same_for_any_number_of_stores(world: World, bakery: Callable[..., Store]) -> None:
    for name in ("asakusa", "umeda", "namba", "tenjin"):
        world.deployment(name, bakery(name))
    world.rekognition.start_seconds = 3_000
    world.tick(tokyo(2, 6, 30))
    world.ticks(tokyo(2, 7, 1), seconds=300)
    with CaptureQueriesContext(
        database,
    ) as asked:
        assert signs(at=world.at).stores_not_ready == 4
    assert len(asked) <= 8


def test_portal_that_never_decided_says_nothing_of_its_age() -> None:
    assert [each.name for each in Signs(None, 0, 0, 0).listed()] == [
        "StoresNotReady", "ModelsRunning", "CriticalAlerts",
    ]  # fmt: skip


@pytest.fixture
def cloudwatch(moto: str, monkeypatch: pytest.MonkeyPatch) -> CloudWatch:
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH", moto)
    return CloudWatch(PLACE)


def kept(endpoint: str, name: str, at: datetime) -> list[float]:
    watch = boto3.client("cloudwatch", region_name="ap-northeast-1", endpoint_url=endpoint)
    found = watch.get_metric_statistics(
        Namespace="Kamado", MetricName=name, Dimensions=[{"Name": "Installation", "Value": "kamado"}],
        StartTime=at - timedelta(minutes=1), EndTime=at + timedelta(minutes=1), Period=60,
        Statistics=["Maximum"],
    )  # fmt: skip
    return [each["Maximum"] for each in found["Datapoints"]]


def test_cloudwatch_keeps_what_is_published(moto: str, cloudwatch: CloudWatch) -> None:
    at = tokyo(2, 9)
    cloudwatch.publish(WELL, at=at)
    assert kept(moto, "TickAge", at) == [3.2]
    assert kept(moto, "StoresNotReady", at) == [0]
    assert kept(moto, "ModelsRunning", at) == [2]


@pytest.mark.parametrize(
    ("code", "status", "cause"),
    [
        ("AccessDenied", 403, "DENIED"),
        ("ExpiredToken", 403, "DENIED"),
        ("InternalFailure", 500, "UNANSWERED"),
        ("InvalidParameterValue", 400, "REFUSED"),
    ],
)
def test_refusal_says_why(cloudwatch: CloudWatch, code: str, status: int, cause: str) -> None:
    from botocore.stub import Stubber

    with Stubber(cloudwatch._client) as stub:
        for _ in range(2):
            stub.add_client_error("put_metric_data", code, "no", status)
        with pytest.raises(SignsRefused) as refused:
            cloudwatch.publish(WELL, at=tokyo(2, 9))
    assert refused.value.cause == cause


def test_nobody_there_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH", "http://127.0.0.1:9")
    with pytest.raises(SignsRefused) as refused:
        CloudWatch(PLACE).publish(WELL, at=tokyo(2, 9))
    assert refused.value.cause == "UNANSWERED"


class Deaf:
    """A watch that takes nothing, for a reason."""

    cause = "DENIED"

    def publish(self, signs: Signs, *, at: datetime) -> None:
        if self.cause:
            raise SignsRefused(f"{self.cause}: no", self.cause)


def test_refusal_is_logged_once_rings_and_is_over_when_signs_are_taken(
    world: World, asakusa: Deployment, caplog: pytest.LogCaptureFixture
) -> None:
    deaf = Deaf()
    world.at = tokyo(2, 9)
    with caplog.at_level(logging.WARNING, "alerts.services.publishing"):
        for _ in range(3):
            publish_signs(outside=deaf, at=world.at)
            look(world, Pace.STEADY)
            world.at += timedelta(minutes=1)
    assert len(caplog.records) == 1
    assert open_kinds() == []
    world.at = tokyo(2, 9, 6)
    look(world, Pace.STEADY)
    assert open_kinds() == ["SIGNS_REFUSED"]
    deaf.cause = "UNANSWERED"
    publish_signs(outside=deaf, at=world.at)
    look(world, Pace.STEADY)
    assert Alert.objects.get().cause == "UNANSWERED"
    deaf.cause = ""
    publish_signs(outside=deaf, at=world.at)
    look(world, Pace.STEADY)
    assert (open_kinds(), Trouble.objects.filter(closed_at__isnull=True).count()) == ([], 0)


@pytest.fixture
def nine(world: World, asakusa: Deployment, monkeypatch: pytest.MonkeyPatch) -> World:
    world.tick(tokyo(2, 9))
    monkeypatch.setattr(clock, "now", lambda: world.at + timedelta(seconds=2))
    return world


def test_without_a_namespace_nothing_is_published_and_an_old_refusal_is_over(nine: World) -> None:
    publish_signs(outside=Deaf(), at=nine.at)
    tasks.signs_of_life()
    assert not Trouble.objects.filter(code="SIGNS_REFUSED", closed_at__isnull=True).exists()


def test_task_publishes_where_the_settings_say(
    nine: World, moto: str, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH", moto)
    settings.CLOUDWATCH_NAMESPACE, settings.INSTALLATION = "Kamado", "kansai"
    settings.CLOUDWATCH_CONNECTION = nine.connection.name
    tasks.signs_of_life()
    watch = boto3.client("cloudwatch", region_name="ap-northeast-1", endpoint_url=moto)
    found = [
        each["MetricName"]
        for each in watch.list_metrics(Namespace="Kamado")["Metrics"]
        if each["Dimensions"] == [{"Name": "Installation", "Value": "kansai"}]
    ]
    assert sorted(found) == ["CriticalAlerts", "ModelsRunning", "StoresNotReady", "TickAge"]


def test_connection_that_is_not_there_is_said_to_be(nine: World, settings) -> None:
    settings.CLOUDWATCH_NAMESPACE, settings.CLOUDWATCH_CONNECTION = "Kamado", "Osaka"
    tasks.signs_of_life()
    assert Trouble.objects.get(code="SIGNS_REFUSED").params["cause"] == "CONNECTION"


def test_meter_that_counts_otherwise_rings(world: World, asakusa: Deployment) -> None:
    params = {"cause": "RUNS", "billed": 771, "metered": 778}
    trouble = Trouble.objects.create(
        version=asakusa.live_version, code="METER_DIFFERS", params=params, opened_at=world.at
    )
    look(world, Pace.STEADY)
    alert = Alert.objects.get()
    assert (alert.kind, alert.version_id, alert.connection_id) == (
        "METER_DIFFERS", asakusa.live_version_id, world.connection.pk,
    )  # fmt: skip
    trouble.closed_at = world.at
    trouble.save(update_fields=["closed_at"])
    look(world, Pace.STEADY)
    assert open_kinds() == []


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("KAMADO_CLOUDWATCH_NAMESPACE", "AWS/Rekognition", cloudwatch_namespace),
        ("KAMADO_CLOUDWATCH_NAMESPACE", "Ka mado", cloudwatch_namespace),
        ("KAMADO_INSTALLATION", "Kamado", installation),
        ("KAMADO_INSTALLATION", "k" * 25, installation),
    ],
)
def test_bad_name_stops_the_program(
    name: str, value: str, read: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=f"{name}='{value}'"):
        read()


def test_connection_without_a_namespace_is_an_error(settings) -> None:
    assert check_signs_of_life(None) == []
    settings.CLOUDWATCH_CONNECTION = "Osaka"
    (error,) = check_signs_of_life(None)
    assert (error.id, "Set KAMADO_CLOUDWATCH_NAMESPACE" in error.hint) == ("kamado.E010", True)
    settings.CLOUDWATCH_NAMESPACE = "Kamado"
    assert check_signs_of_life(None) == []


def test_list_of_problems_says_both_in_words(world: World, asakusa: Deployment, hq: Client) -> None:
    publish_signs(outside=Deaf(), at=world.at)
    params = {"cause": "RUNS", "billed": 771, "metered": 778}
    version = asakusa.live_version
    Trouble.objects.create(version=version, code="METER_DIFFERS", params=params, opened_at=world.at)
    page = hq.get(reverse("admin:models_registry_trouble_changelist")).content.decode()
    for said in ("the portal", "no signs of life: DENIED: no", "bills 771 unit minutes", "counted 778"):
        assert said in page, said
