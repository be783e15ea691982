"""The commands of the day loop, as a shell sees them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from models_registry.models import Connection, Deployment
from stores.models import Store
from tests.models_registry.conftest import World, tokyo

Bakery = Callable[..., Store]


def said(*words: str) -> str:
    """Run a command and return what it prints."""
    output = io.StringIO()
    call_command(*words, stdout=output)
    return output.getvalue()


def said_json(*words: str) -> Any:
    return json.loads(said(*words, "--format", "json"))


@pytest.fixture
def asakusa(world: World, bakery: Bakery) -> Deployment:
    return world.deployment("asakusa", bakery("asakusa"), uses_learned_lead=False)


def test_plan_prints_open_and_ready_windows_in_utc(asakusa: Deployment) -> None:
    line = json.loads(said("plan", "--store", "asakusa", "--from", "2026-11-02", "--days", "1"))
    assert line["store"] == "asakusa"
    assert line["timezone"] == "Asia/Tokyo"
    assert line["open"] == [{"start": "2026-11-01T22:00:00Z", "end": "2026-11-02T10:00:00Z"}]
    assert line["ready"] == [
        {
            "start": "2026-11-01T21:30:00Z",
            "end": "2026-11-02T10:30:00Z",
            "reasons": ["asakusa is open Mon 07:00–19:00."],
        }
    ]


def test_plan_is_clipped_to_the_local_days_asked_for(bakery: Bakery, db: None) -> None:
    bakery("night", {0: [(1080, 1560)], 1: [(10, 600)]})
    line = json.loads(said("plan", "--all", "--from", "2026-11-02", "--days", "1"))
    assert line["open"] == [{"start": "2026-11-02T09:00:00Z", "end": "2026-11-02T15:00:00Z"}]
    assert line["ready"][0]["end"] == "2026-11-02T15:00:00Z"


def test_plan_of_an_unknown_store_says_so(db: None) -> None:
    with pytest.raises(CommandError, match="There is no store nobody"):
        said("plan", "--store", "nobody", "--from", "2026-11-02")


@pytest.mark.parametrize("days", ["0", "801"])
def test_plan_of_too_many_or_no_days_is_refused(db: None, days: str) -> None:
    with pytest.raises(CommandError, match="must lie between 1 and 800"):
        said("plan", "--all", "--from", "2026-11-02", "--days", days)


def test_explain_answers_in_sentences_and_as_json(asakusa: Deployment) -> None:
    at = tokyo(2, 6, 45).isoformat()
    assert "Asakusa is closed at 2026-11-02 06:45 JST." in said("explain", "--store", "asakusa", "--at", at)
    assert said_json("explain", "--store", "asakusa", "--at", at)["is_needed"] is True


def test_forecast_gives_the_fleet_and_each_store(asakusa: Deployment) -> None:
    forecast = said_json("forecast", "--month", "2027-01")
    assert forecast["total"]["always_on_usd"] == "2976.00"
    assert forecast["stores"][0]["planned_minutes"] == "24180.00"
    assert "2976.00" in said("forecast", "--month", "2027-01")


def test_tick_and_sync_registry_say_so_when_there_is_nothing_to_do(db: None) -> None:
    assert said_json("tick", "--at", "2026-11-02T06:30:00+09:00")["deployments"] == 0
    assert "There is no active AWS connection yet." in said("sync_registry")


def test_sync_registry_prints_why_aws_did_not_answer(db: None, settings: Any) -> None:
    settings.AWS_ENDPOINT_URL_REKOGNITION = "http://127.0.0.1:9"
    Connection.objects.create(name="Nowhere", region="ap-northeast-1")
    assert "Nowhere: Amazon Rekognition did not answer" in said("sync_registry")


def test_tick_needs_an_instant_with_its_offset(db: None) -> None:
    with pytest.raises(CommandError, match="has no time zone"):
        said("tick", "--at", "2026-11-02T06:30:00")


def test_rebuild_spend_counts_rows_and_refuses_a_range_that_runs_backwards(db: None) -> None:
    assert "0 rows of spend" in said("rebuild_spend", "--from", "2026-11-01", "--to", "2026-11-02")
    with pytest.raises(CommandError, match="lies before"):
        said("rebuild_spend", "--from", "2026-11-02", "--to", "2026-11-01")
