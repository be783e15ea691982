"""Celery's side of the learning loop: read the clock, make one call, write one line."""

from __future__ import annotations

import logging
import time
from typing import Any

from celery import shared_task
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import QueryDict

from detections.forms.asking import asked
from detections.gateways.pixels import read_hashed, small_pictures
from detections.models import Export
from detections.selectors.closing import untold_questions
from detections.selectors.photos import HistoryFilter
from detections.services.batches import Unpacking, advance
from detections.services.brought import look_at_brought
from detections.services.close_mail import tell_owners
from detections.services.closing import ask_before_close
from detections.services.comparing import advance_comparisons
from detections.services.detect import Tools
from detections.services.exports import Writing, advance_exports, expire_exports
from detections.services.handing_in import let_old_go
from detections.services.health import recount_recent
from detections.services.looking import advance_looks
from detections.services.retention import prune_pictures
from detections.services.schooling import Means, advance_sets
from detections.services.small_pictures import make_small_pictures
from detections.services.waiting import analyse_waiting, sweep_unfinished
from detections.wiring import PICTURES, entries_of, open_eyes, read_source
from models_registry.wiring import open_buckets, open_school
from portal.base import clock

logger = logging.getLogger(__name__)
SECONDS = 10.0
"""How long one task goes on with waiting photos; the next one continues."""


@shared_task(name="detections.tasks.analyse_waiting", time_limit=60)
def waiting() -> None:
    """Take up lost attempts, then analyse photos that wait for their model."""
    sweep_unfinished(at=clock.now())
    until = time.monotonic() + SECONDS
    report = analyse_waiting(
        at=clock.now(), tools=Tools(open_eyes, PICTURES), is_time=lambda: time.monotonic() < until
    )
    if report.answered:
        logger.info("waiting photos %s", report)


@shared_task(name="detections.tasks.ask_to_close", time_limit=55)
def ask_to_close() -> None:
    """Ask the owners whose model is about to stop while trays are coming; write to those not told yet."""
    at = clock.now()
    asked = ask_before_close(at=at, from_trays=settings.ASK_TRAYS)
    told = sum(tell_owners(question, at=at) for question in untold_questions(at=at))
    if asked or told:
        logger.info("closing asked=%s told=%s", asked, told)


@shared_task(name="detections.tasks.advance_batches", time_limit=120)
def batches() -> None:
    """Unpack batches of pictures, and end those that are done."""
    until = time.monotonic() + 3 * SECONDS
    unpacking = Unpacking(PICTURES, PICTURES.open_file, entries_of)
    advance(at=clock.now(), unpacking=unpacking, is_time=lambda: time.monotonic() < until)


@shared_task(name="detections.tasks.make_small_pictures", time_limit=60)
def small() -> None:
    """Make the thumbnails and crops that are missing."""
    until = time.monotonic() + SECONDS
    made = make_small_pictures(
        pictures=PICTURES, shrink=small_pictures, is_time=lambda: time.monotonic() < until
    )
    logger.debug("small pictures of %s photos", made)


@shared_task(name="detections.tasks.prune_pictures", time_limit=120)
def prune() -> None:
    """Delete pictures that were kept long enough."""
    until = time.monotonic() + 6 * SECONDS
    pruned = prune_pictures(pictures=PICTURES, at=clock.now(), is_time=lambda: time.monotonic() < until)
    if pruned:
        logger.info("deleted the pictures of %s photos", pruned)


@shared_task(name="detections.tasks.write_exports", time_limit=120)
def exports() -> None:
    """Go on with one file of the history, and let old ones go."""
    until = time.monotonic() + SECONDS
    writing = Writing(PICTURES, question_of, clock.now)
    advance_exports(writing=writing, is_time=lambda: time.monotonic() < until)
    expire_exports(pictures=PICTURES, at=clock.now())


def question_of(export: Export) -> tuple[Any, HistoryFilter]:
    """Return what an export asks for, and the stores that its author may see today."""
    author = export.author if export.author and export.author.is_active else AnonymousUser()
    question = asked(author, QueryDict(export.query))
    return question.stores, question.chosen


@shared_task(name="detections.tasks.advance_training", time_limit=120)
def training() -> None:
    """Bring submitted training sets on their way through AWS."""
    until = time.monotonic() + SECONDS
    means = Means(open_school, open_buckets, PICTURES)
    if steps := advance_sets(at=clock.now(), means=means, is_time=lambda: time.monotonic() < until):
        logger.info("training sets: %s steps", steps)


@shared_task(name="detections.tasks.advance_comparisons", time_limit=300)
def comparisons() -> None:
    """Let versions on trial look at stored photos, and work out comparisons that are waited for."""
    until = time.monotonic() + SECONDS
    at, tools = clock.now(), Tools(open_eyes, PICTURES)
    advance_looks(at=at, tools=tools, is_time=lambda: time.monotonic() < until)
    advance_comparisons(at=at, open_buckets=open_buckets, is_time=lambda: time.monotonic() < until)


@shared_task(name="detections.tasks.tend_brought", time_limit=120)
def brought() -> None:
    """Read pictures that were brought along but not read yet, and forget files that nobody said yes to."""
    until = time.monotonic() + SECONDS
    at = clock.now()
    let_old_go(pictures=PICTURES, at=at)
    look_at_brought(read=read_source, check=read_hashed, is_time=lambda: time.monotonic() < until, at=at)


@shared_task(name="detections.tasks.recount_health", time_limit=300)
def recount_health() -> None:
    """Count the last hours again, and older ones whose photos changed since."""
    report = recount_recent(at=clock.now())
    logger.debug("health %s", report)
