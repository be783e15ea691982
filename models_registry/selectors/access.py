"""What of AWS a connection uses, read from its row, its mirror and the settings. Asks AWS nothing."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.db.models import QuerySet

from models_registry.domain.arns import parse_project_arn
from models_registry.domain.iam import Scope, partition_of
from models_registry.domain.objects import place_of
from models_registry.domain.permissions import NAMESPACE, Feature
from models_registry.models import Connection, ModelVersion, Project

ALWAYS = frozenset(
    {
        Feature.DAY_LOOP, Feature.DETECTION, Feature.METERING, Feature.COSTS, Feature.METRICS,
        Feature.QUOTAS,
    }
)  # fmt: skip


def connections_named(name: str = "") -> list[Connection]:
    """Return the active connections by name, or the one that is named."""
    rows = Connection.objects.order_by("name", "id")
    return list(rows.filter(name=name) if name else rows.filter(is_active=True))


def scope_of(connection: Connection, *, account: str = "", buckets: Iterable[str] = ()) -> Scope:
    """Return the names that a connection's policy is about; `account` where nothing else tells it.

    Until projects are mirrored every project is meant. Two queries.
    """
    arns = list(_projects(connection).values_list("arn", flat=True))
    projects = sorted({parse_project_arn(arn).project for arn in arns})
    return Scope(
        partition=partition_of(connection.region),
        region=connection.region,
        account=account or _account(connection, arns),
        projects=tuple(projects) or ("*",),
        buckets=tuple(sorted({*buckets, *_read_buckets(connection), *_kept()})),
        pictures=settings.PICTURES_BUCKET,
        group=connection.schedule_group,
        scheduler_role_arn=connection.scheduler_role_arn,
        dead_letter_arn=connection.dead_letter_arn,
        namespace=settings.CLOUDWATCH_NAMESPACE or NAMESPACE,
    )


def features_of(connection: Connection, scope: Scope) -> frozenset[Feature]:
    """Return what a connection is used for. Pictures are kept by the portal's own identity."""
    found = set(ALWAYS)
    if scope.buckets:
        found.add(Feature.OBJECTS)
    if scope.pictures:
        found.add(Feature.TRAINING)
    if connection.safety_stop != Connection.SafetyStop.OFF or connection.scheduler_role_arn:
        found.add(Feature.SCHEDULES)
    return frozenset(found)


def own_scope(connections: Iterable[Connection]) -> Scope:
    """Return what the portal's own identity needs beside the connections it serves itself."""
    region = settings.AWS_DEFAULT_REGION
    roles = sorted({each.role_arn for each in connections if each.role_arn})
    return Scope(
        partition_of(region), region, "", pictures=settings.PICTURES_BUCKET, assumed_roles=tuple(roles)
    )


def _projects(connection: Connection) -> QuerySet[Project]:
    return Project.objects.filter(connection=connection, gone_at=None)


def _account(connection: Connection, arns: list[str]) -> str:
    """Return the account of the roles, or else of the projects."""
    named = [connection.role_arn, connection.scheduler_role_arn, *arns]
    return next((arn.split(":")[4] for arn in named if arn), "")


def _kept() -> list[str]:
    return [settings.PICTURES_BUCKET] if settings.PICTURES_BUCKET else []


def _read_buckets(connection: Connection) -> set[str]:
    """Return the buckets that hold results of trainings; read from S3 only where no folder stands for it."""
    if settings.BUCKETS_DIR:
        return set()
    versions = ModelVersion.objects.filter(project__connection=connection, gone_at=None)
    rows = versions.values_list("summary_uri", "training_snapshot_uri", "testing_snapshot_uri")
    return {place_of(address).bucket for row in rows for address in row if address}
