"""Settings that do not fit together stop the program and say which."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal.base.checks import check_sign_in
from portal.settings import second_factor_for


def ids(settings: Any, **values: Any) -> list[str | None]:
    for name, value in values.items():
        setattr(settings, name, value)
    return [found.id for found in check_sign_in(None)]


def test_default_settings_are_in_order(settings: Any) -> None:
    assert ids(settings) == []


def test_single_sign_on_by_halves_is_an_error(settings: Any) -> None:
    assert ids(settings, OIDC_CLIENT_ID="kamado") == ["kamado.E003"]
    (error,) = check_sign_in(None)
    assert error.hint == "Set KAMADO_OIDC_ISSUER, KAMADO_OIDC_CLIENT_SECRET, or unset the others."


@pytest.mark.parametrize(
    ("issuer", "found"),
    [
        ("http://login.example.com", ["kamado.E004"]),
        ("https://login.example.com", []),
        ("http://localhost:9000", []),
    ],
)
def test_single_sign_on_over_an_open_line_is_an_error(settings: Any, issuer: str, found: list[str]) -> None:
    assert ids(settings, OIDC_ISSUER=issuer, OIDC_CLIENT_ID="a", OIDC_CLIENT_SECRET="b") == found


def test_links_and_passkeys_need_the_https_address_behind_tls(settings: Any) -> None:
    assert ids(settings, BEHIND_TLS=True) == ["kamado.E005"]
    assert ids(settings, PUBLIC_URL="https://kamado.example.com") == []


def test_unknown_rule_for_second_factors_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAMADO_REQUIRE_SECOND_FACTOR", "some")
    with pytest.raises(ImproperlyConfigured, match="must be none, hq or all"):
        second_factor_for()
