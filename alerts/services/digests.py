"""The weekly mails: written on Monday morning in each reader's zone, once a week."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.core import signing
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse

from alerts.domain.telling import Event
from alerts.models import Alert, Delivery, NotificationWishes
from alerts.selectors.audiences import Audience, people
from alerts.selectors.digest import Digest, digest_of
from alerts.services.telling import is_only_writer
from portal.base.mail import public_address, written
from portal.base.models import User
from stores.domain.localtime import local_date, zone
from stores.models import Membership, Role, Store

LOCK = 0x6B616D62
"""Not that of messages: a thousand mails take minutes, and an alert must not wait for them."""
SENT_FROM_HOUR = 7
READERS = (Role.OWNER, Role.AREA_MANAGER, Role.HQ)
SALT = "alerts.digest"
"""Whose weekly mail a link ends; it works for as long as the mail lies in somebody's mailbox."""


ScopeOf = Callable[[User], tuple[QuerySet[Store], QuerySet[Alert]]]
"""What a person may see: their stores, and the alerts of these."""


def write_digests(*, at: datetime, scope_of: ScopeOf) -> int:
    """Write the weekly mails that are due and were not yet written; return how many.

    Each is kept as it is written, so that a run that is cut off is gone on with; alerts are told meanwhile.
    """
    due = [each for each in people(_readers()) if is_due(each.wishes.timezone, at)]
    known = _written_lately(at) if due else set()
    count = 0
    for each in due:
        if each.user is None or (each.user.pk, _group(each, at)) in known:
            continue
        with transaction.atomic():
            if not is_only_writer(LOCK):
                return count
            count += _write(each, at, scope_of)
    return count


def _written_lately(at: datetime) -> set[tuple[int | None, str]]:
    """Return who has which digests of these days already; one query."""
    rows = Delivery.objects.filter(event=Event.DIGEST.value, created_at__gt=at - timedelta(days=3))
    return set(rows.values_list("user_id", "group"))


def _group(reader: Audience, at: datetime) -> str:
    return group_of(local_date(reader.wishes.timezone, at))


def is_due(timezone: str, at: datetime) -> bool:
    """Tell whether it is Monday from seven o'clock on; a portal that was down then sends nothing stale."""
    local = at.astimezone(zone(timezone))
    return local.weekday() == 0 and local.hour >= SENT_FROM_HOUR


def _readers() -> list[int]:
    silent = NotificationWishes.objects.filter(wants_digest=False).values("user_id")
    mine = Membership.objects.filter(role__in=READERS).values("user_id")
    readers = User.objects.filter(Q(is_superuser=True) | Q(pk__in=mine), is_active=True)
    rows = readers.exclude(email="").exclude(pk__in=silent).order_by("id")
    return list(rows.values_list("pk", flat=True))


def _write(reader: Audience, at: datetime, scope_of: ScopeOf) -> int:
    user, group = reader.user, _group(reader, at)
    if user is None or Delivery.objects.filter(user=user, event=Event.DIGEST.value, group=group).exists():
        return 0
    mail = compose_digest(user, scope_of=scope_of, timezone=reader.wishes.timezone, at=at)
    Delivery.objects.create(
        user=user, event=Event.DIGEST.value, group=group, created_at=at, subject=mail.subject[:300],
        body=mail.body, payload={"headers": {"List-Unsubscribe": f"<{mail.unsubscribe}>"}},
    )  # fmt: skip
    return 1


def group_of(monday: date) -> str:
    """Name the digest of the week before a day."""
    return f"digest:{monday - timedelta(days=monday.weekday())}"


class Mail(NamedTuple):
    """A weekly mail as it is sent."""

    subject: str
    body: str
    unsubscribe: str


def compose_digest(user: User, *, scope_of: ScopeOf, timezone: str, at: datetime) -> Mail:
    """Write a person's weekly mail of the week before `at`, in their language."""
    digest: Digest = digest_of(*scope_of(user), timezone=timezone, at=at)
    unsubscribe = public_address(reverse("digest-end", args=[token_of(user)]))
    context = {
        "digest": digest, "home": public_address("/"), "unsubscribe": unsubscribe,
        "settings": public_address(reverse("notification-wishes")),
    }  # fmt: skip
    subject, body = written(template="alerts/mail/digest", context=context, language=user.language)
    return Mail(subject, body, unsubscribe)


def token_of(user: User) -> str:
    """Return what stands in the link that ends a person's weekly mail."""
    return signing.Signer(salt=SALT).sign_object([user.pk])


def reader_of(token: str) -> User | None:
    """Return whose link this is; None for one that is not ours."""
    try:
        [pk] = signing.Signer(salt=SALT).unsign_object(token)
    except (signing.BadSignature, ValueError):
        return None
    return User.objects.filter(pk=pk).first()
