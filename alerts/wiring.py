"""The one place that chooses what carries messages out and how addresses are kept."""

from alerts.gateways.carrying import WorldCarrier, hint_of
from alerts.gateways.sealing import seal
from alerts.services.channels import Sealing

CARRIER = WorldCarrier()
SEALING = Sealing(seal, hint_of)
