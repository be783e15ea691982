"""The meter, by examples worked out by hand. The same figures stand in docs/rekognition-local.md."""

from collections.abc import Callable

import pytest

from rekognition_local.meter import read_run
from rekognition_local.settings import ClockMode
from rekognition_local.storage.records import Run
from tests.rekognition_local.local import Local

SECOND, MINUTE = 1_000, 60_000


def _run(
    units: int = 1, running: int | None = 0, stopped: int | None = None, ended: int | None = None
) -> Run:
    return Run("arn", units, -10 * MINUTE, running, stopped, ended)


@pytest.mark.parametrize(
    ("ran_ms", "units", "minutes"),
    [
        (0, 1, 1),
        (1, 1, 1),
        (60 * SECOND, 1, 1),
        (60 * SECOND + 1, 1, 2),
        (59 * SECOND, 3, 3),
        (20 * MINUTE, 5, 100),
        (13 * 60 * MINUTE, 1, 780),
        (8 * 60 * MINUTE, 2, 960),
    ],
)
def test_run_is_billed_in_whole_minutes_per_unit_and_one_at_least(
    ran_ms: int, units: int, minutes: int
) -> None:
    assert read_run(_run(units, stopped=ran_ms), at_ms=10**9).billable_minutes == minutes


@pytest.mark.parametrize(("at_ms", "minutes"), [(0, 1), (61 * SECOND, 2), (3600 * SECOND, 60)])
def test_open_run_counts_up_to_now(at_ms: int, minutes: int) -> None:
    reading = read_run(_run(), at_ms=at_ms)

    assert (reading.billable_minutes, reading.is_open) == (minutes, True)


def test_run_that_has_not_reached_running_is_not_billed() -> None:
    reading = read_run(_run(running=5 * MINUTE), at_ms=2 * MINUTE)

    assert (reading.billable_minutes, reading.starting_ms, reading.is_open) == (0, 12 * MINUTE, True)


def test_given_up_start_is_not_billed_and_no_longer_open() -> None:
    reading = read_run(_run(running=None, ended=-5 * MINUTE), at_ms=2 * MINUTE)

    assert (reading.billable_minutes, reading.starting_ms, reading.is_open) == (0, 5 * MINUTE, False)


def test_day_of_the_article_is_metered(local: Local) -> None:
    """Requested 08:30, running 08:40, stop requested 21:30: 12 h 50 min, 770 minutes; 10 minutes starting."""
    arn = local.version()
    local.post("clock", {"set": "2026-11-24T08:30:00+09:00"})
    local.start(arn)
    local.post("clock", {"set": "2026-11-24T21:30:00+09:00"})
    local.stop(arn)
    local.advance(3600)

    meter = local.get("meter")

    assert meter["total"] == {
        "runs": 1,
        "billable_minutes": 770,
        "running_seconds": 46_200.0,
        "starting_seconds": 600.0,
    }
    assert meter["versions"][0]["arn"] == arn
    assert meter["versions"][0]["version_name"] == "v1"
    assert meter["versions"][0]["run_list"] == [
        {
            "requested_at": "2026-11-23T23:30:00.000Z",
            "running_at": "2026-11-23T23:40:00.000Z",
            "stop_requested_at": "2026-11-24T12:30:00.000Z",
            "given_up_at": None,
            "inference_units": 1,
            "open": False,
            "billable_minutes": 770,
            "running_seconds": 46_200.0,
            "starting_seconds": 600.0,
        }
    ]


def test_each_run_is_rounded_by_itself(local: Local) -> None:
    """Two runs of 61 s and 30 s with 2 units: (2 + 1) x 2 = 6 minutes, not ceil(91 / 60) x 2 = 4."""
    arn = local.version()
    for seconds in (61, 30):
        local.start(arn, units=2)
        local.advance(600 + seconds)
        local.stop(arn)
        local.advance(60)

    assert local.metered_minutes() == 6


def test_stopping_is_not_billed(local: Local) -> None:
    arn = local.running_version()
    local.advance(60)
    local.stop(arn)
    local.advance(60)

    assert local.metered_minutes() == 1


def test_runs_outlive_their_version(local: Local) -> None:
    arn = local.running_version()
    local.stop(arn)
    local.advance(60)
    local.aws.delete_project_version(ProjectVersionArn=arn)
    local.advance(5)

    assert local.status(arn) is None
    assert local.metered_minutes() == 1


def test_units_of_the_minimum_are_billed(local: Local) -> None:
    arn = local.version()
    local.aws.start_project_version(ProjectVersionArn=arn, MinInferenceUnits=2, MaxInferenceUnits=5)
    local.advance(600 + 600)

    assert local.metered_minutes() == 20


@pytest.mark.parametrize("status", ["FAILED", "STOPPED", "EXPIRED"])
def test_run_ends_when_the_status_is_set_by_hand(local: Local, status: str) -> None:
    arn = local.running_version()
    local.advance(120)
    local.set_status(arn, status)
    local.advance(9999)

    assert local.metered_minutes() == 2


def test_run_begins_when_running_is_set_by_hand(local: Local) -> None:
    local.set_status(local.version(), "RUNNING")
    local.advance(120)

    assert local.metered_minutes() == 2


def test_start_given_up_by_hand_is_never_billed(local: Local) -> None:
    arn = local.version()
    local.start(arn)
    local.set_status(arn, "FAILED")
    local.advance(9999)

    assert local.metered_minutes() == 0


def test_immediate_start_and_stop_are_one_minute(local_with: Callable[..., Local]) -> None:
    local = local_with(clock=ClockMode.IMMEDIATE)
    arn = local.version()
    local.start(arn)
    local.status(arn)
    local.stop(arn)

    assert local.metered_minutes() == 1
