"""Subscriptions to opening windows: one secret address for each person and scope."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.core import signing
from django.db import transaction
from django.utils.translation import gettext

from portal.base.errors import NotFound, PortalError
from portal.base.models import User
from stores.models import Area, CalendarFeed, Store

SALT = "stores.calendar-feed"


class FeedOver(PortalError):
    """The address was good once: it was revoked or replaced."""

    code = "feed_over"


@transaction.atomic
def add_feed(
    *, user: User, store: Store | None, area: Area | None, has_ready: bool, at: datetime
) -> CalendarFeed:
    """Return the person's feed of a store or area; a second one of the same is the first, as told now."""
    feed, is_new = CalendarFeed.objects.get_or_create(
        user=user,
        store=store,
        area=area,
        revoked_at=None,
        defaults={"nonce": secrets.token_hex(8), "issued_at": at, "has_ready": has_ready},
    )
    if not is_new and feed.has_ready != has_ready:
        feed.has_ready = has_ready
        feed.save(update_fields=["has_ready"])
    return feed


def rotate_feed(*, feed: CalendarFeed) -> None:
    """Give the feed a new address; the old one works no more."""
    CalendarFeed.objects.filter(pk=feed.pk).update(nonce=secrets.token_hex(8), read_at=None)


def revoke_feed(*, feed: CalendarFeed, at: datetime) -> None:
    """End the feed."""
    CalendarFeed.objects.filter(pk=feed.pk, revoked_at=None).update(revoked_at=at)


def feed_token(feed: CalendarFeed) -> str:
    """Return what stands in the feed's address."""
    return signing.Signer(salt=SALT).sign_object([feed.pk, feed.nonce]).replace(":", "~")


def read_feed(*, token: str) -> CalendarFeed:
    """Return the feed of a token; raise NotFound for a forged one and FeedOver for one that was good once."""
    try:
        pk, nonce = signing.Signer(salt=SALT).unsign_object(token.replace("~", ":"))
    except (signing.BadSignature, ValueError) as error:
        raise NotFound(gettext("There is no such calendar.")) from error
    feed = CalendarFeed.objects.select_related("user", "store", "area").filter(pk=pk).first()
    if feed is None or feed.nonce != nonce or feed.revoked_at is not None:
        raise FeedOver(
            gettext("This calendar's address was replaced. Subscribe to the new one in the portal.")
        )
    return feed


def note_read(*, feed: CalendarFeed, digest: str, at: datetime) -> datetime:
    """Remember that the feed was read; return since when it says what it says."""
    changed_at = feed.changed_at if feed.digest == digest and feed.changed_at else at.replace(microsecond=0)
    CalendarFeed.objects.filter(pk=feed.pk).update(read_at=at, digest=digest, changed_at=changed_at)
    return changed_at
