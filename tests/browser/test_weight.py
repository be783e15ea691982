"""The first page is light: bytes as WhiteNoise and the compression send them, and the number of requests."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.test import Client

from bench._weighing import weigh
from portal.base.models import User
from portal.embedded.schema import collect_static
from stores.models import Store
from tests.browser.conftest import PHONE

pytestmark = pytest.mark.browser

MOST_BYTES, MOST_REQUESTS = 400_000, 24


class Server(ThreadingMixIn, WSGIServer):
    """A server that answers several requests at once, each with a database connection of its own."""

    daemon_threads = True

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        super().process_request_thread(request, client_address)
        connections.close_all()


class Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def address(settings: Any, tmp_path: Path, transactional_db: None) -> Iterator[str]:
    """Serve the portal with its static files collected, as `up` does."""
    settings.STATIC_ROOT = tmp_path
    collect_static()
    settings.STATIC_ROOT = str(tmp_path)  # the manifest is read anew
    server = make_server("127.0.0.1", 0, get_wsgi_application(), server_class=Server, handler_class=Silent)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_fleet_board_is_light_and_names_its_files_by_content(
    chromium: Any, address: str, asakusa: Store, headquarters: User
) -> None:
    client = Client()
    client.force_login(headquarters)
    context = chromium.new_context(viewport=PHONE, locale="ja-JP")
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": address}
    context.add_cookies([cookie])
    weight = weigh(context, f"{address}/")
    context.close()
    assert 20_000 < weight.bytes <= MOST_BYTES, weight.parts
    assert 5 < weight.requests <= MOST_REQUESTS, weight.parts
    assert any(name.startswith("icons.") and name.count(".") == 2 for name in weight.parts), weight.parts
