"""HTTP around the service: one thread per connection, kept alive, one packet per answer."""

import json
import logging
import socket
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import Lock
from typing import Any

from rekognition_local.control import Control
from rekognition_local.errors import DropConnection
from rekognition_local.instants import to_http_date
from rekognition_local.service import Answer, Service
from rekognition_local.settings import Settings

log = logging.getLogger(__name__)

# The largest picture is 5 MB, 7 MB in base64; anything much larger is not meant for this service.
MAX_BODY_BYTES = 16 * 1024 * 1024


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body leave in one packet: buffered here, and not held back by Nagle's algorithm there.
    wbufsize = -1
    disable_nagle_algorithm = True
    timeout = 120
    server: "HttpServer"

    def do_POST(self) -> None:
        body = self._body()
        if body is None:
            return
        if self.path.startswith(Control.PREFIX):
            self._control(body)
        elif self.path == "/":
            self._service(body)
        else:
            self._send_json(HTTPStatus.NOT_FOUND, {"error": f"Nothing is at {self.path}."})

    def do_GET(self) -> None:
        if self.path.startswith(Control.PREFIX):
            self._control(b"")
        else:
            self._send_json(HTTPStatus.NOT_FOUND, {"error": f"Nothing is at {self.path}."})

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            self._refuse(HTTPStatus.LENGTH_REQUIRED, "The request needs a Content-Length header.")
            return None
        if int(length) > MAX_BODY_BYTES:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"At most {MAX_BODY_BYTES} bytes are read.")
            return None
        return self.rfile.read(int(length))

    def _refuse(self, status: HTTPStatus, message: str) -> None:
        """Answer and hang up: the body, not read, would be taken for the next request."""
        self.close_connection = True
        self._send_json(status, {"error": message})

    def _service(self, body: bytes) -> None:
        headers = self.headers
        try:
            answer = self.server.service.answer(
                headers.get("X-Amz-Target", ""), headers.get("Authorization"), body
            )
        except DropConnection:
            self.close_connection = True
            return
        self._send_answer(answer)

    def _send_answer(self, answer: Answer) -> None:
        extra = {"x-amzn-RequestId": answer.request_id}
        if answer.error:
            extra["x-amzn-ErrorType"] = answer.error
        self._send(answer.http_status, "application/x-amz-json-1.1", answer.body, extra)

    def _control(self, body: bytes) -> None:
        if self.server.control is None:
            self._send_json(
                HTTPStatus.NOT_FOUND, {"error": "Control calls are off; start the server with --control."}
            )
        elif "Origin" in self.headers:
            # Only browsers send it: a web page somebody visits must not reset the state on their machine.
            self._send_json(HTTPStatus.FORBIDDEN, {"error": "Control calls are not for browsers."})
        else:
            self._send_json(*self.server.control.answer(self.command, self.path, body))

    def _send_json(self, status: int, content: dict[str, Any]) -> None:
        self._send(status, "application/json", json.dumps(content).encode(), {})

    def _send(self, status: int, content_type: str, body: bytes, extra: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": content_type, "Content-Length": str(len(body)), **extra}.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The Date header comes from the server's own clock: clients take it as the service's time."""
        del timestamp
        return to_http_date(self.server.service.clock.now_ms())

    def version_string(self) -> str:
        return "RekognitionLocal"

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing per request; errors are logged by the service."""


class HttpServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, settings: Settings, service: Service) -> None:
        self.service = service
        self.control = Control(service) if settings.control else None
        self._connections: set[socket.socket] = set()
        self._connections_lock = Lock()
        self.address_family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        super().__init__((settings.host, settings.port), Handler)

    def server_bind(self) -> None:
        """Bind without looking up the host's full name, which may ask a DNS server that is not there."""
        TCPServer.server_bind(self)

    @property
    def url(self) -> str:
        host, port = self.server_address[:2]
        return (
            f"http://[{host!s}]:{port}"
            if self.address_family == socket.AF_INET6
            else f"http://{host!s}:{port}"
        )

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._connections_lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._connections_lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log what is a bug; a client that hangs up is everyday business."""
        if not isinstance(sys.exception(), OSError):
            log.exception("A connection failed")

    def server_close(self) -> None:
        super().server_close()
        self._hang_up()

    def _hang_up(self) -> None:
        """End the kept-alive connections, whose threads would go on answering for a closed server."""
        with self._connections_lock:
            connections = list(self._connections)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
