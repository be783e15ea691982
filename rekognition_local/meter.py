"""The meter: what the runs would be billed. The oracle for anybody's estimate.

The rule: a model is billed per minute and inference unit while it is RUNNING, from the exact instant at which
it became RUNNING to the one at which its stop was requested, every run rounded up to whole minutes and to one
minute at least. STARTING and STOPPING are not billed; the time spent starting is shown beside it. With
MaxInferenceUnits the service adds units under load; there is no load here, so the units in use are always
MinInferenceUnits.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from rekognition_local.arns import version_name
from rekognition_local.instants import to_iso
from rekognition_local.storage.records import Run

_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Reading:
    """One run as the meter sees it at an instant. Intervals are half-open."""

    run: Run
    running_ms: int
    starting_ms: int
    billable_minutes: int
    is_open: bool


def read_run(run: Run, *, at_ms: int) -> Reading:
    """Meter one run.

    An open interval counts up to now; a planned RUNNING in the future counts for nothing yet.
    """
    reached = run.running_ms is not None and run.running_ms <= at_ms
    if run.running_ms is None or not reached:
        given_up_ms = at_ms if run.ended_ms is None else min(run.ended_ms, at_ms)
        return Reading(
            run, 0, given_up_ms - run.requested_ms, 0, is_open=given_up_ms == at_ms and run.ended_ms is None
        )
    until_ms = at_ms if run.stop_requested_ms is None else run.stop_requested_ms
    running_ms = until_ms - run.running_ms
    minutes = max(1, -(-running_ms // _MINUTE_MS))
    starting_ms = run.running_ms - run.requested_ms
    return Reading(run, running_ms, starting_ms, minutes * run.units, is_open=run.stop_requested_ms is None)


def report(runs: Iterable[Run], *, at_ms: int) -> dict[str, Any]:
    """The whole meter as JSON: a total, and per version its sums and its runs, oldest first."""
    readings = sorted(
        (read_run(run, at_ms=at_ms) for run in runs), key=lambda reading: reading.run.version_arn
    )
    by_version = groupby(readings, key=lambda reading: reading.run.version_arn)
    return {
        "at": to_iso(at_ms),
        "total": _sums(readings),
        "versions": [_version_report(arn, list(group)) for arn, group in by_version],
    }


def _version_report(arn: str, readings: list[Reading]) -> dict[str, Any]:
    return {
        "arn": arn,
        "region": arn.split(":")[3],
        "version_name": version_name(arn),
        **_sums(readings),
        "run_list": [_run_report(reading) for reading in readings],
    }


def _sums(readings: list[Reading]) -> dict[str, Any]:
    return {
        "runs": len(readings),
        "billable_minutes": sum(reading.billable_minutes for reading in readings),
        "running_seconds": sum(reading.running_ms for reading in readings) / 1000,
        "starting_seconds": sum(reading.starting_ms for reading in readings) / 1000,
    }


def _run_report(reading: Reading) -> dict[str, Any]:
    run = reading.run
    return {
        "requested_at": to_iso(run.requested_ms),
        "running_at": _iso_or_none(run.running_ms),
        "stop_requested_at": _iso_or_none(run.stop_requested_ms),
        "given_up_at": _iso_or_none(run.ended_ms),
        "inference_units": run.units,
        "open": reading.is_open,
        "billable_minutes": reading.billable_minutes,
        "running_seconds": reading.running_ms / 1000,
        "starting_seconds": reading.starting_ms / 1000,
    }


def _iso_or_none(at_ms: int | None) -> str | None:
    return None if at_ms is None else to_iso(at_ms)
