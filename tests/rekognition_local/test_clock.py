"""The three clocks, and what a restart does to them."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rekognition_local import clock
from rekognition_local.clock import Anchor, Clock
from rekognition_local.instants import from_iso
from rekognition_local.server import serve
from rekognition_local.settings import ClockMode, Settings, Span
from tests.rekognition_local.local import OPENING, Local


def test_immediate_clock_completes_a_change_at_the_next_look(local_with: Callable[..., Local]) -> None:
    local = local_with(clock=ClockMode.IMMEDIATE)
    arn = local.version()

    assert local.start(arn) == "STARTING"
    assert local.status(arn) == "RUNNING"
    assert local.stop(arn) == "STOPPING"
    assert local.status(arn) == "STOPPED"


def test_scaled_clock_shortens_a_change(local_with: Callable[..., Local]) -> None:
    local = local_with(clock=ClockMode.SCALED, scale=100_000.0)
    arn = local.version()
    local.start(arn)

    deadline = time.monotonic() + 20
    while local.status(arn) == "STARTING" and time.monotonic() < deadline:
        time.sleep(0.005)

    assert local.status(arn) == "RUNNING"


def test_manual_clock_stands_still(local: Local) -> None:
    assert [local.get("clock")["now"] for _ in range(2)] == ["2026-11-23T00:00:00.000Z"] * 2


def test_manual_clock_is_set_to_an_instant_of_any_zone(local: Local) -> None:
    assert local.post("clock", {"set": "2026-11-23T18:00:00+09:00"})["now"] == "2026-11-23T09:00:00.000Z"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"advance_seconds": -1},
        {"advance_seconds": 1e12},
        {"advance_seconds": "10"},
        {"set": "2026-11-22T23:59:59Z"},
        {"set": "2026-11-24T00:00:00"},
        {"set": "tomorrow"},
        {"set": "9999-12-31T23:59:59Z"},
    ],
)
def test_clock_call_that_makes_no_sense_is_refused(local: Local, body: dict[str, Any]) -> None:
    status, content = local.control("POST", "clock", body)

    assert status == 400
    assert content["error"]
    assert local.get("clock")["now"] == "2026-11-23T00:00:00.000Z"


def test_time_may_be_skipped_on_every_clock(local_with: Callable[..., Local]) -> None:
    local = local_with(clock=ClockMode.SCALED, scale=1.0)
    arn = local.version()
    local.start(arn)

    local.advance(600)

    assert local.status(arn) == "RUNNING"


def test_manual_clock_goes_on_where_it_stood_after_a_restart(tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path, port=0, clock=ClockMode.MANUAL, start_at_ms=from_iso(OPENING), control=True
    )
    with serve(settings) as server:
        Local(server).advance(3600)

    with serve(settings) as server:
        assert Local(server).get("clock")["now"] == "2026-11-23T01:00:00.000Z"


@pytest.mark.parametrize(
    ("scale", "elapsed_ms", "expected_ms"), [(1.0, 5_000, 6_000), (60.0, 5_000, 301_000), (0.0, 5_000, 1_000)]
)
def test_time_goes_on_while_no_server_runs(scale: float, elapsed_ms: int, expected_ms: int) -> None:
    anchor = Anchor(local_ms=1_000, wall_ms=50_000.0, scale=scale)

    assert anchor.local_at(50_000.0 + elapsed_ms) == expected_ms


def test_time_never_runs_backwards_when_the_wall_clock_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    wall = [100_000.0, 160_000.0, 30_000.0, 170_000.0]
    monkeypatch.setattr(clock, "wall_ms", lambda: wall.pop(0))
    local_clock = Clock(local_ms=0, scale=1.0)

    assert [local_clock.now_ms() for _ in range(3)] == [60_000, 60_000, 70_000]


def test_time_never_runs_backwards_over_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(data_dir=tmp_path, port=0, scale=1.0, control=True)
    with serve(settings) as server:
        before = Local(server).get("clock")["now"]

    monkeypatch.setattr(time, "time", lambda: 0.0)
    with serve(settings) as server:
        assert Local(server).get("clock")["now"] >= before


def test_change_of_status_is_exact_however_late_anybody_looks(local: Local) -> None:
    arn = local.version()
    local.start(arn)

    local.advance(100_000)

    run = local.get("meter")["versions"][0]["run_list"][0]
    assert local.status(arn) == "RUNNING"
    assert run["running_at"] == "2026-11-23T00:10:00.000Z"


def test_duration_is_the_same_for_the_same_seed_and_start() -> None:
    span = Span.parse("240-1080")

    draws = [span.draw(seed=7, key=f"start:v1:{attempt}") for attempt in range(200)]

    assert draws == [span.draw(seed=7, key=f"start:v1:{attempt}") for attempt in range(200)]
    assert draws != [span.draw(seed=8, key=f"start:v1:{attempt}") for attempt in range(200)]
    assert min(draws) >= 240_000
    assert max(draws) <= 1_080_000
    assert max(draws) - min(draws) > 600_000


@pytest.mark.parametrize("text", ["", "-5", "10-5", "fast", "1-2-3", "nan"])
def test_span_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Span.parse(text)
