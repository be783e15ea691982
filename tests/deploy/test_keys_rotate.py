"""The secret key changes and nothing is lost: old signatures and seals are taken, then sealed anew."""

from __future__ import annotations

import io
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.utils import decrypt
from cryptography.fernet import InvalidToken
from django.core import signing
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from alerts.gateways.sealing import seal, unseal
from alerts.models import Channel
from portal.base.boxes import box
from portal.base.models import User

OLD, NEW = "the-key-of-last-year-with-enough-characters", "the-key-of-this-year-with-enough-characters"
TOTP_SECRET = "JBSWY3DPEHPK3PXP"


@pytest.fixture
def hanako(db: None, settings: Any) -> User:
    """Somebody with a second factor and a channel, kept under the old key."""
    settings.SECRET_KEY = OLD
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    made = User.objects.create_user("hanako")
    TOTP.activate(made, TOTP_SECRET)
    Channel.objects.create(name="Bakers", kind="SLACK", sealed_address=seal("https://hooks.slack.com/x"))
    return made


def changed(settings: Any, *fallbacks: str) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, list(fallbacks)


def kept() -> list[str]:
    return [unseal(Channel.objects.get().sealed_address), decrypt(Authenticator.objects.get().data["secret"])]


def test_everything_opens_while_the_old_key_is_a_fallback(hanako: User, settings: Any) -> None:
    client, signed = Client(), signing.dumps("link")
    client.force_login(hanako)
    changed(settings, OLD)
    assert kept() == ["https://hooks.slack.com/x", TOTP_SECRET]
    assert signing.loads(signed) == "link"
    assert client.get(reverse("account")).status_code == 200, "sessions go on"


def test_resealed_secrets_need_no_fallback(hanako: User, settings: Any) -> None:
    changed(settings, OLD)
    said = io.StringIO()
    call_command("reseal", stdout=said)
    changed(settings)
    assert said.getvalue() == "2 sealed anew.\n"
    assert kept() == ["https://hooks.slack.com/x", TOTP_SECRET]


def test_what_no_key_opens_is_counted_and_left(hanako: User, settings: Any) -> None:
    changed(settings)
    with pytest.raises(CommandError, match="2 cannot be read"):
        call_command("reseal", stdout=io.StringIO())
    changed(settings, OLD)
    assert kept() == ["https://hooks.slack.com/x", TOTP_SECRET]


def test_seal_of_one_purpose_opens_for_no_other(settings: Any) -> None:
    with pytest.raises(InvalidToken):
        box("channels").decrypt(box("second factors").encrypt(b"secret"))
