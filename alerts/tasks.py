"""Celery's side of alerts: read the clock, make one call, write one line."""

from __future__ import annotations

import logging

from celery import shared_task

from alerts.domain.kinds import Pace
from alerts.services.sweep import sweep as run_sweep
from portal.base import clock

logger = logging.getLogger(__name__)


@shared_task(name="alerts.tasks.sweep", time_limit=120)
def sweep(pace: str) -> None:
    """Bring the alerts of one beat into line with the world."""
    report = run_sweep(Pace(pace), at=clock.now())
    if report.has_news:
        logger.info("alerts %s", report)
