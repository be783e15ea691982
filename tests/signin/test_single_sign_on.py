"""Single sign-on against a real provider over HTTP: who is known comes in, everybody else is told why not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from portal.base.models import User
from portal.base.second_factors import has_second_factor
from tests.signin.conftest import PASSWORD, enter, is_in
from tests.signin.provider import CLIENT_ID, CLIENT_SECRET, Provider, new_key, running
from tests.signin.test_second_factors import set_up_app

HANAKO = {"email": "hanako@pan.example", "email_verified": True}


@pytest.fixture(scope="module")
def one_provider() -> Iterator[Provider]:
    with running(Provider()) as provider:
        yield provider


@pytest.fixture
def provider(one_provider: Provider, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Provider:
    for name, value in {"claims": HANAKO, "userinfo_subject": "0042", "shown_key": None}.items():
        monkeypatch.setattr(one_provider, name, value)
    settings.OIDC_ISSUER, settings.OIDC_NAME = one_provider.url, "Pan ID"
    app = settings.OIDC_APP | {"client_id": CLIENT_ID, "secret": CLIENT_SECRET, "name": "Pan ID"}
    app["settings"] = {"server_url": one_provider.url, "oauth_pkce_enabled": True}
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app]}}
    return one_provider


def go_and_come_back(door: Client, **typed: str) -> Any:
    """Press the button, let the browser go to the provider, and follow it back."""
    there = door.post("/login/sso/sso/", typed)
    back = requests.get(there["Location"], allow_redirects=False, timeout=5).headers["Location"]
    return door.get(urlsplit(back)._replace(scheme="", netloc="").geturl())


def refusal(door: Client, **typed: str) -> str:
    answer = go_and_come_back(door, **typed)
    assert answer["Location"] == "/login/"
    said = door.get("/login/").content.decode()
    assert not is_in(door)
    return said


def test_known_person_comes_in_and_nothing_is_kept_but_the_session(
    door: Client, hanako: User, provider: Provider
) -> None:
    assert "Sign in with Pan ID" in door.get("/login/").content.decode()
    assert go_and_come_back(door, next="/why/")["Location"] == "/why/"
    assert is_in(door)
    hanako.refresh_from_db()
    assert hanako.check_password(PASSWORD)
    assert (SocialAccount.objects.count(), EmailAddress.objects.count()) == (0, 0)


def test_unknown_person_is_told_whom_to_ask(door: Client, hanako: User, provider: Provider) -> None:
    provider.claims = HANAKO | {"email": "taro@pan.example"}
    assert "taro@pan.example is not known here. Ask headquarters" in refusal(door)
    assert User.objects.count() == 1


def test_address_that_nobody_verified_is_not_believed(door: Client, hanako: User, provider: Provider) -> None:
    provider.claims = HANAKO | {"email_verified": False}
    assert "Pan ID names no verified mail address of yours." in refusal(door)


def test_two_people_with_one_address_cannot_be_told_apart(
    door: Client, hanako: User, provider: Provider
) -> None:
    User.objects.create_user("hanako2", "hanako@pan.example")
    assert "is not known here" in refusal(door)


def test_deactivated_person_stays_outside(door: Client, hanako: User, provider: Provider) -> None:
    User.objects.update(is_active=False)
    assert go_and_come_back(door)["Location"] == "/login/closed/"
    assert not is_in(door)


def test_token_signed_with_another_key_is_refused(door: Client, hanako: User, provider: Provider) -> None:
    provider.shown_key = new_key()
    assert "Signing in with Pan ID did not work." in refusal(door)


@pytest.mark.parametrize("claims", [{"aud": "another-client"}, {"iss": "https://evil.example"}, {"exp": 1}])
def test_token_for_somebody_else_or_of_yesterday_is_refused(
    door: Client, hanako: User, provider: Provider, claims: dict[str, Any]
) -> None:
    provider.claims = HANAKO | claims
    assert "did not work" in refusal(door)


def test_answer_about_somebody_else_than_the_tokens_person_is_refused(
    door: Client, hanako: User, provider: Provider
) -> None:
    provider.userinfo_subject = "0043"
    assert "did not work" in refusal(door)


def test_account_elsewhere_is_never_tied_to_one_here(
    inside: Client, hanako: User, provider: Provider
) -> None:
    answer = go_and_come_back(inside, process="connect")
    assert answer["Location"] == "/login/"
    assert SocialAccount.objects.count() == 0


def test_answer_that_nobody_asked_for_is_refused(door: Client, hanako: User, provider: Provider) -> None:
    assert door.get("/login/sso/sso/back/?code=1&state=2")["Location"] == "/login/"
    assert not is_in(door)


def test_provider_that_does_not_answer_leads_back_to_the_password(
    door: Client, hanako: User, provider: Provider, settings: Any
) -> None:
    settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]["settings"]["server_url"] = (
        "http://127.0.0.1:9"
    )
    assert door.post("/login/sso/sso/")["Location"] == "/login/"
    assert "Signing in with Pan ID did not work." in door.get("/login/").content.decode()
    assert enter(door).status_code == 302


def test_second_factor_is_asked_for_after_single_sign_on_as_well(
    inside: Client, hanako: User, provider: Provider
) -> None:
    set_up_app(inside)
    assert has_second_factor(hanako)
    assert go_and_come_back(Client())["Location"] == "/login/second/"


def test_without_settings_there_is_neither_button_nor_address(door: Client, hanako: User) -> None:
    assert "/login/sso/" not in door.get("/login/").content.decode()
    assert door.post("/login/sso/sso/").status_code == 404
