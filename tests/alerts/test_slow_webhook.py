"""A webhook whose answer never ends."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest
from django.test import override_settings

from alerts.domain.ports import CannotDeliver, Letter
from alerts.gateways import webhooks
from alerts.gateways.webhooks import send_webhook


@pytest.fixture
def tar() -> Iterator[str]:
    """The address of a server that answers one letter at a time, for ever."""
    done = threading.Event()

    def trickle(server: socket.socket) -> None:
        wire, _ = server.accept()
        with wire, contextlib.suppress(OSError):
            while not done.wait(0.02):
                wire.sendall(b"a")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=trickle, args=(server,))
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        done.set()
        thread.join()


@override_settings(WEBHOOKS_PRIVATE=True)
def test_answer_that_trickles_for_ever_is_cut_off(tar: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "MOST_SECONDS", 0.3)
    with pytest.raises(CannotDeliver) as caught:
        send_webhook(tar, "s", Letter(7, "subject", "body"), now=1_793_000_000)
    assert caught.value.retryable
