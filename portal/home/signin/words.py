"""What sign-in says: how long to wait, which browser, what has changed."""

from __future__ import annotations

from datetime import timedelta
from math import ceil

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from portal.home.signin.browsers import browser_of

# What allauth tells after a change, by the name of its template; what is not here goes without saying.
SAID = {
    "account/messages/logged_out.txt": _("You have signed out."),
    "account/messages/password_changed.txt": _("Your password is changed. Every other session has ended."),
    "account/messages/password_set.txt": _("Your password is set."),
    "mfa/messages/totp_activated.txt": _("Your authenticator app is set up."),
    "mfa/messages/totp_deactivated.txt": _("Your authenticator app is removed."),
    "mfa/messages/webauthn_added.txt": _("The passkey is added."),
    "mfa/messages/webauthn_removed.txt": _("The passkey is removed."),
}
# What a person is told by mail: allauth's template, the word kept in the task; then the sentences.
NOTICES = {
    "account/email/password_changed": "password",
    "account/email/password_set": "password",
    "account/email/password_reset": "password",
    "mfa/email/totp_activated": "app-added",
    "mfa/email/totp_deactivated": "app-removed",
    "mfa/email/webauthn_added": "passkey-added",
    "mfa/email/webauthn_removed": "passkey-removed",
    "mfa/email/recovery_codes_generated": "codes",
}
NOTICE_SENTENCES = {
    "password": _("Your password has been changed."),
    "app-added": _("An authenticator app has been set up for your sign-in."),
    "app-removed": _("The authenticator app has been removed from your sign-in."),
    "passkey-added": _("A passkey has been added to your sign-in."),
    "passkey-removed": _("A passkey has been removed from your sign-in."),
    "codes": _("New recovery codes have been made for your sign-in."),
}


def wait_sentence(wait: timedelta) -> str:
    """Say how long the next try has to wait, in whole minutes."""
    minutes = max(ceil(wait / timedelta(minutes=1)), 1)
    return ngettext(
        "Too many wrong tries. Please try again in %(minutes)d minute, or set a new password.",
        "Too many wrong tries. Please try again in %(minutes)d minutes, or set a new password.",
        minutes,
    ) % {"minutes": minutes}


def wait_for_code_sentence(wait: timedelta) -> str:
    """Say how long the next code has to wait, in whole minutes."""
    minutes = max(ceil(wait / timedelta(minutes=1)), 1)
    return ngettext(
        "Too many wrong codes. Please try again in %(minutes)d minute.",
        "Too many wrong codes. Please try again in %(minutes)d minutes.",
        minutes,
    ) % {"minutes": minutes}


def browser_sentence(user_agent: str) -> str:
    """Say which browser on which system this is."""
    browser = browser_of(user_agent)
    if browser.name and browser.system:
        return gettext("%(browser)s on %(system)s") % {"browser": browser.name, "system": browser.system}
    return browser.name or browser.system or gettext("An unknown browser")
