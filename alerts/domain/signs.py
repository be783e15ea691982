"""The portal's signs of life, as few numbers as a watch outside needs: each costs 0.30 USD a month.

The names are those of the alarms in deploy/aws/kamado.yaml.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol

from portal.base.errors import PortalError


class Unit(StrEnum):
    """CloudWatch's words."""

    SECONDS = "Seconds"
    COUNT = "Count"


class Sign(NamedTuple):
    """One number and its name."""

    name: str
    value: float
    unit: Unit


@dataclass(frozen=True, slots=True)
class Signs:
    """How old the last decision is, and what the fleet does. Without a tick ever there is no age."""

    tick_age_seconds: float | None
    stores_not_ready: int
    models_running: int
    alerts_critical: int

    def listed(self) -> list[Sign]:
        """Return what is published. A tick that never was is silence, and silence rings."""
        age = self.tick_age_seconds
        return [
            *([Sign("TickAge", age, Unit.SECONDS)] if age is not None else []),
            Sign("StoresNotReady", self.stores_not_ready, Unit.COUNT),
            Sign("ModelsRunning", self.models_running, Unit.COUNT),
            Sign("CriticalAlerts", self.alerts_critical, Unit.COUNT),
        ]


class Outside(Protocol):
    """Whoever watches from outside, such as Amazon CloudWatch."""

    def publish(self, signs: Signs, *, at: datetime) -> None:
        """Hand the signs over in one call. Raises SignsRefused."""
        ...


class SignsRefused(PortalError):
    """The signs were not taken; `cause` is DENIED, UNANSWERED, REFUSED or CONNECTION."""

    code = "signs_refused"

    def __init__(self, message: str, cause: str) -> None:
        super().__init__(message)
        self.cause = cause
