"""The portal's signs of life, told to whoever watches from outside."""

from __future__ import annotations

import logging
from datetime import datetime

from alerts.domain.signs import Outside, SignsRefused
from alerts.selectors.signs import REFUSED, refusal, signs
from models_registry.models import Trouble

logger = logging.getLogger(__name__)


def publish_signs(*, outside: Outside, at: datetime) -> None:
    """Publish once. A refusal disturbs nothing: it is written down, and logged when it is new."""
    try:
        outside.publish(signs(at=at), at=at)
    except SignsRefused as error:
        _note(error, at)
        return
    forget_refusal(at=at)


def forget_refusal(*, at: datetime) -> None:
    """Close the trouble: the signs are taken again, or nobody publishes any more; one query."""
    Trouble.objects.filter(code=REFUSED, closed_at__isnull=True).update(closed_at=at)


def _note(error: SignsRefused, at: datetime) -> None:
    standing = refusal()
    if standing is not None and standing.cause == error.cause:
        return
    logger.warning("signs of life are not taken: %s", error)
    params = {"cause": error.cause, "message": error.message[:500]}
    still = Trouble.objects.filter(code=REFUSED, closed_at__isnull=True)
    if not still.update(params=params):
        row = Trouble(code=REFUSED, params=params, opened_at=at)
        Trouble.objects.bulk_create([row], ignore_conflicts=True)
