"""A passkey is made and used in a real Chromium, whose authenticator is a virtual one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator

from portal.base.models import User
from tests.browser.conftest import PHONE, chromium, open_page
from tests.signin.conftest import PASSWORD

__all__ = ["chromium", "open_page"]
# The address itself, not one that only names it as where to go next.
HERE = {
    name: re.compile(rf"//[^/]+/{path}(\?|$)")
    for name, path in {"codes": "account/codes/", "account": "account/", "second": "login/second/"}.items()
}
pytestmark = pytest.mark.browser


def give_authenticator(page: Any) -> Callable[[bool], None]:
    """Give the page a device with a fingerprint reader; return what lets the finger fit or not."""
    line = page.context.new_cdp_session(page)
    line.send("WebAuthn.enable")
    kind = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    made = line.send("WebAuthn.addVirtualAuthenticator", {"options": kind})["authenticatorId"]

    def let_fit(fits: bool) -> None:
        line.send("WebAuthn.setUserVerified", {"authenticatorId": made, "isUserVerified": fits})

    return let_fit


def test_passkey_signs_in_without_a_password_and_after_it_as_second_factor(
    open_page: Callable[..., Any], transactional_db: None
) -> None:
    User.objects.create_user("hanako", "hanako@pan.example", PASSWORD)
    page = open_page(PHONE)
    let_fit = give_authenticator(page)
    page.goto("/login/?next=/account/")
    page.fill("input[name=username]", "hanako")
    page.fill("input[name=password]", PASSWORD)
    page.click("#login-form button[type=submit]")
    page.click("a[href='/account/passkeys/new/']")
    page.click("[data-passkey=create]")
    page.wait_for_url(HERE["codes"])
    assert page.locator(".si-codes li").count() == 10

    page.context.clear_cookies()
    page.goto("/login/?next=/account/")
    let_fit(False)
    page.click("[data-passkey=get]")
    page.wait_for_selector("#passkey-error >> text=No passkey was given.")
    let_fit(True)
    page.click("[data-passkey=get]")
    page.wait_for_url(HERE["account"])
    assert page.locator("text=Chrome on Linux").count() >= 1

    page.context.clear_cookies()
    page.goto("/login/?next=/account/")
    page.fill("input[name=username]", "hanako")
    page.fill("input[name=password]", PASSWORD)
    page.click("#login-form button[type=submit]")
    page.wait_for_url(HERE["second"])
    page.click("[data-passkey=get]")
    page.wait_for_url(HERE["account"])
    page.click("a[href$='/remove/']")
    page.click(".k-card button[type=submit]")
    page.wait_for_selector("text=The passkey is removed.")
    assert not Authenticator.objects.exists()
