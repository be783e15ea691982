"""Moto's server, empty for each test."""

import urllib.request
import warnings
from collections.abc import Iterator

import pytest

from tests.deploy.amazon import Amazon
from tests.models_registry.eventbridge import moto_server as served_moto


@pytest.fixture(scope="session")
def moto_server() -> Iterator[str]:
    with served_moto() as url:
        yield url


@pytest.fixture
def quiet_moto() -> Iterator[None]:
    """Let moto say, in its own thread, which types it skips: `amazon.py` makes those instead."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Tried to parse .* not supported by moto")
        yield


@pytest.fixture
def amazon(moto_server: str, quiet_moto: None, monkeypatch: pytest.MonkeyPatch) -> Amazon:
    """Return an account without anything in it."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    reset = urllib.request.Request(f"{moto_server}/moto-api/reset", method="POST")
    urllib.request.urlopen(reset).close()
    return Amazon(moto_server)
