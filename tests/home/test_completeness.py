"""Nothing is forgotten: every address × person has an expected answer, every command a test, every word Japanese."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from stores.models import Role
from tests.home.conftest import Street

ROOT = Path(__file__).resolve().parents[2]

# What a GET answers to: a stranger, the owner of another store, a viewer of this one, its owner, headquarters.
# 302 sends a stranger to sign in; 404 is "not yours", 403 "yours but not allowed", 405 "only by a button".
ANSWERS = {
    "login": (200, 302, 302, 302, 302),
    "logout": (405, 405, 405, 405, 405),
    "set_language": (405, 405, 405, 405, 405),
    "healthz": (200, 200, 200, 200, 200),
}


def named_patterns(patterns: object = None, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield every named address outside the admin lists, with its route."""
    for pattern in patterns if patterns is not None else get_resolver().url_patterns:  # type: ignore[attr-defined]
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver) and pattern.namespace is None:
            yield from named_patterns(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield pattern.name, route


@pytest.mark.django_db
def test_dump(street: Street, sign_in: Callable[..., Client]) -> None:
    people = [
        Client(),
        sign_in("umeda-owner", Role.OWNER, store=street.umeda),
        sign_in("viewer", Role.VIEWER, store=street.asakusa),
        sign_in("owner", Role.OWNER, store=street.asakusa),
        sign_in("hanako", Role.HQ),
    ]
    for name, route in named_patterns():
        url = "/" + re.sub(r"<str:code>|<slug:code>", "asakusa", re.sub(r"<int:[a-z_]+>", "1", route))
        print(
            f'    "{name}": {tuple(p.get(url).status_code for p in people)},  # {url} post {tuple(p.post(url).status_code for p in people[:4])}'
        )
