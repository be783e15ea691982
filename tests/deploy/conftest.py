"""Moto's server, empty for each test."""

import urllib.request
import warnings
from collections.abc import Iterator

import pytest
from moto.server import ThreadedMotoServer

from tests.deploy.amazon import Amazon


@pytest.fixture(scope="session")
def moto_server() -> Iterator[str]:
    """Moto's server, answering over HTTP."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


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
