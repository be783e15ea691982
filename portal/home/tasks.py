"""Celery's side of sign-in: the worker sends its mails, so that no answer tells by its time who is known."""

from __future__ import annotations

import logging
from typing import Any

from celery import shared_task

from portal.base import clock
from portal.base.models import User
from portal.base.sessions import forget_sessions
from portal.home.signin.mails import send_notice, send_password_reset

logger = logging.getLogger(__name__)
RETRIES: dict[str, Any] = {
    "autoretry_for": (OSError,),  # what a mail server says is one, too
    "retry_backoff": 10,
    "max_retries": 5,
    "time_limit": 120,
}
EXPIRES = 3600


def later(task: Any, *facts: Any) -> None:
    """Have the worker do a task once what is being written is written."""
    task.apply_async_on_commit(args=facts, queue="default", expires=EXPIRES)


@shared_task(name="portal.home.tasks.mail_password_reset", **RETRIES)
def mail_password_reset(address: str) -> None:
    """Send the link that sets a new password to whoever has this address."""
    logger.info("password reset asked for, mails: %d", send_password_reset(address=address))


@shared_task(name="portal.home.tasks.mail_notice", **RETRIES)
def mail_notice(user_id: int, what: str, address: str, user_agent: str) -> None:
    """Tell a person of a change of how they sign in."""
    person = User.objects.filter(pk=user_id).first()
    if person is not None and person.email:
        send_notice(user=person, what=what, address=address, user_agent=user_agent)
        logger.info("notice %s sent to person %d", what, user_id)


@shared_task(name="portal.home.tasks.forget_old_sessions", time_limit=120)
def forget_old_sessions() -> None:
    """Delete the sessions that are over."""
    logger.debug("sessions over: %d", forget_sessions(at=clock.now()))
