"""The one place that tells owners of a question before closing: by mail, with links that need no sign-in."""

from __future__ import annotations

import smtplib
from datetime import datetime
from typing import NamedTuple

from django.core import signing
from django.urls import reverse
from django.utils import translation

from detections.domain.closing import Answer, How
from detections.models import CloseQuestion
from portal.base.mail import public_address, send_mail
from portal.base.models import User
from portal.base.showing import show_clock
from stores.selectors.owners import owners_of_store

SALT = "detections.close-question"
MAX_AGE = 86_400


class Link(NamedTuple):
    """What a signed link says: which question, whose answer it would be, by which way."""

    question: int
    person: int
    how: How


def sign_link(question: CloseQuestion, person: User, how: How) -> str:
    """Return the token of a person's link to a question."""
    return signing.dumps([question.pk, person.pk, how.value], salt=SALT)


def read_link(token: str) -> Link | None:
    """Return what a token says; None for one that we did not sign, or of yesterday."""
    try:
        question, person, how = signing.loads(token, salt=SALT, max_age=MAX_AGE)
    except signing.BadSignature:
        return None
    return Link(question, person, How(how))


def tell_owners(question: CloseQuestion, *, at: datetime) -> int:
    """Write to the owners of a store, once; return to how many. The next minute tries again if none is."""
    untold = CloseQuestion.objects.filter(pk=question.pk, told_at__isnull=True)
    if untold.update(told_at=at) != 1:
        return 0
    people = list(owners_of_store(question.store).exclude(email=""))
    told = sum(_is_written(question, person) for person in people)
    if people and not told:
        CloseQuestion.objects.filter(pk=question.pk).update(told_at=None)
    return told


def _is_written(question: CloseQuestion, person: User) -> bool:
    """Write to one; a mailbox that is refused keeps nobody else from hearing of it, nor hearing twice."""
    try:
        _write(question, person)
    except (OSError, smtplib.SMTPException):
        return False
    return True


def _write(question: CloseQuestion, person: User) -> None:
    token = sign_link(question, person, How.MAIL)
    address = public_address(reverse("close-question", args=[token]))
    with translation.override(person.language):
        stop = show_clock(question.stop_at, question.store.timezone)
    context = {
        "store": question.store,
        "stop": stop,
        "trays": question.trays,
        "later": f"{address}?answer={Answer.LATER}",
        "as_planned": f"{address}?answer={Answer.AS_PLANNED}",
        "always": f"{address}?answer={Answer.ALWAYS}" if question.opens_on else "",
        "weekday": question.opens_on,
    }
    send_mail(to=person.email, template="mail/close_question", context=context, language=person.language)
