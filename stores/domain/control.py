"""Who turns a store's model on and off."""

from __future__ import annotations

from enum import StrEnum


class Control(StrEnum):
    """How far the portal may act for a store.

    AUTOMATIC starts and stops. START_ONLY lights the model and leaves stopping to a person; STOP_ONLY the
    other way round. HANDS_OFF is never touched. DRY_RUN is planned, decided and written down, not acted on.
    """

    AUTOMATIC = "AUTOMATIC"
    START_ONLY = "START_ONLY"
    STOP_ONLY = "STOP_ONLY"
    HANDS_OFF = "HANDS_OFF"
    DRY_RUN = "DRY_RUN"


STARTING_MODES = frozenset({Control.AUTOMATIC, Control.START_ONLY})
STOPPING_MODES = frozenset({Control.AUTOMATIC, Control.STOP_ONLY})
ACTING_MODES = STARTING_MODES | STOPPING_MODES
