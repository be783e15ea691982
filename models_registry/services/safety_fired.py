"""Seen afterwards: AWS stopped a model by itself, since the portal was not there to do it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from models_registry.domain.lifecycle import Problem
from models_registry.domain.safety import LONGEST_TRY
from models_registry.models import SafetyStop
from models_registry.services.safety_notes import open_trouble


class Fired(NamedTuple):
    """When a schedule was to be carried out, and when by all that is known it was."""

    planned_at: datetime
    at: datetime


def note_fired(version_id: int, *, seen_alive_at: datetime | None, seen_at: datetime) -> Fired | None:
    """Tell whether AWS carried out a version's safety stop before `seen_at`, and write it down; two queries.

    It was last seen alive at `seen_alive_at`. AWS removes a schedule that it has carried out.
    """
    stop = SafetyStop.objects.filter(version_id=version_id, stops_at__lte=seen_at).first()
    if stop is None or stop.stops_at is None:
        return None
    planned_at, alive_at = stop.stops_at, seen_alive_at or stop.stops_at
    if alive_at > planned_at + LONGEST_TRY:
        return None
    fired = Fired(planned_at, min(max(planned_at, alive_at), seen_at))
    mine = SafetyStop.objects.filter(pk=stop.pk, stops_at=planned_at)
    if not mine.update(
        state=SafetyStop.State.FIRED, fired_at=fired.at, stops_at=None, asked_stops_at=None,
        error_code="", error_message="",
    ):  # fmt: skip
        return None
    open_trouble(version_id, Problem.SAFETY_FIRED, planned_at, at=seen_at)
    return fired
