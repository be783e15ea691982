"""The data directory: made if missing, and held by one server at a time."""

import fcntl
import os
from pathlib import Path

from rekognition_local.errors import StartupError

LOCK_FILE = "lock"


class DataDirLock:
    """An flock: the system gives it back when the process dies, however it dies."""

    def __init__(self, directory: Path) -> None:
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(directory / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise StartupError(
                f"The data directory {directory} cannot be used: {error.strerror}. "
                "Choose another with --data-dir, or make it writable for this user."
            ) from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._descriptor)
            raise StartupError(
                f"Another Rekognition Local is using the data directory {directory}. "
                "Stop it, or choose another directory with --data-dir."
            ) from None

    def release(self) -> None:
        os.close(self._descriptor)
