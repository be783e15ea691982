"""A story for each kind that is not about models: tick, photos, budget, drift, keys."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client

from alerts import tasks
from alerts.domain.drift import BINS, js_distance
from alerts.domain.keys_watch import network_of
from alerts.domain.kinds import Pace
from alerts.models import Alert, ScoreDay
from alerts.services.drift import count_scores
from alerts.services.watching import watch_tick
from detections.models import DetectedLabel, Detection, KeyAddress, Label, StoreHour
from detections.services.keys import make_key, revoke_key
from models_registry.models import Budget, Deployment, StoreSpend, TickHeartbeat
from portal.base import clock
from stores.models import Role, Store
from tests.alerts.conftest import look, open_kinds, person
from tests.alerts.test_sockets import Ear, ear
from tests.models_registry.conftest import World, tokyo

__all__ = ["ear"]

NOVEMBER = date(2026, 11, 1)


def test_tick_that_is_too_old_rings_from_outside_the_worker(world: World, asakusa: Deployment) -> None:
    world.tick(tokyo(2, 9))
    since = tokyo(2, 8)
    assert not watch_tick(at=tokyo(2, 9, 0, 15), watching_since=since)
    assert watch_tick(at=tokyo(2, 9, 0, 16), watching_since=since)
    watch_tick(at=tokyo(2, 9, 5), watching_since=since)
    alert = Alert.objects.get()
    assert (alert.kind, alert.noticed_at) == ("TICK_OLD", tokyo(2, 9))
    world.tick(tokyo(2, 9, 6))
    watch_tick(at=tokyo(2, 9, 6, 5), watching_since=since)
    assert open_kinds() == []


def test_watch_that_has_just_begun_is_patient(world: World) -> None:
    assert not watch_tick(at=tokyo(2, 9, 0, 15), watching_since=tokyo(2, 9))
    assert watch_tick(at=tokyo(2, 9, 0, 16), watching_since=tokyo(2, 9))
    assert Alert.objects.get().cause == "NEVER"


def test_watch_sends_by_itself_when_the_worker_is_dead(world: World, monkeypatch) -> None:
    person("hanako", Role.HQ)
    TickHeartbeat.objects.create(pk=1, started_at=tokyo(2, 9), finished_at=tokyo(2, 9))
    for at in (tokyo(2, 9, 1), tokyo(2, 9, 1, 30)):
        monkeypatch.setattr(clock, "now", lambda at=at: at)
        call_command("watch", "--once")
    [sent] = mail.outbox
    assert sent.subject == "Critical: The portal does not decide – the whole franchise"
    assert sent.to == ["hanako@example.com"]


def hour(store: Store, at: datetime, **counts: object) -> StoreHour:
    fields = dict.fromkeys(
        ("requests", "answered", "failed", "slow", "near_miss", "ask", "corrected", "shown", "total_ms",
         "rekognition_ms"), 0,
    )  # fmt: skip
    return StoreHour.objects.create(store=store, hour=at, **{**fields, **counts})


def test_photos_without_an_answer_ring_with_their_commonest_cause(world: World, asakusa: Deployment) -> None:
    store = Store.objects.get()
    world.at = tokyo(2, 9, 20)
    row = hour(store, tokyo(2, 9), requests=40, answered=20, failed=20,
               errors={"AWS_DOWN:unanswered": 18, "THROTTLED:slow_down": 2})  # fmt: skip
    look(world, Pace.STEADY)
    alert = Alert.objects.get(kind="ERROR_RATE")
    assert (alert.cause, alert.params, alert.connection_id) == ("AWS_DOWN", {"percent": 50}, None)
    assert alert.group == f"ERROR_RATE:AWS_DOWN:{asakusa.connection_id}"
    row.delete()
    world.at = tokyo(2, 11, 1)
    look(world, Pace.STEADY)
    assert open_kinds() == []


def test_one_photo_that_failed_is_no_alert(world: World, asakusa: Deployment) -> None:
    hour(Store.objects.get(), tokyo(2, 9), requests=6, answered=4, failed=2)
    world.at = tokyo(2, 9, 20)
    look(world, Pace.STEADY)
    assert open_kinds() == []


def test_slow_answers_ring(world: World, asakusa: Deployment) -> None:
    hour(Store.objects.get(), tokyo(2, 9), requests=40, answered=40, slow=20)
    world.at = tokyo(2, 9, 20)
    look(world, Pace.STEADY)
    assert open_kinds() == ["SLOW"]


def test_budget_rings_when_it_is_spent_and_goes_quiet_when_it_is_raised(
    world: World, asakusa: Deployment
) -> None:
    store = Store.objects.get()
    budget = Budget.objects.create(
        store=store, usd_per_month=Decimal(100), valid_from=NOVEMBER, action="WARN"
    )
    world.at = tokyo(20, 9)
    StoreSpend.objects.create(
        store=store, deployment=asakusa, on=date(2026, 11, 3), billed_minutes=2_000, overhead_minutes=0,
        usd=Decimal(133),
    )  # fmt: skip
    look(world, Pace.SLOW)
    alert = Alert.objects.get()
    assert (alert.kind, alert.cause, alert.store, alert.params) == (
        "OVER_BUDGET", "SPENT", store, {"limit_usd": 100},
    )  # fmt: skip
    Budget.objects.filter(pk=budget.pk).update(usd_per_month=Decimal(100_000))
    look(world, Pace.SLOW)
    assert open_kinds() == []


def test_budget_that_will_not_last_rings_by_the_forecast(world: World, asakusa: Deployment) -> None:
    Budget.objects.create(
        area=Store.objects.get().area, usd_per_month=Decimal(50), valid_from=NOVEMBER, action="WARN"
    )
    world.at = tokyo(2, 3)
    look(world, Pace.SLOW)
    assert Alert.objects.get().cause == "FORECAST"


def day_of(store: Store, version: int, on: date, *, high: int, low: int, boxes: int = 400) -> ScoreDay:
    """A day with half of its boxes in each of two bins."""
    bins = [0] * BINS
    bins[high] += boxes // 2
    bins[low] += boxes // 2
    label, _ = Label.objects.get_or_create(name="anpan")
    return ScoreDay(store=store, version_id=version, label=label, on=on, bins=bins)


def drift_days(asakusa: Deployment, store: Store, *, low: int) -> None:
    assert asakusa.live_version_id is not None
    first = date(2026, 9, 1)
    ScoreDay.objects.bulk_create(
        day_of(store, asakusa.live_version_id, first + timedelta(days=n), high=19, low=18 if n < 40 else low)
        for n in range(60)
    )


def test_label_that_looks_different_in_two_windows_is_drift(world: World, asakusa: Deployment) -> None:
    store = Store.objects.get()
    drift_days(asakusa, store, low=12)
    world.at = tokyo(1, 12)
    look(world, Pace.SLOW)
    alert = Alert.objects.get()
    assert (alert.kind, alert.store, alert.params) == ("DRIFT", store, {"label": "anpan", "labels": 1})


def test_label_that_looks_the_same_is_no_drift(world: World, asakusa: Deployment) -> None:
    drift_days(asakusa, Store.objects.get(), low=18)
    world.at = tokyo(1, 12)
    look(world, Pace.SLOW)
    assert open_kinds() == []


def test_distance_is_nothing_for_the_same_and_one_for_nothing_in_common() -> None:
    assert js_distance([1, 1, 0], [50, 50, 0]) == pytest.approx(0)
    assert js_distance([1, 0, 0], [0, 0, 9]) == pytest.approx(1)
    assert js_distance([1, 0], [1, 1]) == pytest.approx(0.5579, abs=1e-4)


def test_days_that_are_over_are_counted_once(world: World, asakusa: Deployment) -> None:
    store, label = Store.objects.get(), Label.objects.create(name="melonpan")
    for at, confidence, fate in (
        (tokyo(2, 12), 97.0, "A"), (tokyo(2, 13), 100.0, "A"), (tokyo(2, 14), 3.0, "H"),
        (tokyo(5, 12), 61.0, "N"), (tokyo(6, 12), 97.0, "A"),
    ):  # fmt: skip
        photo = Detection.objects.create(
            store=store, version=asakusa.live_version, at=at, taken_at=at, outcome="ANSWERED",
            source="REGISTER", picture_sha256="0" * 64,
        )  # fmt: skip
        DetectedLabel.objects.create(
            detection=photo, label=label, store=store, taken_at=at, confidence=confidence, threshold=60,
            fate=fate,
        )  # fmt: skip
    assert count_scores(at=tokyo(6, 20)) == 2
    assert count_scores(at=tokyo(6, 20)) == 0
    counted = {row.on.day: (row.bins[19], row.bins[12], sum(row.bins)) for row in ScoreDay.objects.all()}
    assert counted == {2: (2, 0, 2), 5: (0, 1, 1)}


@pytest.fixture
def register(world: World, asakusa: Deployment, monkeypatch) -> tuple[Store, str]:
    cache.clear()
    monkeypatch.setattr(clock, "now", lambda: world.at)
    made = make_key(store=Store.objects.get(), name="Till 1", author=None)
    type(made.key).objects.update(created_at=tokyo(1, 9))
    return made.key.store, made.text


def call(text: str, address: str) -> int:
    headers = {"authorization": f"Bearer {text}"}
    return Client(headers=headers).get("/api/v1/store", REMOTE_ADDR=address).status_code


def test_key_used_from_many_networks_is_leaking(world: World, register: tuple[Store, str]) -> None:
    world.at = tokyo(2, 9)
    for last in range(1, 6):
        assert call(register[1], f"203.0.{last}.{last}") == 200
        call(register[1], f"203.0.{last}.{last + 1}")
    look(world, Pace.STEADY)
    alert = Alert.objects.get()
    assert (alert.kind, alert.cause, alert.store) == ("KEY_LEAKING", "MANY", register[0])
    world.at = tokyo(3, 10)
    look(world, Pace.STEADY)
    assert open_kinds() == []


def test_key_tried_after_it_was_revoked_is_leaking(world: World, register: tuple[Store, str]) -> None:
    world.at = tokyo(2, 9)
    assert call(register[1], "203.0.113.9") == 200
    revoke_key(key=register[0].api_keys.get(), at=tokyo(2, 10))
    world.at = tokyo(2, 11)
    assert call(register[1], "203.0.113.9") == 401
    look(world, Pace.STEADY)
    assert Alert.objects.get().cause == "ENDED"
    assert KeyAddress.objects.get().refused_at == tokyo(2, 11)


def test_key_that_nobody_uses_is_told_once_it_is_two_weeks_old(
    world: World, register: tuple[Store, str]
) -> None:
    world.at = tokyo(15, 8, 59)
    look(world, Pace.STEADY)
    assert open_kinds() == []
    world.at = tokyo(15, 9)
    look(world, Pace.STEADY)
    alert = Alert.objects.get()
    assert (alert.kind, alert.severity, alert.cause) == ("KEY_UNUSED", "INFO", "NEVER")


def test_addresses_of_one_line_count_once() -> None:
    assert network_of("203.0.113.9") == network_of("203.0.113.200")
    assert network_of("2001:db8:1:2::3") == network_of("2001:db8:1:9::1")
    assert network_of("odd") == "odd"


def test_dead_mans_watch_is_called_only_while_the_tick_is_fresh(
    world: World, asakusa: Deployment, ear: Ear, settings, monkeypatch
) -> None:
    settings.DEADMAN_URL = f"{ear.address}/ping/1"
    monkeypatch.setattr(clock, "now", lambda: world.at)
    cache.clear()
    world.tick(tokyo(2, 9))
    tasks.sweep(Pace.QUICK.value)
    tasks.sweep(Pace.QUICK.value)
    assert [each[:2] for each in ear.heard] == [("GET", "/ping/1")]
    cache.clear()
    world.at = tokyo(2, 9, 1)
    tasks.sweep(Pace.QUICK.value)
    assert len(ear.heard) == 1
