"""The sweep over schedules: what is missing is armed again, what nobody needs is removed, edits are noticed.

It looks at the names in the group, a hundred a call, and reads a few schedules in full, those unread for
longest first. What it finds wrong it writes down; the next tick puts it right.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from django.db.models import F

from models_registry.domain.lifecycle import Problem
from models_registry.domain.safety import (
    PREFIX,
    is_edited,
    probe_name,
    safety_schedule,
    sort_names,
)
from models_registry.domain.schedules import Scheduler, SchedulerError
from models_registry.models import Connection, SafetyStop, Trouble
from models_registry.services.safety import OpenScheduler, Safety
from models_registry.services.safety_notes import note_connection, open_trouble

READ_A_SWEEP = 25
REMOVED_A_SWEEP = 50
JUST_ASKED = timedelta(minutes=2)
"""A schedule asked for so lately may not be in a list that was read before."""
TOLD_FOR = timedelta(hours=12)
"""How long it is told that AWS stopped a model, did not, or that somebody edited a schedule."""
PASSED = (Problem.SAFETY_FIRED, Problem.SAFETY_MISSED, Problem.SAFETY_EDITED)


def sweep_safety(connections: Iterable[Connection], *, at: datetime, open_scheduler: OpenScheduler) -> None:
    """Look at every account's schedules; one that has no safety stop and holds none is not asked."""
    known = {each.pk: each for each in connections}
    safety = Safety(known, open_scheduler)
    for connection in known.values():
        try:
            _sweep_connection(connection, safety, at)
        except SchedulerError as error:
            note_connection(connection, error, at=at)
    over = Trouble.objects.filter(code__in=PASSED, closed_at__isnull=True)
    over.filter(opened_at__lte=at - TOLD_FOR).update(closed_at=at)


def _sweep_connection(connection: Connection, safety: Safety, at: datetime) -> None:
    stops = list(_held(connection))
    if connection.safety_stop == Connection.SafetyStop.OFF and not stops:
        _forget(connection, at)
        return
    scheduler = safety.scheduler_of(connection)
    if connection.safety_error_code:
        probe(connection, identity=safety.identity, at=at, scheduler=scheduler)
    by_name = {stop.name: stop for stop in stops}
    listing = sort_names(scheduler.names(PREFIX), safety.identity, by_name)
    _note_rivals(connection, listing.rivals)
    for name in listing.missing:
        _note_missing(by_name[name], at)
    asked = _just_asked(connection, at)
    for name in [each for each in listing.strays if each not in asked][:REMOVED_A_SWEEP]:
        scheduler.remove(name)
    _read(stops, set(listing.missing), safety.identity, scheduler, at)


def _held(connection: Connection) -> Iterable[SafetyStop]:
    """Return the stops that AWS should hold for an account, those unread for longest first; one query."""
    rows = SafetyStop.objects.filter(version__project__connection=connection, stops_at__isnull=False)
    return rows.select_related("version").order_by(F("checked_at").asc(nulls_first=True), "id")


def _just_asked(connection: Connection, at: datetime) -> set[str]:
    rows = SafetyStop.objects.filter(version__project__connection=connection, asked_at__gt=at - JUST_ASKED)
    return set(rows.values_list("name", flat=True))


def _note_missing(stop: SafetyStop, at: datetime) -> None:
    """Let the tick arm again what somebody deleted; what is due by now was carried out: the tick sees it."""
    if stop.stops_at is not None and stop.stops_at > at and not _is_young(stop, at):
        _give_back(stop, at)


def _is_young(stop: SafetyStop, at: datetime) -> bool:
    return stop.asked_at is not None and at - stop.asked_at < JUST_ASKED


def _read(
    stops: Iterable[SafetyStop], missing: set[str], identity: str, scheduler: Scheduler, at: datetime
) -> None:
    chosen = [each for each in stops if each.name not in missing and not _is_young(each, at)][:READ_A_SWEEP]
    for stop in chosen:
        found = scheduler.get(stop.name)
        if stop.stops_at is None or (found is None and stop.stops_at <= at):
            continue
        if is_edited(safety_schedule(identity, stop.version.arn, stop.stops_at), found):
            _give_back(stop, at)
    SafetyStop.objects.filter(pk__in=[each.pk for each in chosen]).update(checked_at=at)


def _give_back(stop: SafetyStop, at: datetime) -> None:
    """Write down that AWS does not hold our schedule any more, and that somebody did that."""
    if stop.stops_at is None:
        return
    same = SafetyStop.objects.filter(pk=stop.pk, stops_at=stop.stops_at, asked_at=stop.asked_at)
    if same.update(state=SafetyStop.State.UNARMED, stops_at=None, asked_stops_at=None):
        open_trouble(stop.version_id, Problem.SAFETY_EDITED, stop.stops_at, at=at)


def _note_rivals(connection: Connection, rivals: list[str]) -> None:
    said = ", ".join(rivals)[:200]
    if said != connection.safety_rivals:
        Connection.objects.filter(pk=connection.pk).update(safety_rivals=said)


def _forget(connection: Connection, at: datetime) -> None:
    note_connection(connection, None, at=at)
    _note_rivals(connection, [])


def probe(connection: Connection, *, identity: str, at: datetime, scheduler: Scheduler) -> None:
    """Make a switched-off schedule and remove it again: can this account be armed? Raises SchedulerError.

    An account that could not be armed is forgiven by it.
    """
    _, partition, _, _, account, _ = connection.scheduler_role_arn.split(":", 5)
    arn = f"arn:{partition}:rekognition:{connection.region}:{account}:project/probe/version/probe/0"
    made = safety_schedule(identity, arn, at + timedelta(days=365))
    scheduler.put(replace(made, name=probe_name(identity), is_enabled=False))
    scheduler.remove(probe_name(identity))
    note_connection(connection, None, at=at)


def try_safety_stop(connection: Connection, *, at: datetime, open_scheduler: OpenScheduler) -> str:
    """Tell what keeps an account from being armed, in AWS's words; empty when nothing does."""
    safety = Safety({connection.pk: connection}, open_scheduler)
    try:
        scheduler = safety.scheduler_of(connection)
        probe(connection, identity=safety.identity, at=at, scheduler=scheduler)
    except SchedulerError as error:
        note_connection(connection, error, at=at)
        return error.message
    return ""
