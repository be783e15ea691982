"""Starting and stopping a server, in a process of its own or inside a test.

with serve(Settings(data_dir=path, port=0)) as server:
    boto3.client("rekognition", endpoint_url=server.url, ...)
"""

import json
import os
from pathlib import Path
from threading import Thread
from types import TracebackType

from rekognition_local.data_dir import DataDirLock
from rekognition_local.errors import StartupError
from rekognition_local.http_server import HttpServer
from rekognition_local.service import Service
from rekognition_local.settings import Settings

ENDPOINT_FILE = "endpoint.json"


class RunningServer:
    """A server answering on its own thread until it is closed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = DataDirLock(settings.data_dir)
        try:
            self._service = Service(settings)
            self._http = _listen(settings, self._service)
        except BaseException:
            self._lock.release()
            raise
        self.url = self._http.url
        self._thread = Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, name="rekognition-local"
        )
        self._thread.start()
        self._write_endpoint()

    @property
    def _endpoint_path(self) -> Path:
        return self._settings.data_dir / ENDPOINT_FILE

    def _write_endpoint(self) -> None:
        """Say where the server is; in one move, so that nobody reads half a file."""
        draft = self._endpoint_path.with_suffix(".tmp")
        draft.write_text(
            json.dumps({"url": self.url, "pid": os.getpid(), "control": self._settings.control}) + "\n"
        )
        draft.replace(self._endpoint_path)

    def close(self) -> None:
        self._endpoint_path.unlink(missing_ok=True)
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()
        self._service.close()
        self._http.hang_up()
        self._lock.release()

    def __enter__(self) -> "RunningServer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def serve(settings: Settings) -> RunningServer:
    """Start a server and return when it answers. Raises StartupError with a sentence when it cannot."""
    return RunningServer(settings)


def _listen(settings: Settings, service: Service) -> HttpServer:
    try:
        return HttpServer(settings, service)
    except (OSError, OverflowError) as error:
        service.close()
        raise StartupError(
            f"Cannot listen on {settings.host} port {settings.port}: "
            f"{getattr(error, 'strerror', None) or error}. Stop the program that uses it, "
            "or choose another with --host and --port (--port 0 takes a free one)."
        ) from error
