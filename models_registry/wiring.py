"""Where the edge joins services to AWS: a connection row becomes a client."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings

from models_registry.domain.metering import Metering
from models_registry.domain.objects import ObjectStore
from models_registry.domain.permissions import Feature
from models_registry.domain.ports import Rekognition
from models_registry.domain.schedules import Scheduler
from models_registry.domain.training import School
from models_registry.gateways.aws import Account, rekognition_for
from models_registry.gateways.buckets import FolderBuckets, s3_for
from models_registry.gateways.looking import AwsLook
from models_registry.gateways.metering import AwsMetering
from models_registry.gateways.scheduler import Group, scheduler_for
from models_registry.gateways.school import AwsSchool
from models_registry.models import Connection
from models_registry.selectors.access import features_of, own_scope, scope_of
from models_registry.selectors.policies import OWN
from models_registry.services.access_check import Means, Party

OF_AWS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".amazonwebservices.com.cn")
"""How AWS's own host names end, those of VPC endpoints included."""


def connect(connection: Connection) -> Rekognition:
    """Return the Rekognition of a connection; the same object for the same settings in one process."""
    return rekognition_for(account_of(connection))


def open_school(connection: Connection) -> School:
    """Return the datasets and trainings of a connection."""
    return AwsSchool(rekognition_for(account_of(connection)))


def open_scheduler(connection: Connection) -> Scheduler:
    """Return the schedule group of a connection."""
    role = connection.scheduler_role_arn
    return scheduler_for(
        Group(
            account=account_of(connection),
            name=connection.schedule_group,
            role_arn=role,
            dead_letter_arn=connection.dead_letter_arn,
            partition=role.split(":")[1] if role else "aws",
        )
    )


def open_buckets(connection: Connection) -> ObjectStore:
    """Return the S3 of a connection, or the folder that stands for it."""
    return FolderBuckets(settings.BUCKETS_DIR) if settings.BUCKETS_DIR else s3_for(account_of(connection))


def open_metering(connection: Connection) -> Metering:
    """Return the CloudWatch and Cost Explorer of a connection."""
    return AwsMetering(account_of(connection))


def open_means(connection: Connection, *, now: Callable[[], datetime], is_paid: bool = False) -> Means:
    """Return what a check of a connection is done with: its identity and, for pictures, the portal's own."""
    account = account_of(connection)
    scope = scope_of(connection)
    features, own = features_of(connection, scope), own_scope([connection])
    command = f'iam_policy --connection "{connection.name}" --only'
    keeps = frozenset({Feature.PICTURES}) if own.pictures else frozenset[Feature]()
    if not account.role_arn:
        return Means(
            Party(AwsLook(account), scope, features | keeps, f"{command} portal"), None, None, now, is_paid
        )
    return Means(
        Party(AwsLook(account), scope, features - OWN, f"{command} account"),
        Party(AwsLook(replace(account, role_arn="")), own, OWN, f"{command} portal"),
        AwsLook(replace(account, external_id="")) if account.external_id else None,
        now,
        is_paid,
    )


def account_of(connection: Connection) -> Account:
    """Return how a connection is reached: its region, role and pace, and the endpoint of the settings."""
    return Account(
        region=connection.region,
        role_arn=connection.role_arn if are_roles_assumed() else "",
        external_id=connection.external_id,
        endpoint_url=settings.AWS_ENDPOINT_URL_REKOGNITION,
        calls_per_second=connection.control_plane_tps,
    )


def is_local() -> bool:
    """Tell whether something else stands for Amazon Rekognition; a VPC endpoint is AWS's own."""
    host = urlsplit(settings.AWS_ENDPOINT_URL_REKOGNITION).hostname or ""
    return bool(host) and not host.endswith(OF_AWS)


def are_roles_assumed() -> bool:
    """Rekognition Local asks for no role and has no STS to give one, unless an STS is named beside it."""
    return not is_local() or bool(settings.AWS_ENDPOINT_URL_STS)
