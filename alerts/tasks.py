"""Celery's side of alerts: read the clock, make one call, write one line."""

from __future__ import annotations

import logging
import time

from celery import shared_task
from django.conf import settings
from django.core.cache import cache

from alerts.access import scope_of
from alerts.domain.kinds import Pace
from alerts.gateways.deadman import ping
from alerts.services.delivering import deliver
from alerts.services.digests import write_digests
from alerts.services.drift import count_scores
from alerts.services.publishing import forget_refusal, publish_signs
from alerts.services.sweep import sweep as run_sweep
from alerts.services.telling import write_messages
from alerts.wiring import CARRIER, open_outside
from models_registry.selectors.pulse import pulse
from portal.base import clock

logger = logging.getLogger(__name__)
SECONDS = 10.0
"""How long a round of sending goes on; the next one continues. Two processes share everything."""
DEADMAN_SECONDS = 60


@shared_task(name="alerts.tasks.sweep", time_limit=300)
def sweep(pace: str) -> None:
    """Bring the alerts of one beat into line with the world; tell the dead man's watch that all is well."""
    at = clock.now()
    if pace == Pace.SLOW:
        count_scores(at=at)
    report = run_sweep(Pace(pace), at=at)
    if report.has_news:
        logger.info("alerts %s", report)
    if pace == Pace.QUICK:
        tell_outside()


def tell_outside() -> None:
    """Call the dead-man's address at most once a minute, and only while the tick is fresh."""
    is_turn = settings.DEADMAN_URL and cache.add("deadman", 1, DEADMAN_SECONDS - 5)
    if is_turn and not pulse(clock.now()).is_late:
        ping(settings.DEADMAN_URL)


@shared_task(name="alerts.tasks.tell", time_limit=120)
def tell() -> None:
    """Write the messages that are due, and send what is written."""
    until = time.monotonic() + SECONDS
    written = write_messages(at=clock.now())
    report = deliver(carrier=CARRIER, now=clock.now, is_time=lambda: time.monotonic() < until)
    if written or report.sent or report.failed:
        logger.info("messages: %s written, %s", written, report)


@shared_task(name="alerts.tasks.write_digests", time_limit=300)
def digests() -> None:
    """Write the weekly mails that are due; `tell` sends them."""
    if written := write_digests(at=clock.now(), scope_of=scope_of):
        logger.info("digests: %s written", written)


@shared_task(name="alerts.tasks.publish_signs", time_limit=60)
def signs_of_life() -> None:
    """Tell CloudWatch how old the tick is, where the settings name a place for it."""
    at, outside = clock.now(), open_outside()
    if outside is None:
        forget_refusal(at=at)
    else:
        publish_signs(outside=outside, at=at)
