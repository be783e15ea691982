"""What `manage.py up` makes sure of before it starts anything."""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from portal.embedded import processes
from portal.embedded.folder import StateFolder
from portal.embedded.problems import CannotStart

# A web server whose supervisor was killed a moment ago still has to let go of the port.
PORT_SECONDS = 2


@contextmanager
def only_copy(folder: StateFolder, address: str) -> Iterator[None]:
    """Hold the state folder against a second copy while the block runs."""
    lock = os.open(folder.path / "up.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        other = os.read(lock, 200).decode(errors="replace").strip()
        os.close(lock)
        raise CannotStart(
            f"Kamado already runs on {folder.path} ({other}). Stop that one or set another KAMADO_HOME."
        ) from None
    try:
        os.ftruncate(lock, 0)
        os.write(lock, f"process {os.getpid()}, {address}".encode())
        yield
    finally:
        os.close(lock)


def refuse_taken_port(host: str, port: int) -> None:
    """Make sure that the web server will get its address."""
    problems: list[OSError] = []

    def is_free() -> bool:
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
        except OSError as error:
            problems.append(error)
            return False
        return True

    if not processes.wait_until(is_free, PORT_SECONDS, pause=0.2):
        raise CannotStart(
            f"The web server cannot have port {port} of {host} ({problems[-1].strerror}). "
            f"Choose another, such as --port {port + 1} (make: PORT={port + 1})."
        )
