"""StartProjectVersion and StopProjectVersion: the two calls that cost and save money."""

from typing import Any

from rekognition_local.errors import invalid_parameter, limit_exceeded
from rekognition_local.faults import START_FAULTS, FaultKind, versions_named_in
from rekognition_local.operations.call import Call, find_version
from rekognition_local.statuses import HOLDS_RUNNING_SLOT, VersionStatus
from rekognition_local.storage.records import Run, Version
from rekognition_local.transitions import Act, require_allowed


def start_project_version(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    min_units, max_units = request["MinInferenceUnits"], request.get("MaxInferenceUnits")
    if max_units is not None and max_units < min_units:
        raise invalid_parameter(
            f"MaxInferenceUnits ({max_units}) must not be below MinInferenceUnits ({min_units})."
        )
    version = find_version(call, request["ProjectVersionArn"])
    require_allowed(Act.START, version.status, arn=version.arn)
    _require_start_quotas(call, units=max_units or min_units)
    call.store.versions.note_start(version.id, min_units=min_units, max_units=max_units)
    _begin_run(call, version, units=min_units, fault=_start_fault(call, request))
    return {"Status": VersionStatus.STARTING}


def stop_project_version(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    version = find_version(call, request["ProjectVersionArn"])
    require_allowed(Act.STOP, version.status, arn=version.arn)
    key = f"stop:{version.arn}:{version.starts}"
    lasts_ms = call.settings.status_durations.stop.draw(seed=call.settings.seed, key=key)
    call.store.runs.close(version.arn, at_ms=call.at_ms)
    call.store.versions.move(
        version.id,
        VersionStatus.STOPPING,
        next_status=VersionStatus.STOPPED,
        next_at_ms=call.at_ms + lasts_ms,
    )
    return {"Status": VersionStatus.STOPPING}


def _require_start_quotas(call: Call, *, units: int) -> None:
    quotas = call.settings.quotas
    if units > quotas.inference_units:
        raise limit_exceeded(
            f"A model can have {quotas.inference_units} inference units at most; {units} were asked for."
        )
    if call.store.versions.count_in_status(call.region, *HOLDS_RUNNING_SLOT) >= quotas.running_models:
        raise limit_exceeded(
            f"The account has its {quotas.running_models} running models already; "
            "starting and stopping ones count."
        )


def _start_fault(call: Call, request: dict[str, Any]) -> FaultKind | None:
    rule = call.faults.take(START_FAULTS, Act.START, versions_named_in(request))
    return rule.kind if rule else None


def _begin_run(call: Call, version: Version, *, units: int, fault: FaultKind | None) -> None:
    """Write down now what this start becomes and when; nothing has to happen in between."""
    key = f"start:{version.arn}:{version.starts + 1}"
    lasts_ms = call.settings.status_durations.start.draw(seed=call.settings.seed, key=key)
    running_ms: int | None = None
    failed_ms: int | None = None
    next_status: VersionStatus | None = None
    if fault is None:
        running_ms, next_status = call.at_ms + lasts_ms, VersionStatus.RUNNING
    elif fault is FaultKind.FAIL_ON_START:
        failed_ms, next_status = call.at_ms + lasts_ms // 2, VersionStatus.FAILED
    call.store.versions.move(
        version.id,
        VersionStatus.STARTING,
        next_status=next_status,
        next_at_ms=running_ms if failed_ms is None else failed_ms,
    )
    call.store.runs.add(
        Run(version.arn, units, call.at_ms, running_ms, stop_requested_ms=None, ended_ms=failed_ms)
    )
