"""Celery's side of the day loop: read the clock, make one call, write one line."""

from __future__ import annotations

import logging

from celery import shared_task
from django.conf import settings
from django.core.cache import cache

from models_registry.services.metering import compare_meters
from models_registry.services.spend import rebuild_spend, recent_days
from models_registry.services.sync import sweep as run_sweep
from models_registry.services.tick import run_tick
from models_registry.wiring import connect, open_buckets, open_metering
from portal.base import clock

logger = logging.getLogger(__name__)
DAY_SECONDS = 86_400
LEASE_SECONDS = 20
"""An economy, not a guarantee: two ticks at once are harmless, one is cheaper. Lapses if a worker dies."""


@shared_task(name="models_registry.tasks.tick", time_limit=60)
def tick() -> None:
    """Run one tick, unless another is still running."""
    if not cache.add("tick-lease", "1", timeout=LEASE_SECONDS):
        return
    try:
        report = run_tick(at=clock.now(), connect=connect)
    finally:
        cache.delete("tick-lease")
    if report.started or report.stopped or report.refused or report.unanswered_projects:
        logger.info("tick %s", report)


@shared_task(name="models_registry.tasks.sweep", time_limit=300)
def sweep() -> None:
    """Mirror every connection, read new evaluations, and alarm models that nobody owns."""
    for report in run_sweep(at=clock.now(), connect=connect, open_buckets=open_buckets):
        if report.new_versions or report.evaluations or report.error_code:
            logger.info("sweep %s", report)


@shared_task(name="models_registry.tasks.rebuild_recent_spend", time_limit=300)
def rebuild_recent_spend() -> None:
    """Compute the spend of today and yesterday again, and of days that no worker saw."""
    at = clock.now()
    first_on, last_on = recent_days(at=at)
    rows = rebuild_spend(first_on=first_on, last_on=last_on, at=at)
    logger.debug("spend %s rows", rows)


@shared_task(name="models_registry.tasks.compare_meter", time_limit=300)
def compare_meter() -> None:
    """Once a day, where the settings ask for it, lay CloudWatch's count beside the ledger."""
    at = clock.now()
    is_turn = settings.COMPARE_METER and cache.add(f"meter-{at:%Y-%m-%d}", 1, DAY_SECONDS)
    if not is_turn:
        return
    for report in compare_meters(open_metering=open_metering, at=at):
        logger.log(logging.WARNING if report.error else logging.INFO, "meter %s", report)
