"""The one place that chooses what carries messages and signs of life out, and how addresses are kept."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from alerts.domain.signs import Outside, Signs, SignsRefused
from alerts.gateways.carrying import WorldCarrier, hint_of
from alerts.gateways.cloudwatch import Place, cloudwatch_for
from alerts.gateways.sealing import seal
from alerts.services.channels import Sealing
from models_registry.gateways.aws import Account
from models_registry.models import Connection
from models_registry.wiring import account_of

CARRIER = WorldCarrier()
SEALING = Sealing(seal, hint_of)


class NowhereOutside:
    """A connection that is not there, or not any more."""

    def publish(self, signs: Signs, *, at: datetime) -> None:
        """Say so."""
        name = settings.CLOUDWATCH_CONNECTION
        raise SignsRefused(f"KAMADO_CLOUDWATCH_CONNECTION={name!r} names no connection.", "CONNECTION")


def open_outside() -> Outside | None:
    """Return where signs of life go; None where the settings name no place."""
    if not settings.CLOUDWATCH_NAMESPACE:
        return None
    account = Account(settings.AWS_DEFAULT_REGION)
    if settings.CLOUDWATCH_CONNECTION:
        named = Connection.objects.filter(name=settings.CLOUDWATCH_CONNECTION).first()
        if named is None:
            return NowhereOutside()
        account = account_of(named)
    return cloudwatch_for(Place(account, settings.CLOUDWATCH_NAMESPACE, settings.INSTALLATION))
