"""Where allauth asks us: sentences, mails, waits, second factors, and whom single sign-on lets in."""

from __future__ import annotations

import logging
import time
from typing import Any, NoReturn
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core import context as current
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from cryptography.fernet import InvalidToken, MultiFernet
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.base import clock, lockout
from portal.base.boxes import box
from portal.base.models import User
from portal.home import tasks
from portal.home.signin.middleware import NOTED
from portal.home.signin.second_factor import may_remove
from portal.home.signin.words import NOTICES, SAID, browser_sentence, wait_sentence

logger = logging.getLogger(__name__)
SECOND_FACTOR = "kamado.second-factor"
WRONG = _("The name or the password is not right.")
WAYS = {
    "reauthenticate": _("Use your password"),
    "mfa_reauthenticate": _("Use a code"),
    "mfa_reauthenticate:webauthn": _("Use a passkey"),
}


class AccountAdapter(DefaultAccountAdapter):
    """Sign-in with a password, and everything around it."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": WRONG,
        "email_password_mismatch": WRONG,
        "incorrect_password": _("The password is not right."),
        "enter_current_password": _("The current password is not right."),
        "invalid_password_reset": _("This link has been used, or is too old."),
        "too_many_login_attempts": _("Too many wrong tries. Please try again in a quarter of an hour."),
        "rate_limited": _("Too many wrong tries. Please try again in a quarter of an hour."),
    }

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse a try that has to wait, and say for how long."""
        key = self._get_login_attempts_cache_key(request, **credentials)
        if wait := lockout.wait_for(request, key=key, at=clock.now()):
            raise ValidationError(wait_sentence(wait), code="too_many_login_attempts")
        super().pre_authenticate(request, **credentials)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count by what was typed, whatever the host: headquarters unlocks without knowing it."""
        return lockout.key_of_typed(credentials.get("email") or credentials.get("username") or "")

    def set_password(self, user: User, password: str) -> None:
        """Set it, and let the person in at once: whoever sets a new password has proved who they are."""
        super().set_password(user, password)
        lockout.unlock(user=user)

    def login(self, request: HttpRequest, user: User) -> None:
        """Sign in; the session is one of those that say when they were last seen."""
        super().login(request, user)
        request.session[NOTED] = True

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Ask for a proof again only if the sign-in, too, is more than ten minutes old."""
        records = get_authentication_records(current.request, current.request.user)
        fresh = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
        if any(record["at"] > fresh for record in records):
            return False
        return super().is_reauthentication_required(app=app, **kwargs)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Offer a new sign-in to whoever has neither a password nor a second factor here."""
        again = {"id": "sign_in_again", "description": _("Sign in again"), "url": reverse("sign-in-again")}
        ways = super().get_reauthentication_methods(user) or ([again] if user.is_authenticated else [])
        return [way | {"description": WAYS.get(way["id"], way["description"])} for way in ways]

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account")

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **kwargs: Any
    ) -> None:
        """Say it in our own words, or not at all."""
        said = kwargs.get("message") or SAID.get(message_template or "")
        if said:
            messages.add_message(request, level, str(said))

    def send_notification_mail(self, template_prefix: str, user: User, *args: Any, **kwargs: Any) -> None:
        """Have the person told by mail of a change of how they sign in; the worker sends it."""
        if template_prefix in NOTICES and user.email:
            facts = [self.get_client_ip(self.request), self.get_http_user_agent(self.request)[:200]]
            tasks.later(tasks.mail_notice, user.pk, NOTICES[template_prefix], *facts)


class SecondFactorAdapter(DefaultMFAAdapter):
    """Authenticator apps and passkeys."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("This code is not right."),
        "cannot_delete_authenticator": _(
            "You need a second factor here. Add another one first, then remove this."
        ),
    }

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Bind passkeys to the public address, not to whatever host a request names."""
        return {"id": relying_party(), "name": "Kamado"}

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:
        return browser_sentence(current.request.headers.get("User-Agent", ""))

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return may_remove(authenticator.user, authenticator.pk)

    def encrypt(self, text: str) -> str:
        """Keep secrets so that a copy of the database alone makes no codes."""
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return the secret; after a change of the secret key, one to which no code fits."""
        try:
            return _box().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            logger.warning("second factor unreadable: KAMADO_SECRET_KEY is not the one it was kept with")
            return generate_totp_secret()


def relying_party() -> str:
    """Return the host name to which passkeys belong."""
    return urlsplit(settings.PUBLIC_URL).hostname or "localhost"


def _box() -> MultiFernet:
    return box(SECOND_FACTOR)


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    """Let in by single sign-on who is known here by a mail address that the other side has verified.

    The address is looked up at every sign-in and nothing is kept, so `User.email` alone tells who comes in.
    """

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Find the person; raise the answer that refuses everybody else."""
        if sociallogin.state.get("process") != "login" or len(_subjects(sociallogin)) != 1:
            self.refuse(request, gettext("Signing in with %(name)s did not work. Please try again."))
        addresses = [found.email for found in sociallogin.email_addresses if found.verified]
        if not addresses:
            self.refuse(request, gettext("%(name)s names no verified mail address of yours."))
        people = list(User.objects.filter(email__in=addresses).order_by("-is_active", "id")[:2])
        if not people or (len(people) == 2 and people[1].is_active):
            unknown = gettext("%(address)s is not known here. Ask headquarters for an invitation.")
            self.refuse(request, unknown, addresses[0])
        sociallogin.user = people[0]

    def on_authentication_error(self, request: HttpRequest, provider: Any, **kwargs: Any) -> None:
        """Lead back to the sign-in with one sentence, whatever went wrong at the other side."""
        logger.warning("single sign-on failed: %s %s", kwargs.get("error"), kwargs.get("exception"))
        self.refuse(request, gettext("Signing in with %(name)s did not work. Please try again."))

    def refuse(self, request: HttpRequest, sentence: str, address: str = "") -> NoReturn:
        """Answer with the sign-in page and a sentence."""
        messages.error(request, sentence % {"name": settings.OIDC_NAME, "address": address})
        answer: HttpResponse = redirect("login")
        raise ImmediateHttpResponse(answer)


def _subjects(sociallogin: Any) -> set[str]:
    """Return of whom the token and the answer about the person speak: of one, or something is off."""
    said = sociallogin.account.extra_data
    parts = (said.get("id_token"), said.get("userinfo"))
    return {str(part.get("sub", "")) for part in parts if part}
