"""The sessions of a person: listed by what each was opened with, and ended.

Django asks the session table at every request, so what is deleted here is over with the next click. A person
who is deactivated (`is_active=False`) is refused by the sign-in backend at once; ending their sessions keeps
an old one from coming back to life when they are let in again.
"""

from __future__ import annotations

from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils.crypto import constant_time_compare

from portal.base.models import User


def live_sessions(user: User, *, at: datetime) -> list[UserSession]:
    """Return the sessions that still let a person in, the one used last first; two queries.

    A session whose password has been changed since, or that is over, lets nobody in and is left out.
    """
    noted = {row.session_key: row for row in UserSession.objects.filter(user_id=user.pk)}
    stored = Session.objects.filter(session_key__in=noted, expire_date__gt=at)
    alive = [noted[session.session_key] for session in stored if _is_of(user, session)]
    return sorted(alive, key=lambda row: (row.last_seen_at, row.pk), reverse=True)


def _is_of(user: User, session: Session) -> bool:
    said = session.get_decoded()
    same_password = constant_time_compare(said.get("_auth_user_hash", ""), user.get_session_auth_hash())
    return said.get("_auth_user_id") == str(user.pk) and same_password


@transaction.atomic
def end_sessions(*, user: User, but: str | None = None) -> int:
    """End a person's sessions at once, `but` the one with this key; return how many were open."""
    rows = UserSession.objects.filter(user_id=user.pk).exclude(session_key=but or "")
    return _end(list(rows.values_list("session_key", flat=True)))


@transaction.atomic
def end_session(*, user: User, pk: int) -> bool:
    """End one session of a person; tell whether it was theirs and open."""
    rows = UserSession.objects.filter(user_id=user.pk, pk=pk)
    return bool(_end(list(rows.values_list("session_key", flat=True))))


def note_seen(*, session_key: str, address: str | None, at: datetime) -> None:
    """Write down that a session has been used, and from where; one query."""
    seen = {"last_seen_at": at} | ({"ip": address} if address else {})
    UserSession.objects.filter(session_key=session_key).update(**seen)


@transaction.atomic
def forget_sessions(*, at: datetime) -> int:
    """Delete the sessions that are over, and the notes of those that are gone; return how many were over."""
    over, _ = Session.objects.filter(expire_date__lt=at).delete()
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
    return over


def _end(keys: list[str]) -> int:
    ended, _ = Session.objects.filter(session_key__in=keys).delete()
    UserSession.objects.filter(session_key__in=keys).delete()
    return ended
