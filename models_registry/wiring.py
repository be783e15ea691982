"""Where the edge joins services to AWS: a connection row becomes a client."""

from __future__ import annotations

from django.conf import settings

from models_registry.domain.metering import Metering
from models_registry.domain.objects import ObjectStore
from models_registry.domain.ports import Rekognition
from models_registry.domain.schedules import Scheduler
from models_registry.domain.training import School
from models_registry.gateways.aws import Account, rekognition_for
from models_registry.gateways.buckets import FolderBuckets, s3_for
from models_registry.gateways.metering import AwsMetering
from models_registry.gateways.scheduler import Group, scheduler_for
from models_registry.gateways.school import AwsSchool
from models_registry.models import Connection


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


def has_scheduler() -> bool:
    """Tell whether there is an EventBridge Scheduler beside this Rekognition: Rekognition Local has none."""
    return not settings.AWS_ENDPOINT_URL_REKOGNITION


def open_buckets(connection: Connection) -> ObjectStore:
    """Return the S3 of a connection, or the folder that stands for it."""
    return FolderBuckets(settings.BUCKETS_DIR) if settings.BUCKETS_DIR else s3_for(account_of(connection))


def open_metering(connection: Connection) -> Metering:
    """Return the CloudWatch and Cost Explorer of a connection."""
    return AwsMetering(account_of(connection))


def account_of(connection: Connection) -> Account:
    """Return how a connection is reached: its region, role and pace, and the endpoint of the settings."""
    return Account(
        region=connection.region,
        role_arn=connection.role_arn,
        external_id=connection.external_id,
        endpoint_url=settings.AWS_ENDPOINT_URL_REKOGNITION,
        calls_per_second=connection.control_plane_tps,
    )
