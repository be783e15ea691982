"""Starting and stopping a server, in a process of its own or inside a test.

with serve(Settings(data_dir=path, port=0)) as server:
    boto3.client("rekognition", endpoint_url=server.url, ...)
"""

import json
import os
import sqlite3
from contextlib import ExitStack
from pathlib import Path
from threading import Thread
from types import TracebackType

from rekognition_local.data_dir import DataDirLock
from rekognition_local.errors import StartupError
from rekognition_local.http_server import HttpServer
from rekognition_local.service import Service
from rekognition_local.settings import Settings
from rekognition_local.storage.database import FILE_NAME, cannot_use

ENDPOINT_FILE = "endpoint.json"


class RunningServer:
    """A server answering on its own thread until it is closed."""

    def __init__(self, settings: Settings) -> None:
        with ExitStack() as undo:
            undo.callback(DataDirLock(settings.data_dir).release)
            service = _open_service(settings)
            undo.callback(service.close)
            self._http = _listen(settings, service)
            undo.callback(self._http.server_close)
            self.url = self._http.url
            undo.callback(_write_endpoint(settings, self.url).unlink, missing_ok=True)
            self._undo = undo.pop_all()
        self._thread = Thread(target=self._answer, name="rekognition-local", daemon=True)
        self._thread.start()

    def _answer(self) -> None:
        self._http.serve_forever(poll_interval=0.05)

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._undo.close()

    def __enter__(self) -> "RunningServer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def serve(settings: Settings) -> RunningServer:
    """Start a server and return when it answers. Raises StartupError with a sentence when it cannot."""
    return RunningServer(settings)


def _open_service(settings: Settings) -> Service:
    try:
        return Service(settings)
    except sqlite3.DatabaseError as error:
        raise cannot_use(settings.data_dir / FILE_NAME, error) from error


def _listen(settings: Settings, service: Service) -> HttpServer:
    try:
        return HttpServer(settings, service)
    except (OSError, OverflowError) as error:
        raise StartupError(
            f"Cannot listen on {settings.host} port {settings.port}: "
            f"{getattr(error, 'strerror', None) or error}. Stop the program that uses it, "
            "or choose another with --host and --port (--port 0 takes a free one)."
        ) from error


def _write_endpoint(settings: Settings, url: str) -> Path:
    """Say where the server is; in one move, so that nobody reads half a file."""
    path = settings.data_dir / ENDPOINT_FILE
    draft = path.with_suffix(".tmp")
    try:
        draft.write_text(json.dumps({"url": url, "pid": os.getpid(), "control": settings.control}) + "\n")
        draft.replace(path)
    except OSError as error:
        raise StartupError(f"Cannot write {path}: {error.strerror}. Free some disk space.") from error
    return path
