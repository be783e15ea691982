"""Where the edge joins services to AWS: a connection row becomes a client."""

from __future__ import annotations

from django.conf import settings

from models_registry.domain.ports import Rekognition
from models_registry.gateways.aws import Account, rekognition_for
from models_registry.models import Connection


def connect(connection: Connection) -> Rekognition:
    """Return the Rekognition of a connection; the same object for the same settings in one process."""
    return rekognition_for(
        Account(
            region=connection.region,
            role_arn=connection.role_arn,
            external_id=connection.external_id,
            endpoint_url=settings.AWS_ENDPOINT_URL_REKOGNITION,
            calls_per_second=connection.control_plane_tps,
        )
    )
