"""What Prometheus reads: its own parser understands it, the numbers are the log's, and who may ask."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics

from detections.models import Detection
from detections.services.health import recount_recent
from models_registry.models import StoreSpend, Trouble
from stores.models import Store
from tests.home.conftest import Bakery, Street, make_ready
from tests.models_registry.conftest import World, tokyo

QUERIES = 9


def samples(client: Client, **headers: str) -> dict[tuple[str, tuple[str, ...]], float]:
    """Return what Prometheus's parser reads: a value by name and label values, labels by name."""
    text = client.get("/metrics", headers=headers).content.decode()
    return {
        (each.name, tuple(value for _, value in sorted(each.labels.items()))): each.value
        for family in parser.text_string_to_metric_families(text)
        for each in family.samples
    }


def photos(store: Store, world: World, count: int, **facts: Any) -> None:
    base = {
        "outcome": "ANSWERED",
        "source": "REGISTER",
        "picture_sha256": "k",
        "at": world.at,
        "taken_at": world.at,
    }
    Detection.objects.bulk_create(Detection(store=store, **base | facts) for _ in range(count))


@pytest.fixture
def morning(street: Street, at_the_shop: World) -> World:
    """Nine o'clock: a model runs, photos came in, one waits; yesterday's are not today's."""
    make_ready(at_the_shop)
    store = street.asakusa
    photos(store, at_the_shop, 3, total_ms=300, rekognition_ms=250, near_miss_count=1)
    photos(store, at_the_shop, 1, total_ms=1500, rekognition_ms=1400, is_corrected=True)
    photos(store, at_the_shop, 2, outcome="AWS_REFUSED", error_code="aws_access_denied")
    photos(store, at_the_shop, 1, outcome="WAITING")
    photos(store, at_the_shop, 50, at=at_the_shop.at - timedelta(hours=9, seconds=1))
    recount_recent(at=at_the_shop.at)
    return at_the_shop


def test_photos_of_today_are_counted_by_outcome_and_error(client: Client, morning: World) -> None:
    found = samples(client)

    assert found["kamado_photos_total", ("ANSWERED",)] == 4
    assert found["kamado_photos_total", ("AWS_REFUSED",)] == 2
    assert found["kamado_photos_total", ("THROTTLED",)] == 0
    assert found["kamado_photo_errors_total", ("aws_access_denied", "AWS_REFUSED")] == 2
    assert found["kamado_photos_open", ("WAITING",)] == 1
    assert found["kamado_photos_marked_total", ("near_miss",)] == 3
    assert found["kamado_photos_corrected", ()] == 1


def test_latencies_are_a_cumulative_histogram_in_seconds(client: Client, morning: World) -> None:
    found = samples(client)
    buckets = {name[1][0]: value for name, value in found.items() if name[0] == "kamado_photo_seconds_bucket"}

    assert (buckets["0.256"], buckets["0.304"], buckets["1.024"], buckets["+Inf"]) == (0, 3, 3, 4)
    assert list(buckets.values()) == sorted(buckets.values())
    assert found["kamado_photo_seconds_count", ()] == 4
    assert found["kamado_photo_seconds_sum", ()] == pytest.approx(2.4)
    assert found["kamado_rekognition_seconds_sum", ()] == pytest.approx(2.15)


def test_fleet_is_told_by_state_with_its_tick_units_and_cost(
    client: Client, street: Street, morning: World
) -> None:
    Trouble.objects.create(deployment=street.deployment, code="NOT_READY", opened_at=morning.at)
    Trouble.objects.create(
        deployment=street.deployment, code="STRAY", opened_at=morning.at, closed_at=morning.at
    )
    for on, usd in ((morning.at.date(), "2.5"), (morning.at.date() - timedelta(days=9), "40")):
        StoreSpend.objects.create(
            store=street.asakusa, deployment=street.deployment, on=on,
            billed_minutes=90, overhead_minutes=0, usd=Decimal(usd),
        )  # fmt: skip
    morning.at += timedelta(seconds=7)

    found = samples(client)

    assert (found["kamado_stores", ("RUNNING",)], found["kamado_stores", ("NONE",)]) == (1, 1)
    assert found["kamado_stores", ("STARTING",)] == 0
    assert found["kamado_tick_age_seconds", ()] == 7
    assert (found["kamado_models_running", ()], found["kamado_inference_units_running", ()]) == (1, 1)
    assert found["kamado_alerts_open", ("NOT_READY",)] == 1
    assert ("kamado_alerts_open", ("STRAY",)) not in found
    assert (found["kamado_month_spend_usd", ()], found["kamado_month_unit_hours", ()]) == (2.5, 1.5)


def test_counters_begin_again_at_midnight_of_the_bakeries(client: Client, morning: World) -> None:
    morning.at = tokyo(3, 0, 1)
    assert samples(client)["kamado_photos_total", ("ANSWERED",)] == 0


def test_openmetrics_is_spoken_to_whom_asks_for_it(client: Client, morning: World) -> None:
    answer = client.get("/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"})

    assert answer["Content-Type"].startswith("application/openmetrics-text")
    names = {family.name for family in openmetrics.text_string_to_metric_families(answer.content.decode())}
    assert {"kamado_photos", "kamado_photo_seconds", "kamado_stores"} <= names


def test_scrape_asks_as_often_for_sixty_stores_as_for_none(
    client: Client, at_the_shop: World, bakery: Bakery
) -> None:
    with CaptureQueriesContext(connection) as none:
        samples(client)
    for number in range(60):
        photos(bakery(f"shop-{number}"), at_the_shop, 3, total_ms=number)
    recount_recent(at=at_the_shop.at)
    with CaptureQueriesContext(connection) as sixty:
        assert samples(client)["kamado_photos_total", ("ANSWERED",)] == 180

    assert len(sixty) == len(none) <= QUERIES


def test_token_opens_from_anywhere_and_nothing_else_does(client: Client, db: None, settings: Any) -> None:
    settings.METRICS_TOKEN = "flour-and-water"
    far = {"REMOTE_ADDR": "203.0.113.9"}

    assert (
        client.get("/metrics", headers={"authorization": "Bearer flour-and-water"}, **far).status_code == 200
    )
    for sent in ("Bearer flour", "flour-and-water", "Bearer 粉", ""):
        refused = client.get("/metrics", headers={"authorization": sent}, **far)
        assert (refused.status_code, refused["WWW-Authenticate"]) == (401, "Bearer")
        assert "flour-and-water" not in refused.content.decode()
    assert client.get("/metrics").status_code == 401


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.1", "::1"])
def test_without_a_token_this_machine_may_ask(client: Client, db: None, address: str) -> None:
    assert client.get("/metrics", REMOTE_ADDR=address).status_code == 200


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("203.0.113.9", {}), ("10.0.0.1", {}), ("", {}), ("unix:", {}),
        ("127.0.0.1", {"x-forwarded-for": "203.0.113.9"}), ("::1", {"forwarded": "for=203.0.113.9"}),
    ],
)  # fmt: skip
def test_without_a_token_nobody_else_may_ask(
    client: Client, db: None, address: str, headers: dict[str, str]
) -> None:
    refused = client.get("/metrics", REMOTE_ADDR=address, headers=headers)

    assert refused.status_code == 403
    assert "Set it" in refused.content.decode()
