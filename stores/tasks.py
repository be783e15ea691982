"""Celery's side of the holiday desk."""

from __future__ import annotations

import logging

from celery import shared_task

from portal.base import clock
from stores.models import Store
from stores.services.holiday_asks import ask_owners

logger = logging.getLogger(__name__)


@shared_task(name="stores.tasks.ask_about_holidays", time_limit=600)
def ask_about_holidays() -> None:
    """Ask the owners whose stores have holidays without an answer."""
    report = ask_owners(stores=Store.objects.all(), at=clock.now())
    if report.sent or report.failed:
        logger.info("holiday asks: sent %s, failed %s", report.sent, report.failed)
