"""Invitations by a signed link: sent, sent again, withdrawn, and accepted once."""

from __future__ import annotations

import secrets
import smtplib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core import signing
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext

from portal.base.errors import InvalidInput
from portal.base.mail import public_address, send_mail
from portal.base.models import User
from stores.models import Area, Invitation, Store
from stores.services.people import add_membership, check_scope

LIFE = timedelta(days=7)
_SIGNER = signing.Signer(sep=".", salt="stores.invitation")


class InvalidInvitation(InvalidInput):
    """An invitation that cannot be sent or accepted (any more)."""

    code = "invalid_invitation"


@dataclass(frozen=True, slots=True)
class Guest:
    """Who is invited, in which language, to what."""

    email: str
    language: str
    role: str
    area: Area | None = None
    store: Store | None = None


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What the invited chose."""

    username: str
    password: str
    first_name: str
    last_name: str


def invite(*, guest: Guest, author: User, at: datetime) -> tuple[Invitation, bool]:
    """Write an invitation down and send its link; tell whether the mail server took it."""
    check_scope(guest.role, guest.area, guest.store)
    if known := User.objects.filter(email__iexact=guest.email).order_by("id").first():
        said = gettext("%(who)s signs in with this address already. Add the role on their page.")
        raise InvalidInvitation(said % {"who": known.display_name})
    invitation = Invitation.objects.create(
        email=guest.email, language=guest.language, role=guest.role, area=guest.area, store=guest.store,
        author=author, nonce=secrets.token_hex(8), created_at=at, expires_at=at + LIFE,
    )  # fmt: skip
    return invitation, _send(invitation, at)


def resend(*, invitation: Invitation, by: User, at: datetime) -> bool:
    """Send a new link for seven days more, the older ones lead nowhere; tell whether the mail went out.

    From now on it is `by` who vouches for the invited.
    """
    nonce = secrets.token_hex(8)
    if _open(invitation).update(nonce=nonce, expires_at=at + LIFE, author=by) != 1:
        raise InvalidInvitation(gettext("This invitation has been accepted or withdrawn meanwhile."))
    invitation.refresh_from_db()
    return _send(invitation, at)


def withdraw(*, invitation: Invitation, at: datetime) -> bool:
    """Let the link lead nowhere; tell whether it was still open."""
    return _open(invitation).update(withdrawn_at=at) == 1


def read_link(token: str, *, at: datetime) -> Invitation:
    """Return the open invitation that a link is for; the refusal says what to do instead."""
    try:
        pk, nonce = _SIGNER.unsign_object(token)
    except (signing.BadSignature, ValueError) as error:
        said = gettext("This link is not complete. Copy the whole line from the mail.")
        raise InvalidInvitation(said, code="link_broken") from error
    invitation = Invitation.objects.select_related("area", "store", "author").filter(pk=pk).first()
    if invitation is None or invitation.withdrawn_at is not None or _is_orphaned(invitation):
        said = gettext("This invitation was withdrawn. Ask whoever invited you.")
        raise InvalidInvitation(said, code="link_withdrawn")
    if invitation.accepted_at is not None:
        said = gettext("This link has been used: the account is there. Sign in with it.")
        raise InvalidInvitation(said, code="link_used")
    if invitation.nonce != nonce:
        said = gettext("A newer mail has been sent. Use the link in the newest one.")
        raise InvalidInvitation(said, code="link_replaced")
    if invitation.expires_at <= at:
        said = gettext("This link was good for seven days. Ask whoever invited you to send it again.")
        raise InvalidInvitation(said, code="link_old")
    return invitation


def accept(*, invitation: Invitation, account: NewAccount, at: datetime) -> User:
    """Make the account with its role, once; refuse a sign-in name that is taken, in capitals or not."""
    said = gettext("“%(name)s” is taken. Choose another name to sign in with.")
    taken = InvalidInvitation(said % {"name": account.username})
    if User.objects.filter(username__iexact=account.username).exists():
        raise taken
    try:
        with transaction.atomic():
            if _open(invitation).filter(nonce=invitation.nonce).update(accepted_at=at) != 1:
                said = gettext("This link has been used: the account is there. Sign in with it.")
                raise InvalidInvitation(said, code="link_used")
            person = User.objects.create_user(
                account.username, invitation.email, account.password, first_name=account.first_name,
                last_name=account.last_name, language=invitation.language,
            )  # fmt: skip
            add_membership(person=person, role=invitation.role, area=invitation.area, store=invitation.store)
    except IntegrityError as error:
        raise taken from error
    return person


def link_of(invitation: Invitation) -> str:
    """Return the address that the mail holds."""
    token = _SIGNER.sign_object([invitation.pk, invitation.nonce])
    return public_address(reverse("invitation", args=[token]))


def _is_orphaned(invitation: Invitation) -> bool:
    """Tell whether who invited has been deactivated since: nobody vouches for the invited any more."""
    return invitation.author is not None and not invitation.author.is_active


def _open(invitation: Invitation) -> QuerySet[Invitation]:
    return Invitation.objects.filter(pk=invitation.pk, accepted_at__isnull=True, withdrawn_at__isnull=True)


def _send(invitation: Invitation, at: datetime) -> bool:
    context = {"invitation": invitation, "link": link_of(invitation), "author": invitation.author}
    try:
        send_mail(
            to=invitation.email, template="stores/mail/invitation", context=context,
            language=invitation.language,
        )  # fmt: skip
    except (OSError, smtplib.SMTPException):
        return False
    Invitation.objects.filter(pk=invitation.pk).update(sent_at=at)
    return True
