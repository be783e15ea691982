"""Processes of our own beside the server, which end when it ends, however it ends."""

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

_PROJECT = Path(__file__).resolve().parent.parent


def spawn(
    module: str, *arguments: str, environment: dict[str, str] | None = None
) -> "subprocess.Popen[bytes]":
    """Run a module of this package; its standard input and output are ours, its errors go to our log."""
    paths = [str(_PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), **(environment or {})},
        start_new_session=True,
    )


def pipes(process: "subprocess.Popen[bytes]") -> tuple[IO[bytes], IO[bytes]]:
    """Its standard input and output, which `spawn` has made."""
    if process.stdin is None or process.stdout is None:
        raise ValueError("The process has no pipes.")
    return process.stdin, process.stdout


def end_with_parent() -> None:
    """End this process at once when the parent closes its end of the pipe, as it does by dying."""

    def watch() -> None:
        # Past Python's buffer, whose lock a thread that still reads would hold while the process ends.
        while os.read(sys.stdin.fileno(), 1):
            pass
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def end(process: "subprocess.Popen[bytes]") -> None:
    """Kill a process and collect it; its work is written in one move or not at all."""
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe:
            # What could not be flushed to a process that is gone is of no use to anybody.
            try:
                pipe.close()
            except BrokenPipeError:
                continue
