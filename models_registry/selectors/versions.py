"""Connections with their projects and model versions, as AWS last described them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import F, QuerySet, Window
from django.db.models.functions import RowNumber

from models_registry.domain.billing import Rate, rate_at, usd_for
from models_registry.models import Connection, ModelVersion, PriceRate, Project, Run
from models_registry.selectors.spend import dated_rates

SHOWN = 10
"""So many of a project's newest versions are on the page of all; the project's own page has every one."""


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version with what its training cost; `orphan` is its open run when it belongs to no deployment."""

    version: ModelVersion
    training_hours: float | None
    training_usd: Decimal | None
    orphan: Run | None


@dataclass(slots=True)
class ProjectRow:
    """A project and its newest versions."""

    project: Project
    versions: list[VersionRow] = field(default_factory=list)
    has_more: bool = False


@dataclass(slots=True)
class ConnectionRow:
    """A connection, how long ago it was mirrored, and its projects."""

    connection: Connection
    synced: timedelta | None
    projects: list[ProjectRow] = field(default_factory=list)


def connection_rows(*, at: datetime, project: int | None = None) -> list[ConnectionRow]:
    """Return every connection with its projects and their newest versions, or one project with all.

    Five queries.
    """
    connections = {
        row.pk: ConnectionRow(row, _since(row, at)) for row in Connection.objects.order_by("name", "id")
    }
    projects = Project.objects.order_by("name", "id")
    if project is not None:
        projects = projects.filter(pk=project)
    rows = {row.pk: ProjectRow(row) for row in projects}
    for version_row in version_rows(_newest(rows, None if project else SHOWN)):
        row = rows[version_row.version.project_id]
        row.has_more = project is None and len(row.versions) == SHOWN
        if not row.has_more:
            row.versions.append(version_row)
    for row in rows.values():
        connections[row.project.connection_id].projects.append(row)
    return [row for row in connections.values() if row.projects or project is None]


def _since(connection: Connection, at: datetime) -> timedelta | None:
    return at - connection.synced_at if connection.synced_at else None


def _newest(projects: Iterable[int], shown: int | None) -> QuerySet[ModelVersion]:
    place = Window(
        RowNumber(),
        partition_by=F("project"),
        order_by=[F("aws_created_at").desc(nulls_last=True), F("id").desc()],
    )
    found = ModelVersion.objects.filter(project__in=list(projects)).annotate(place=place)
    if shown is not None:
        found = found.filter(place__lte=shown + 1)
    return found.select_related("project__connection", "deployment").order_by("project_id", "place")


def version_rows(versions: QuerySet[ModelVersion]) -> list[VersionRow]:
    """Return versions with the cost of their training and their open orphan runs; three queries."""
    found = list(versions)
    rates = dated_rates(PriceRate.Kind.TRAINING)
    orphans = {
        run.version_id: run
        for run in Run.objects.filter(
            ended_at__isnull=True, deployment__isnull=True, version__in=[version.pk for version in found]
        )
    }
    return [_row(version, rates, orphans.get(version.pk)) for version in found]


def _row(version: ModelVersion, rates: list[Rate], orphan: Run | None) -> VersionRow:
    seconds, ended = version.billable_training_seconds, version.trained_at or version.aws_created_at
    if seconds is None or ended is None:
        return VersionRow(version, None, None, orphan)
    rate = rate_at(rates, version.project.connection.region, ended)
    usd = usd_for(Decimal(seconds) / 60, rate) if rate is not None else None
    return VersionRow(version, seconds / 3600, usd, orphan)


def version_by_id(pk: int) -> VersionRow | None:
    """Return one version with its row's facts, or None."""
    rows = version_rows(
        ModelVersion.objects.filter(pk=pk).select_related("project__connection", "deployment")
    )
    return rows[0] if rows else None


def runs_of(version: ModelVersion) -> QuerySet[Run]:
    """Return a version's newest runs."""
    return (
        Run.objects.filter(version=version).select_related("deployment").order_by("-requested_at", "-id")[:10]
    )


def orphan_runs() -> QuerySet[Run]:
    """Return the open runs that belong to no deployment."""
    return Run.objects.filter(ended_at__isnull=True, deployment__isnull=True).select_related("version")
