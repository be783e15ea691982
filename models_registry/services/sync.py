"""Mirror a connection's projects and versions, and find the models that nobody owns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction

from models_registry.domain.arns import parse_project_arn
from models_registry.domain.lifecycle import Problem
from models_registry.domain.objects import ObjectStore
from models_registry.domain.ports import (
    AccessDenied,
    ProjectState,
    Rekognition,
    RekognitionError,
    Versions,
)
from models_registry.models import Connection, ModelVersion, Project, Trouble
from models_registry.selectors.board import load_board
from models_registry.services.evaluations import OpenBuckets, read_evaluations
from models_registry.services.observe import Connect, mirror_training, mirror_version, settle_project
from models_registry.services.promotions import note_services
from models_registry.services.safety import OpenScheduler, no_scheduler
from models_registry.services.safety_sweep import sweep_safety

TICKS_KEEP_UP = timedelta(seconds=45)
"""A project described more recently than this is in the tick's hands."""


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a connection holds, or why it could not be read."""

    connection: str
    projects: int = 0
    versions: int = 0
    new_versions: int = 0
    evaluations: int = 0
    unread_evaluations: int = 0
    denied: tuple[str, ...] = ()
    error_code: str = ""
    error_message: str = ""


def sync_with_evaluations(
    connection: Connection,
    *,
    at: datetime,
    rekognition: Rekognition,
    objects: ObjectStore,
    unseen_for: timedelta = timedelta(0),
) -> SyncReport:
    """Mirror a connection as `sync_connection` does, then read the evaluation summaries not yet read."""
    report = sync_connection(connection, at=at, rekognition=rekognition, unseen_for=unseen_for)
    if report.error_code:
        return report
    reading = read_evaluations(connection, at=at, objects=objects)
    return replace(report, evaluations=reading.read, unread_evaluations=reading.unread)


def sync_connection(
    connection: Connection, *, at: datetime, rekognition: Rekognition, unseen_for: timedelta = timedelta(0)
) -> SyncReport:
    """Mirror the projects and versions of a connection; what is gone in AWS is marked, never deleted.

    Versions of a project that a tick has described within `unseen_for` are left to it: calls are scarce.
    """
    try:
        listed = rekognition.describe_projects()
        projects = [_mirror_project(connection, state, at) for state in listed.projects]
        _settle_gone(connection, {project.arn for project in projects}, at)
        unseen = [
            each for each in projects if each.observed_at is None or each.observed_at <= at - unseen_for
        ]
        counts, kept_from_us = _sync_projects(unseen, at=at, rekognition=rekognition)
    except RekognitionError as error:
        return SyncReport(connection.name, error_code=error.code, error_message=error.message)
    Connection.objects.filter(pk=connection.pk).update(synced_at=at)
    return SyncReport(
        connection.name,
        len(projects),
        sum(total for total, _ in counts),
        sum(new for _, new in counts),
        denied=kept_from_us,
    )


def _sync_projects(
    projects: list[Project], *, at: datetime, rekognition: Rekognition
) -> tuple[list[tuple[int, int]], tuple[str, ...]]:
    """Mirror one project after the other; name those that a policy of least privilege keeps from us.

    Raises AccessDenied where that is every one of them.
    """
    counts, denied = [], {}
    for project in projects:
        try:
            counts.append(_sync_project(project, at=at, rekognition=rekognition))
        except AccessDenied as error:
            denied[project.name] = error
    if denied and not counts:
        raise next(iter(denied.values()))
    return counts, tuple(denied)


def _mirror_project(connection: Connection, state: ProjectState, at: datetime) -> Project:
    name = parse_project_arn(state.arn).project
    values = {"name": name, "status": state.status, "gone_at": None, "connection": connection}
    project, _ = Project.objects.update_or_create(
        arn=state.arn, defaults=values, create_defaults={**values, "created_at": state.created_at}
    )
    return project


def _settle_gone(connection: Connection, arns: set[str], at: datetime) -> None:
    """Mark projects that AWS no longer lists, and settle their versions and runs."""
    gone = connection.projects.filter(gone_at__isnull=True).exclude(arn__in=arns)
    for pk in list(gone.values_list("pk", flat=True)):
        _settle(pk, Versions(at, ()), at=at)
    gone.update(gone_at=at)


def _settle(project_id: int, answer: Versions, *, at: datetime) -> None:
    board = load_board()
    rows = board.by_project().get(project_id)
    if rows:
        settle_project(board, rows, answer, at=at)


def _sync_project(project: Project, *, at: datetime, rekognition: Rekognition) -> tuple[int, int]:
    answer = rekognition.describe_versions(project.arn)
    known = {version.arn: version for version in project.versions.all()}
    with transaction.atomic():
        for state in answer.versions:
            if state.arn not in known:
                mirror_version(project.pk, state, seen_at=answer.answered_at)
            elif state.summary_uri:
                mirror_training(known[state.arn], state)
    _settle(project.pk, answer, at=at)
    Project.objects.filter(pk=project.pk).update(observed_at=at)
    new = sum(state.arn not in known for state in answer.versions)
    return len(answer.versions), new


def sweep(
    *,
    at: datetime,
    connect: Connect,
    open_buckets: OpenBuckets,
    open_scheduler: OpenScheduler = no_scheduler,
) -> list[SyncReport]:
    """Mirror every active connection, alarm orphans, note who is served by what, look after safety stops."""
    connections = list(Connection.objects.filter(is_active=True).order_by("id"))
    reports = [
        sync_with_evaluations(
            each,
            at=at,
            rekognition=connect(each),
            objects=open_buckets(each),
            unseen_for=TICKS_KEEP_UP,
        )
        for each in connections
    ]
    alarm_orphans(at=at)
    note_services(at=at)
    sweep_safety(connections, at=at, open_scheduler=open_scheduler)
    return reports


def alarm_orphans(*, at: datetime) -> None:
    """Note each orphan as a trouble and close those that ended. An orphan is never stopped unasked."""
    orphans = ModelVersion.objects.filter(
        status="RUNNING", gone_at__isnull=True, deployment__isnull=True,
        runs__ended_at__isnull=True, runs__deployment__isnull=True, runs__isnull=False,
    ).order_by("id")  # fmt: skip
    found = set(orphans.values_list("pk", flat=True))
    Trouble.objects.filter(code=Problem.ORPHAN, closed_at__isnull=True).exclude(version_id__in=found).update(
        closed_at=at
    )
    Trouble.objects.bulk_create(
        [Trouble(version_id=pk, code=Problem.ORPHAN, opened_at=at) for pk in sorted(found)],
        ignore_conflicts=True,
    )
