"""The till page's pass: a signed note that a person works one store, shown to the API instead of a key.

Nothing is stored. A pass ends by itself after twelve hours, and at once when its person is deactivated,
changes the password or may no longer work the store.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core import signing

from portal.base.models import User
from stores.access import May, stores_where
from stores.models import Store

TILL = "till_"
LIFE = timedelta(hours=12)
WORKS_THE_TILL = May.OVERRIDE
"""A till writes photos and sales into the log: for those who run the store's day. Viewers see the photos."""
_SIGNER = signing.Signer(sep=".", salt="detections.till")


@dataclass(frozen=True, slots=True)
class TillPass:
    """Who stands at which store's till."""

    user: User
    store: Store


class PassUnknown(Exception):
    """Not a pass of ours, or one of somebody who may not work this store (any more)."""


class PassExpired(Exception):
    """A pass of ours whose time is over."""


def issue_pass(*, user: User, store: Store, at: datetime) -> str:
    """Return a pass as the page sends it. The caller has asked the access door."""
    until = int((at + LIFE).timestamp())
    said = {"store": store.pk, "user": user.pk, "until": until, "sign_in": _sign_in(user)}
    return TILL + _SIGNER.sign_object(said)


def read_pass(text: str, *, at: datetime) -> TillPass:
    """Return who stands where, or raise PassUnknown or PassExpired. Two or three queries."""
    try:
        said = _SIGNER.unsign_object(text.removeprefix(TILL))
    except signing.BadSignature as error:
        raise PassUnknown from error
    if said["until"] <= at.timestamp():
        raise PassExpired
    user = User.objects.filter(pk=said["user"], is_active=True).first()
    if user is None or not hmac.compare_digest(said["sign_in"], _sign_in(user)):
        raise PassUnknown
    store = stores_where(user, WORKS_THE_TILL).filter(pk=said["store"]).first()
    if store is None:
        raise PassUnknown
    return TillPass(user, store)


def _sign_in(user: User) -> str:
    """Return what changes with the person's password."""
    return user.get_session_auth_hash()[:16]
