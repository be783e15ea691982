"""The signed link by which a store answers its holidays without signing in."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.core import signing
from django.db import transaction
from django.utils.translation import gettext

from portal.base.errors import NotFound, PortalError
from stores.models import HolidayLink, SpecialDay, Store
from stores.services.bounds import check_owners_day
from stores.services.special_days import DayFacts, Scope, facts_of, set_special_day

LINK_DAYS = 60
SALT = "stores.holiday-link"


class LinkOver(PortalError):
    """The link was good once: it has expired, was revoked or was replaced."""

    code = "link_over"


def link_for(*, store: Store, at: datetime) -> HolidayLink:
    """Return the store's link, good for 60 days from now: the one that works, else a new one."""
    expires_at = at + timedelta(days=LINK_DAYS)
    link = HolidayLink.objects.filter(store=store, revoked_at=None, expires_at__gt=at).first()
    if link is not None:
        HolidayLink.objects.filter(pk=link.pk).update(expires_at=expires_at)
        link.expires_at = expires_at
        return link
    values = {"nonce": secrets.token_hex(8), "issued_at": at, "expires_at": expires_at, "revoked_at": None}
    return HolidayLink.objects.update_or_create(store=store, defaults=values)[0]


def token_of(link: HolidayLink) -> str:
    """Return what stands in the link's address."""
    return signing.Signer(salt=SALT).sign_object([link.pk, link.nonce])


def read_link(*, token: str, at: datetime) -> HolidayLink:
    """Return the link of a token; raise NotFound for a forged one and LinkOver for one that was good once."""
    try:
        pk, nonce = signing.Signer(salt=SALT).unsign_object(token)
    except (signing.BadSignature, ValueError) as error:
        raise NotFound(
            gettext("This address is not complete. Open the link in the mail once more.")
        ) from error
    link = HolidayLink.objects.select_related("store", "store__area").filter(pk=pk).first()
    if link is None or link.nonce != nonce or link.revoked_at is not None:
        raise LinkOver(
            gettext("This link was replaced. Use the one in the newest mail, or ask headquarters.")
        )
    if link.expires_at <= at:
        raise LinkOver(gettext("This link is too old. Ask headquarters for a new one, or sign in."))
    return link


def note_opened(*, link: HolidayLink, at: datetime) -> None:
    """Remember that somebody opened the link."""
    HolidayLink.objects.filter(pk=link.pk).update(opened_at=at)


def revoke_link(*, store: Store, at: datetime) -> None:
    """End the store's link; the next mail carries a new one."""
    HolidayLink.objects.filter(store=store, revoked_at=None).update(revoked_at=at)


@transaction.atomic
def answer_by_link(*, link: HolidayLink, answers: Iterable[DayFacts], at: datetime) -> int:
    """Set the days of the link's store that are answered otherwise than they stand; return how many.

    Whoever holds the link is bound as the store's owner is: raises OutOfBounds, and then nothing is set.
    """
    chosen = {facts.on: facts for facts in answers}
    days = SpecialDay.objects.filter(store=link.store, on__in=chosen)
    standing = {day.on: (day.kind, facts_of(day).hours) for day in days}
    changed = [facts for on, facts in chosen.items() if standing.get(on) != (facts.kind.value, facts.hours)]
    for facts in changed:
        check_owners_day(link.store, facts.on, facts.hours)
        set_special_day(scope=Scope(link.store), facts=facts, author=None, at=at)
    HolidayLink.objects.filter(pk=link.pk).update(answered_at=at)
    return len(changed)
