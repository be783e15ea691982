"""What a page says of a model's safety stop: armed until when, or why not."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from models_registry.domain.safety import SafetyWord
from models_registry.domain.status import VersionStatus
from models_registry.models import Connection, Deployment, DeploymentState, SafetyStop

ON = frozenset({VersionStatus.STARTING.value, VersionStatus.RUNNING.value})


class SafetyView(NamedTuple):
    """A word with its parameters, whether it needs a person, AWS's own words, and the stop that AWS holds."""

    word: SafetyWord
    params: dict[str, str]
    is_bad: bool = False
    detail: str = ""
    stops_at: datetime | None = None


def safety_of(deployment: Deployment, *, has_scheduler: bool) -> SafetyView | None:
    """Return what to say of a deployment's live version; None without one. One query at most.

    `has_scheduler` is False on a machine whose Rekognition is our own.
    """
    version = deployment.live_version
    if version is None:
        return None
    connection = deployment.connection
    if connection.safety_stop == Connection.SafetyStop.OFF:
        return SafetyView(SafetyWord.OFF if has_scheduler else SafetyWord.NO_SCHEDULER, {})
    stop = SafetyStop.objects.filter(version_id=version.pk).first()
    if version.status not in ON:
        return _at_rest(connection, stop)
    return _while_on(connection, getattr(deployment, "state", None), stop)


def safety_shown(deployment: Deployment | None) -> SafetyView | None:
    """Return what a store's page says: nothing where its account has no safety stop. One query at most."""
    if deployment is None or deployment.connection.safety_stop == Connection.SafetyStop.OFF:
        return None
    return safety_of(deployment, has_scheduler=True)


def _at_rest(connection: Connection, stop: SafetyStop | None) -> SafetyView:
    if connection.safety_error_code:
        return SafetyView(SafetyWord.CANNOT, {}, is_bad=True, detail=connection.safety_error_message)
    if stop is not None and stop.state == SafetyStop.State.FIRED and stop.fired_at:
        return SafetyView(SafetyWord.FIRED, {"stops_at": stop.fired_at.isoformat()}, is_bad=True)
    return SafetyView(SafetyWord.AT_START, {"minutes": str(connection.safety_margin_minutes)})


def _while_on(connection: Connection, state: DeploymentState | None, stop: SafetyStop | None) -> SafetyView:
    is_refused = stop is not None and bool(stop.error_code)
    detail = stop.error_message if stop is not None and is_refused else connection.safety_error_message
    if stop is not None and stop.stops_at is not None:
        params = {"stops_at": stop.stops_at.isoformat()}
        word = SafetyWord.NOT_MOVED if is_refused else SafetyWord.ARMED
        return SafetyView(word, params, is_refused, detail if is_refused else "", stop.stops_at)
    if state is not None and state.safety_stops_at is None and state.is_wanted:
        return SafetyView(SafetyWord.DRY_RUN if state.is_dry_run else SafetyWord.MAY_NOT_STOP, {})
    if state is not None and not state.is_wanted and (state.is_dry_run or not state.may_stop):
        return SafetyView(SafetyWord.DRY_RUN if state.is_dry_run else SafetyWord.MAY_NOT_STOP, {})
    if is_refused or connection.safety_error_code:
        return SafetyView(SafetyWord.CANNOT, {}, is_bad=True, detail=detail)
    return SafetyView(SafetyWord.ARMING, {})
